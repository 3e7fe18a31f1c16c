/* SPDX-License-Identifier: BSD-3-Clause */
/* A dataplane inside the test: a thread that serves the session socket and moves messages between the regions
 * of its sessions by memcpy. It is as strict as a real one about what applications may submit, and as unkind
 * as a seed makes it about the order of things: chunks arrive in any order, senders learn late. */
#ifndef WEFT_TESTS_FAKE_DATAPLANE_H
#define WEFT_TESTS_FAKE_DATAPLANE_H

#include <stdbool.h>
#include <stdint.h>

struct fake_dataplane;

enum {
    FAKE_ADDRESS = 10 << 24 | 1 << 16 | 1, /* 10.1.0.1 */
    FAKE_PAYLOAD_BYTES_MAX = 3292,
    FAKE_REGION_BYTES_MAX = 256 << 20
};

/* Serves a socket of its own, at fake_dataplane_path(). */
struct fake_dataplane *fake_dataplane_start(uint64_t seed);
const char *fake_dataplane_path(const struct fake_dataplane *fake);
/* Closes all sessions and ends. Returns NULL, or what an application did that it must not. */
const char *fake_dataplane_stop(struct fake_dataplane *fake);

/* Tells all other ranks of the communicator that `rank` is dead. */
void fake_dataplane_kill_rank(struct fake_dataplane *fake, uint64_t communicator, uint32_t rank);
/* While held it takes no submissions and moves no bytes. */
void fake_dataplane_hold(struct fake_dataplane *fake, bool hold);
/* Batches taken so far, and the flows in the largest. */
uint64_t fake_dataplane_batches(const struct fake_dataplane *fake);
uint32_t fake_dataplane_largest_batch(const struct fake_dataplane *fake);

#endif
