/* SPDX-License-Identifier: BSD-3-Clause */
/* An indexed min-heap; the contract is in timer_heap.h. Slots count from 0, positions from 1, so that zeroed
 * memory is a heap in which nobody is set. */
#include "dataplane/transport/timer_heap.h"

#include <assert.h>
#include <stddef.h>

enum {
    CHILDREN = 4
};

void timer_heap_init(struct timer_heap *heap, struct timer_slot *memory, uint32_t *positions,
                     uint32_t capacity)
{
    assert(capacity <= 1u << TIMER_OWNER_BITS);
    *heap = (struct timer_heap){
        .slots = memory ? memory + TIMER_SLOTS_SPARE : NULL, .positions = positions, .capacity = capacity};
}

static inline uint32_t owner_of(const struct timer_slot *slot)
{
    return (uint32_t)slot->order_owner & ((1u << TIMER_OWNER_BITS) - 1);
}

/* By deadline, then by age: one number, as which of two is less no branch predictor can know. */
static inline unsigned __int128 rank_of(const struct timer_slot *slot)
{
    return (unsigned __int128)slot->at << 64 | slot->order_owner;
}

static inline bool is_before(const struct timer_slot *a, const struct timer_slot *b)
{
    return rank_of(a) < rank_of(b);
}

static inline void place(struct timer_heap *heap, uint32_t slot, const struct timer_slot *what)
{
    heap->slots[slot] = *what;
    heap->positions[owner_of(what)] = slot + 1;
}

static void sift_up(struct timer_heap *heap, uint32_t slot, const struct timer_slot *what)
{
    while (slot > 0) {
        uint32_t parent = (slot - 1) / CHILDREN;
        if (!is_before(what, &heap->slots[parent]))
            break;
        place(heap, slot, &heap->slots[parent]);
        slot = parent;
    }
    place(heap, slot, what);
}

static inline const struct timer_slot *earlier_of(const struct timer_slot *a, const struct timer_slot *b)
{
    return is_before(b, a) ? b : a;
}

/* The one of the slots from `first` on, at most CHILDREN and at least one, that is due first. */
static inline uint32_t first_due(const struct timer_heap *heap, uint32_t first)
{
    const struct timer_slot *slots = &heap->slots[first], *best = slots;
    if (first + CHILDREN <= heap->count) {
        best = earlier_of(earlier_of(slots, slots + 1), earlier_of(slots + 2, slots + 3));
        return first + (uint32_t)(best - slots);
    }
    for (uint32_t i = 1; first + i < heap->count; i++)
        best = earlier_of(best, slots + i);
    return first + (uint32_t)(best - slots);
}

static void sift_down(struct timer_heap *heap, uint32_t slot, const struct timer_slot *what)
{
    for (uint32_t first; (first = CHILDREN * slot + 1) < heap->count;) {
        uint32_t child = first_due(heap, first);
        if (!is_before(&heap->slots[child], what))
            break;
        place(heap, slot, &heap->slots[child]);
        slot = child;
    }
    place(heap, slot, what);
}

/* Puts `what` in or near `slot`, which is empty or its own: exactly one direction moves anything. */
static void settle(struct timer_heap *heap, uint32_t slot, const struct timer_slot *what)
{
    if (slot > 0 && is_before(what, &heap->slots[(slot - 1) / CHILDREN]))
        sift_up(heap, slot, what);
    else
        sift_down(heap, slot, what);
}

void timer_heap_set(struct timer_heap *heap, uint32_t owner, nsec_t at)
{
    if (at == NSEC_NEVER) {
        timer_heap_cancel(heap, owner);
        return;
    }
    assert(owner < heap->capacity);
    uint32_t position = heap->positions[owner];
    if (position != 0 && heap->slots[position - 1].at == at)
        return;
    struct timer_slot what = {.order_owner = heap->next_order++ << TIMER_OWNER_BITS | owner, .at = at};
    if (position != 0)
        settle(heap, position - 1, &what);
    else
        sift_up(heap, heap->count++, &what);
}

void timer_heap_cancel(struct timer_heap *heap, uint32_t owner)
{
    assert(owner < heap->capacity);
    uint32_t position = heap->positions[owner];
    if (position == 0)
        return;
    assert(owner_of(&heap->slots[position - 1]) == owner);
    struct timer_slot last = heap->slots[--heap->count];
    if (owner_of(&last) != owner)
        settle(heap, position - 1, &last);
    heap->positions[owner] = 0;
}
