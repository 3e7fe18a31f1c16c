/* SPDX-License-Identifier: BSD-3-Clause */
/* A wire inside the process: two ethdevs joined by two DPDK rings. What one end sends, the other receives,
 * the very same buffers. For tests and benchmarks of all that is above the port. */
#ifndef WEFT_NIC_MEMORY_PAIR_H
#define WEFT_NIC_MEMORY_PAIR_H

#include <stdint.h>

/* `name` is "NAME/0" or "NAME/1". Makes that end, and the rings when it is the first of the two. 0 or
 * negative errno. */
int memory_pair_attach(const char *name, uint16_t *ethdev);

/* Frees the buffers on the wire. Neither end may be in use meanwhile. */
void memory_pair_drain(const char *name);

#endif
