/* SPDX-License-Identifier: BSD-3-Clause */
/* Tells the applications of this host, by way of their dataplane, what has been found out: libweft prints it
 * on the job's stderr. */
#ifndef WEFT_EBPF_MONITOR_DATAPLANE_VOICE_H
#define WEFT_EBPF_MONITOR_DATAPLANE_VOICE_H

#include <stdint.h>

/* Returns how many applications have been told, or negative errno. Waits for a quarter of a second at most.
 */
int dataplane_voice_tell(const char *socket_path, uint64_t communicator, const char *text);

#endif
