/* SPDX-License-Identifier: BSD-3-Clause */
/* When is something next due? One heap holds the deadlines of all channels, peers and messages, so
 * that the transport looks at nothing that is not due. Owners are numbers, and the heap knows the place of
 * each: moving or cancelling a deadline needs no search. Equal deadlines come out in the order in which they
 * were set, so a run replays exactly.
 *
 * Of thousands of owners few are in the cache, and moving one deadline moves several others: so the heap
 * touches no owner. It compares copies of their deadlines, and is four wide: siblings share a cache line.
 */
#ifndef WEFT_TRANSPORT_TIMER_HEAP_H
#define WEFT_TRANSPORT_TIMER_HEAP_H

#include <stdbool.h>
#include <stdint.h>

#include "dataplane/transport/transport.h"

#define TIMER_OWNER_NONE UINT32_MAX

enum {
    TIMER_OWNER_BITS = 24,
    TIMER_SLOTS_SPARE = 3 /* before the first slot, so that siblings begin at multiples of four */
};

struct timer_slot {
    uint64_t order_owner; /* how many were set before it, and, in the low TIMER_OWNER_BITS, whose it is */
    nsec_t at;
};

struct timer_heap {
    struct timer_slot *slots; /* slots[0] is first due */
    uint32_t *positions;      /* by owner: in the heap, from 1; 0: not set */
    uint32_t count;
    uint32_t capacity;
    uint64_t next_order;
};

/* Owners are the numbers less than `capacity`, at most 2^TIMER_OWNER_BITS. `memory` has room for capacity +
 * TIMER_SLOTS_SPARE slots, best aligned to a cache line, and `positions`, all zero, for `capacity`; both
 * belong to the caller, who frees them after the heap. */
void timer_heap_init(struct timer_heap *heap, struct timer_slot *memory, uint32_t *positions,
                     uint32_t capacity);

/* Makes `owner` due at `at`, whether it was set or not. NSEC_NEVER is the same as timer_heap_cancel().
 * O(log n). */
void timer_heap_set(struct timer_heap *heap, uint32_t owner, nsec_t at);

/* Nothing happens if it was not set. O(log n). */
void timer_heap_cancel(struct timer_heap *heap, uint32_t owner);

/* The owner that is due first; it stays set. TIMER_OWNER_NONE when none is. */
static inline uint32_t timer_heap_first(const struct timer_heap *heap)
{
    const uint32_t mask = (1u << TIMER_OWNER_BITS) - 1;
    return heap->count ? (uint32_t)heap->slots[0].order_owner & mask : TIMER_OWNER_NONE;
}

/* When that is; NSEC_NEVER when none is set. */
static inline nsec_t timer_heap_next_at(const struct timer_heap *heap)
{
    return heap->count ? heap->slots[0].at : NSEC_NEVER;
}

static inline bool timer_heap_is_set(const struct timer_heap *heap, uint32_t owner)
{
    return heap->positions[owner] != 0;
}

/* When the owner is due; NSEC_NEVER when it is not set. */
static inline nsec_t timer_heap_at(const struct timer_heap *heap, uint32_t owner)
{
    uint32_t position = heap->positions[owner];
    return position != 0 ? heap->slots[position - 1].at : NSEC_NEVER;
}

#endif
