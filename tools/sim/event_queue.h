/* SPDX-License-Identifier: BSD-3-Clause */
/* What will happen, in the order (time, sequence of being added): the spine of a simulation.
 *
 * A hierarchical wheel: level l has 65536 slots of 65536^l nanoseconds, and an event waits on the level of
 * the highest 16-bit digit in which its time differs from now. Slots keep the order of being added, and a
 * slot is moved down as a whole before anything can be added to the slots it is moved to, so equal times
 * leave in the order in which they came. Adding is O(1), taking O(levels). The first level is as wide as most
 * of what a fabric does is long, so most events are placed once; a queue that is all zero is empty, and its
 * slots are memory only once they are used.
 *
 * Events lie anywhere in memory, tens of thousands of them, so the queue never touches one but to set its
 * time: a slot is a chain of bundles of pointers, a cache line each, and those of the next few events can be
 * read before their turn comes.
 */
#ifndef SIM_EVENT_QUEUE_H
#define SIM_EVENT_QUEUE_H

#include <stdbool.h>
#include <stdint.h>

#include "dataplane/transport/transport.h"

enum {
    EVENT_QUEUE_DIGIT_BITS = 16,
    EVENT_QUEUE_SLOTS = 1 << EVENT_QUEUE_DIGIT_BITS,
    EVENT_QUEUE_WORDS = EVENT_QUEUE_SLOTS / 64,
    EVENT_QUEUE_LEVELS = 3, /* times below 2^48 ns: 78 hours */
    EVENT_QUEUE_FORESEEN = 16
};

/* Embedded in whatever happens. */
struct sim_event {
    nsec_t at;
    struct sim_event *next; /* for whoever holds it while it is not in the queue */
    uint32_t kind;          /* the owner's */
};

struct event_bundle;

/* Where the next event is taken from a slot, and where the next is put: in bundles. Meaningless while the
 * slot is not occupied. */
struct event_queue_slot {
    struct sim_event **take, **put;
};

struct event_queue {
    nsec_t now;
    uint64_t waiting;
    struct event_queue_level {
        uint64_t summary[EVENT_QUEUE_WORDS / 64]; /* bit w: occupied[w] is not zero */
        uint64_t occupied[EVENT_QUEUE_WORDS];
        struct event_queue_slot slots[EVENT_QUEUE_SLOTS];
    } levels[EVENT_QUEUE_LEVELS];
    struct event_bundle *free, *blocks;
    struct event_queue_view {  /* of what comes next */
        unsigned slot;         /* of the first level */
        struct sim_event **at; /* in the slot; NULL: nothing of it has been seen */
        struct sim_event *events[EVENT_QUEUE_FORESEEN];
        unsigned first, end; /* of `events`, wrapping: seen, and not taken yet */
    } view;
};

void event_queue_init(struct event_queue *q);
void event_queue_destroy(struct event_queue *q);
/* `at` not before now; not beyond 2^48 ns. */
void event_queue_add(struct event_queue *q, struct sim_event *event, nsec_t at);
/* The next event, and now becomes its time; NULL when none is left. */
struct sim_event *event_queue_take(struct event_queue *q);

/* Looks one event further ahead, unless EVENT_QUEUE_FORESEEN are in view or no other is near; then false. */
bool event_queue_look_ahead(struct event_queue *q);
/* What came into view `before` looks before the last one, fewer than EVENT_QUEUE_FORESEEN; NULL if it has
 * been taken. */
static inline struct sim_event *event_queue_foreseen(const struct event_queue *q, unsigned before)
{
    const struct event_queue_view *v = &q->view;
    return before < v->end - v->first ? v->events[(v->end - 1 - before) % EVENT_QUEUE_FORESEEN] : NULL;
}

#endif
