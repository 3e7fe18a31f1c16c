/* SPDX-License-Identifier: BSD-3-Clause */
/* The sends and receives that applications have handed to the transports, and the checks on how they end.
 *
 * An operation's number is its region and its cookie. In *content* mode every data packet carries
 * content_sum(message, offset, length), so a payload that is not exactly the bytes sent for that place, and
 * every byte that comes twice or never, is noticed. Without, only bytes are counted.
 */
#ifndef SIM_OPERATION_H
#define SIM_OPERATION_H

#include "dataplane/transport/random.h"
#include "tools/sim/complaints.h"
#include "tools/sim/coverage.h"

struct job_rank;

struct operation {
    struct job_rank *rank;
    uint64_t message; /* names its content: the same at sender and receiver */
    uint64_t base;    /* offset in the region */
    uint64_t bytes;
    uint64_t placed_bytes;
    uint64_t chunks_reported;
    nsec_t submitted_at;
    uint32_t chunk_bytes; /* receives; 0: none */
    uint32_t host, peer_rank;
    uint32_t next; /* on the free list, or of its host */
    uint32_t previous;
    uint16_t step;
    uint8_t lane;
    bool sends, in_use;
    struct coverage coverage;
};

#define OPERATION_NONE UINT32_MAX

struct operation_table {
    struct operation *operations;
    size_t count, capacity;
    uint32_t first_free, last_free; /* oldest first: a number rests before it is given out again */
    uint32_t in_use;
    bool content;
    struct complaints *complaints;
};

void operation_table_init(struct operation_table *t, struct complaints *complaints, bool content);
void operation_table_destroy(struct operation_table *t);
/* The number of a fresh one, all zero but in_use. */
uint32_t operation_take(struct operation_table *t);
void operation_give(struct operation_table *t, uint32_t number);
/* NULL when none with that number is in progress. */
struct operation *operation_at(const struct operation_table *t, uint64_t number);

static inline uint64_t content_sum(uint64_t message, uint64_t offset, uint32_t length)
{
    return mix64_pair(message ^ offset << 20, length);
}

/* What the transport of `host` takes from a region to send: its content. Complains of what is not to be sent.
 */
struct payload {
    uint32_t host, region, length;
    uint64_t offset;
    uint64_t content;
};
uint64_t operation_read(struct operation_table *t, const struct payload *what, nsec_t now);
/* The transport of `host` says that the payload belongs there. */
void operation_place(struct operation_table *t, const struct payload *what, nsec_t now);
/* The event says that the operation, or a chunk of it, is complete. */
void operation_check_event(struct operation_table *t, uint32_t host, const struct event *event, nsec_t now);

#endif
