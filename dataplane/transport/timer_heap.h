/* SPDX-License-Identifier: BSD-3-Clause */
/* When is something next due? One heap holds the deadlines of all channels, peers and messages, so
 * that the transport looks at nothing that is not due. A node is embedded in its owner and knows its place:
 * moving or cancelling a deadline needs no search. Equal deadlines come out in the order in which they were
 * set, so a run replays exactly.
 *
 * Of thousands of owners few are in the cache: the heap compares copies of their deadlines, and is four wide.
 */
#ifndef WEFT_TRANSPORT_TIMER_HEAP_H
#define WEFT_TRANSPORT_TIMER_HEAP_H

#include <stdbool.h>
#include <stdint.h>

#include "dataplane/transport/transport.h"

/* All zero: not set. The owner may read `at`; the rest belongs to the heap. */
struct timer_node {
    nsec_t at;
    uint32_t position; /* in the heap, from 1; 0: not set */
};

struct timer_slot {
    nsec_t at;
    struct timer_node *node;
    uint64_t order; /* how many were set before it */
};

struct timer_heap {
    struct timer_slot *slots; /* slots[0] is first due */
    uint32_t count;
    uint32_t capacity;
    uint64_t next_order;
};

/* `slots` has room for `capacity` and belongs to the caller, who frees it after the heap. */
void timer_heap_init(struct timer_heap *heap, struct timer_slot *slots, uint32_t capacity);

/* Makes `node` due at `at`, whether it was set or not. NSEC_NEVER is the same as timer_heap_cancel().
 * O(log n). No more than `capacity` nodes may be set at once. */
void timer_heap_set(struct timer_heap *heap, struct timer_node *node, nsec_t at);

/* Nothing happens if it was not set. O(log n). */
void timer_heap_cancel(struct timer_heap *heap, struct timer_node *node);

/* The node that is due first; it stays set. NULL when none is. */
static inline struct timer_node *timer_heap_first(const struct timer_heap *heap)
{
    return heap->count ? heap->slots[0].node : 0;
}

/* When that is; NSEC_NEVER when none is set. */
static inline nsec_t timer_heap_next_at(const struct timer_heap *heap)
{
    return heap->count ? heap->slots[0].at : NSEC_NEVER;
}

static inline bool timer_node_is_set(const struct timer_node *node)
{
    return node->position != 0;
}

#endif
