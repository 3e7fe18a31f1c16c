/* SPDX-License-Identifier: BSD-3-Clause */
/* What the process may do and how much it may use, from its start on. */
#ifndef WEFT_CONTROL_PRIVILEGES_H
#define WEFT_CONTROL_PRIVILEGES_H

/* As many descriptors as the administrator allows; files that others cannot read; no signal from sockets. */
void privileges_prepare(unsigned connections_max);
/* When everything is open: no capability is needed any more, and none can be had again. */
void privileges_drop(void);

#endif
