/* SPDX-License-Identifier: BSD-3-Clause */
#include "tools/sim/event_queue.h"

#include <assert.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include "tools/sim/memory.h"

enum {
    BUNDLE_EVENTS = 7,
    BLOCK_BUNDLES = 1024
};

struct event_bundle {
    struct sim_event *events[BUNDLE_EVENTS];
    struct event_bundle
        *next; /* of the slot, or of the free list; of a block's first bundle: the next block */
};

void event_queue_init(struct event_queue *q)
{
    memset(q, 0, sizeof(*q));
}

void event_queue_destroy(struct event_queue *q)
{
    while (q->blocks != NULL) {
        struct event_bundle *block = q->blocks;
        q->blocks = block->next;
        free(block);
    }
}

/* ---- bundles: what was given back last is used first ---- */

static void give_bundle(struct event_queue *q, struct event_bundle *bundle)
{
    bundle->next = q->free;
    q->free = bundle;
}

static void add_block(struct event_queue *q)
{
    struct event_bundle *block = memory_take_aligned(BLOCK_BUNDLES * sizeof(*block), sizeof(*block));
    block->next = q->blocks;
    q->blocks = block;
    for (unsigned i = BLOCK_BUNDLES - 1; i > 0; i--)
        give_bundle(q, &block[i]);
}

static struct event_bundle *take_bundle(struct event_queue *q)
{
    if (q->free == NULL)
        add_block(q);
    struct event_bundle *bundle = q->free;
    q->free = bundle->next;
    return bundle;
}

static struct event_bundle *bundle_of(struct sim_event **place)
{
    return (struct event_bundle *)((uintptr_t)place & ~(uintptr_t)(sizeof(struct event_bundle) - 1));
}

static bool is_past_bundle(struct sim_event **place)
{
    return ((uintptr_t)place & (sizeof(struct event_bundle) - 1)) == offsetof(struct event_bundle, next);
}

/* ---- slots ---- */

static unsigned digit(nsec_t at, unsigned level)
{
    return (unsigned)(at >> (level * EVENT_QUEUE_DIGIT_BITS)) & (EVENT_QUEUE_SLOTS - 1);
}

static unsigned level_of(const struct event_queue *q, nsec_t at)
{
    uint64_t differs = at ^ q->now;
    return differs < EVENT_QUEUE_SLOTS ? 0
                                       : (63u - (unsigned)__builtin_clzll(differs)) / EVENT_QUEUE_DIGIT_BITS;
}

static bool is_occupied(const struct event_queue_level *level, unsigned slot)
{
    return level->occupied[slot / 64] >> (slot % 64) & 1;
}

static void append(struct event_queue *q, struct event_queue_level *level, unsigned slot,
                   struct sim_event *event)
{
    struct event_queue_slot *s = &level->slots[slot];
    if (!is_occupied(level, slot)) {
        s->take = s->put = take_bundle(q)->events;
        level->occupied[slot / 64] |= 1ull << (slot % 64);
        level->summary[slot / 64 / 64] |= 1ull << (slot / 64 % 64);
    } else if (is_past_bundle(s->put)) {
        struct event_bundle *bundle = take_bundle(q);
        bundle_of(s->put)->next = bundle;
        s->put = bundle->events;
    }
    *s->put++ = event;
}

static void mark_empty(struct event_queue_level *level, unsigned slot)
{
    level->occupied[slot / 64] &= ~(1ull << (slot % 64));
    if (level->occupied[slot / 64] == 0)
        level->summary[slot / 64 / 64] &= ~(1ull << (slot / 64 % 64));
}

static void place(struct event_queue *q, struct sim_event *event)
{
    unsigned level = level_of(q, event->at);
    assert(level < EVENT_QUEUE_LEVELS);
    append(q, &q->levels[level], digit(event->at, level), event);
}

void event_queue_add(struct event_queue *q, struct sim_event *event, nsec_t at)
{
    assert(at >= q->now);
    event->at = at;
    q->waiting++;
    place(q, event);
}

/* The first word of `occupied` from `word` on that is not zero, or EVENT_QUEUE_WORDS. */
static unsigned first_used_word(const struct event_queue_level *level, unsigned word)
{
    unsigned i = word / 64;
    uint64_t bits = word < EVENT_QUEUE_WORDS ? level->summary[i] & ~0ull << (word % 64) : 0;
    while (bits == 0 && ++i < EVENT_QUEUE_WORDS / 64)
        bits = level->summary[i];
    return bits != 0 ? i * 64 + (unsigned)__builtin_ctzll(bits) : EVENT_QUEUE_WORDS;
}

/* The first occupied slot from `slot` on, or EVENT_QUEUE_SLOTS. */
static unsigned first_occupied(const struct event_queue_level *level, unsigned slot)
{
    uint64_t word = level->occupied[slot / 64] & ~0ull << (slot % 64);
    if (word != 0)
        return slot / 64 * 64 + (unsigned)__builtin_ctzll(word);
    unsigned w = first_used_word(level, slot / 64 + 1);
    return w == EVENT_QUEUE_WORDS ? EVENT_QUEUE_SLOTS
                                  : w * 64 + (unsigned)__builtin_ctzll(level->occupied[w]);
}

/* The first event of an occupied slot, which leaves it. */
static struct sim_event *take_first(struct event_queue *q, struct event_queue_level *level, unsigned slot)
{
    struct event_queue_slot *s = &level->slots[slot];
    if (is_past_bundle(s->take)) {
        struct event_bundle *bundle = bundle_of(s->take);
        s->take = bundle->next->events;
        give_bundle(q, bundle);
    }
    struct sim_event *first = *s->take++;
    if (s->take == s->put) {
        give_bundle(q, bundle_of(s->take - 1));
        mark_empty(level, slot);
    }
    return first;
}

/* Now enters that slot; its events move to lower levels, in order. */
static void descend(struct event_queue *q, unsigned level, unsigned slot)
{
    unsigned shift = level * EVENT_QUEUE_DIGIT_BITS;
    q->now = (q->now >> shift >> EVENT_QUEUE_DIGIT_BITS << EVENT_QUEUE_DIGIT_BITS | slot) << shift;
    while (is_occupied(&q->levels[level], slot))
        place(q, take_first(q, &q->levels[level], slot));
    q->view.at = NULL;
    q->view.slot = 0;
}

/* Now moves to the next slot of the first level that is occupied; false when no event is left. */
static bool advance(struct event_queue *q)
{
    unsigned level = 0;
    while (level < EVENT_QUEUE_LEVELS) {
        unsigned slot = first_occupied(&q->levels[level], digit(q->now, level));
        if (slot == EVENT_QUEUE_SLOTS) {
            level++;
        } else if (level > 0) {
            descend(q, level, slot);
            level = 0;
        } else {
            q->now = q->now - digit(q->now, 0) + slot;
            return true;
        }
    }
    return false;
}

/* The event has been taken from the slot: what is in view stays ahead of what is taken. */
static void view_on_taken(struct event_queue *q, unsigned slot, const struct sim_event *event)
{
    struct event_queue_view *v = &q->view;
    bool emptied = !is_occupied(&q->levels[0], slot);
    if (v->first != v->end && v->events[v->first % EVENT_QUEUE_FORESEEN] == event) {
        v->first++;
        if (emptied && v->slot == slot)
            v->at = NULL;
    } else if (v->slot <= slot) {
        v->slot = slot;
        v->at = emptied ? NULL : q->levels[0].slots[slot].take;
    }
}

struct sim_event *event_queue_take(struct event_queue *q)
{
    if (!is_occupied(&q->levels[0], digit(q->now, 0)) && !advance(q))
        return NULL;
    q->waiting--;
    unsigned slot = digit(q->now, 0);
    struct sim_event *event = take_first(q, &q->levels[0], slot);
    view_on_taken(q, slot, event);
    return event;
}

/* Moves the view to an event that has not been seen; false when the first level has no such. */
static bool view_advance(struct event_queue *q)
{
    struct event_queue_view *v = &q->view;
    const struct event_queue_level *level = &q->levels[0];
    if (v->at == NULL && is_occupied(level, v->slot))
        v->at = level->slots[v->slot].take;
    if (v->at == NULL || v->at == level->slots[v->slot].put) {
        unsigned next =
            v->slot + 1 < EVENT_QUEUE_SLOTS ? first_occupied(level, v->slot + 1) : EVENT_QUEUE_SLOTS;
        if (next == EVENT_QUEUE_SLOTS)
            return false;
        v->slot = next;
        v->at = level->slots[next].take;
    }
    if (is_past_bundle(v->at))
        v->at = bundle_of(v->at)->next->events;
    return true;
}

bool event_queue_look_ahead(struct event_queue *q)
{
    struct event_queue_view *v = &q->view;
    if (v->end - v->first == EVENT_QUEUE_FORESEEN || !view_advance(q))
        return false;
    v->events[v->end++ % EVENT_QUEUE_FORESEEN] = *v->at++;
    return true;
}
