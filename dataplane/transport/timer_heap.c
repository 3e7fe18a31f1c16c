/* SPDX-License-Identifier: BSD-3-Clause */
/* An indexed binary min-heap; the contract is in timer_heap.h. Slots count from 0, node positions from 1, so
 * that zeroed memory is an unset node. */
#include "dataplane/transport/timer_heap.h"

#include <assert.h>
#include <stddef.h>

void timer_heap_init(struct timer_heap *heap, struct timer_node **nodes, uint32_t capacity)
{
    *heap = (struct timer_heap){.nodes = nodes, .capacity = capacity};
}

/* Orders by deadline, then by age. Ages wrap; two nodes set 2^31 settings apart do not tie in practice, and
 * if they do the order is still the same in every run. */
static bool is_before(const struct timer_node *a, const struct timer_node *b)
{
    if (a->at != b->at)
        return a->at < b->at;
    return (int32_t)(a->order - b->order) < 0;
}

static void place(struct timer_heap *heap, uint32_t slot, struct timer_node *node)
{
    heap->nodes[slot] = node;
    node->position = slot + 1;
}

static void sift_up(struct timer_heap *heap, uint32_t slot, struct timer_node *node)
{
    while (slot > 0) {
        uint32_t parent = (slot - 1) / 2;
        if (!is_before(node, heap->nodes[parent]))
            break;
        place(heap, slot, heap->nodes[parent]);
        slot = parent;
    }
    place(heap, slot, node);
}

static void sift_down(struct timer_heap *heap, uint32_t slot, struct timer_node *node)
{
    for (;;) {
        uint32_t child = 2 * slot + 1;
        if (child >= heap->count)
            break;
        if (child + 1 < heap->count && is_before(heap->nodes[child + 1], heap->nodes[child]))
            child++;
        if (!is_before(heap->nodes[child], node))
            break;
        place(heap, slot, heap->nodes[child]);
        slot = child;
    }
    place(heap, slot, node);
}

/* Puts `node` in or near `slot`, which is empty or its own: exactly one direction moves anything. */
static void settle(struct timer_heap *heap, uint32_t slot, struct timer_node *node)
{
    if (slot > 0 && is_before(node, heap->nodes[(slot - 1) / 2]))
        sift_up(heap, slot, node);
    else
        sift_down(heap, slot, node);
}

void timer_heap_set(struct timer_heap *heap, struct timer_node *node, nsec_t at)
{
    if (at == NSEC_NEVER) {
        timer_heap_cancel(heap, node);
        return;
    }
    if (timer_node_is_set(node) && node->at == at)
        return;
    node->at = at;
    node->order = heap->next_order++;
    if (timer_node_is_set(node)) {
        settle(heap, node->position - 1, node);
        return;
    }
    assert(heap->count < heap->capacity);
    heap->count++;
    sift_up(heap, heap->count - 1, node);
}

void timer_heap_cancel(struct timer_heap *heap, struct timer_node *node)
{
    if (!timer_node_is_set(node))
        return;
    uint32_t slot = node->position - 1;
    assert(slot < heap->count && heap->nodes[slot] == node);
    heap->count--;
    struct timer_node *last = heap->nodes[heap->count];
    if (last != node)
        settle(heap, slot, last);
    node->position = 0;
    node->at = NSEC_NEVER;
}
