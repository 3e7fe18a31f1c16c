/* SPDX-License-Identifier: BSD-3-Clause */
#include "tools/sim/event_queue.h"

#include <assert.h>
#include <string.h>

void event_queue_init(struct event_queue *q)
{
    memset(q, 0, sizeof(*q));
}

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

static void append(struct event_queue_level *level, unsigned slot, struct sim_event *event)
{
    struct event_queue_slot *s = &level->slots[slot];
    event->next = NULL;
    if (is_occupied(level, slot)) {
        s->last->next = event;
        s->last = event;
        return;
    }
    s->first = s->last = event;
    level->occupied[slot / 64] |= 1ull << (slot % 64);
    level->summary[slot / 64 / 64] |= 1ull << (slot / 64 % 64);
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
    append(&q->levels[level], digit(event->at, level), event);
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

/* Now enters that slot; its events move to lower levels, in order. */
static void descend(struct event_queue *q, unsigned level, unsigned slot)
{
    unsigned shift = level * EVENT_QUEUE_DIGIT_BITS;
    q->now = (q->now >> shift >> EVENT_QUEUE_DIGIT_BITS << EVENT_QUEUE_DIGIT_BITS | slot) << shift;
    struct sim_event *event = q->levels[level].slots[slot].first;
    mark_empty(&q->levels[level], slot);
    while (event != NULL) {
        struct sim_event *next = event->next;
        place(q, event);
        event = next;
    }
}

/* The event behind it is fetched while this one happens: they lie anywhere in memory. */
static struct sim_event *take_first(struct event_queue_level *level, unsigned slot)
{
    struct sim_event *first = level->slots[slot].first, *next = first->next;
    level->slots[slot].first = next;
    if (next == NULL) {
        mark_empty(level, slot);
        next = level->slots[(slot + 1) % EVENT_QUEUE_SLOTS].first;
    }
    __builtin_prefetch(next);
    return first;
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

struct sim_event *event_queue_take(struct event_queue *q)
{
    struct event_queue_view *v = &q->view;
    if (!is_occupied(&q->levels[0], digit(q->now, 0)) && !advance(q))
        return NULL;
    q->waiting--;
    struct sim_event *event = take_first(&q->levels[0], digit(q->now, 0));
    v->first += v->first != v->end && v->events[v->first % EVENT_QUEUE_FORESEEN] == event;
    return event;
}

/* The first event of the first level from that slot on, or NULL. */
static struct sim_event *view_from(struct event_queue *q, unsigned slot)
{
    if (slot < EVENT_QUEUE_SLOTS)
        slot = first_occupied(&q->levels[0], slot);
    if (slot == EVENT_QUEUE_SLOTS)
        return NULL;
    q->view.last_slot = slot;
    return q->levels[0].slots[slot].first;
}

bool event_queue_look_ahead(struct event_queue *q)
{
    struct event_queue_view *v = &q->view;
    struct sim_event *event;
    if (v->end - v->first == EVENT_QUEUE_FORESEEN)
        return false;
    if (v->first == v->end)
        event = view_from(q, digit(q->now, 0));
    else if ((event = event_queue_foreseen(q, 0)->next) == NULL)
        event = view_from(q, v->last_slot + 1);
    if (event == NULL)
        return false;
    v->events[v->end++ % EVENT_QUEUE_FORESEEN] = event;
    return true;
}
