/* SPDX-License-Identifier: BSD-3-Clause */
/* What the monitor may do, and when. After start it keeps CAP_BPF, to read its maps, and only while it looks
 * for later processes and attaches to what they have mapped, these: CAP_SYS_PTRACE, CAP_DAC_READ_SEARCH   to
 * see what others have mapped, and to open it CAP_PERFMON, CAP_SYS_ADMIN            to attach: CAP_PERFMON
 * should do, but Linux 6.18 refuses a uprobe on all processes without CAP_SYS_ADMIN
 */
#ifndef WEFT_EBPF_MONITOR_PRIVILEGES_H
#define WEFT_EBPF_MONITOR_PRIVILEGES_H

/* All other capabilities are given up for good. 0 or negative errno, as of the others. */
int privileges_drop(void);
int privileges_raise(void);
int privileges_lower(void);

#endif
