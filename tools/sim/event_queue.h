/* SPDX-License-Identifier: BSD-3-Clause */
/* What will happen, in the order (time, sequence of being added): the spine of a simulation.
 *
 * A hierarchical wheel: level l has 65536 slots of 65536^l nanoseconds, and an event waits on the level of
 * the highest 16-bit digit in which its time differs from now. Lists keep the order of being added, and a
 * list is moved down as a whole before anything can be added to the slots it is moved to, so equal times
 * leave in the order in which they came. Adding is O(1), taking O(levels). The first level is as wide as most
 * of what a fabric does is long, so most events are placed once; a queue that is all zero is empty, and its
 * slots are memory only once they are used.
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

/* Embedded in whatever happens; the queue never allocates. */
struct sim_event {
    nsec_t at;
    struct sim_event *next;
    uint32_t kind; /* the owner's */
};

struct event_queue {
    nsec_t now;
    uint64_t waiting;
    struct event_queue_level {
        uint64_t summary[EVENT_QUEUE_WORDS / 64]; /* bit w: occupied[w] is not zero */
        uint64_t occupied[EVENT_QUEUE_WORDS];
        struct event_queue_slot {
            struct sim_event *first, *last; /* meaningless while the slot is not occupied */
        } slots[EVENT_QUEUE_SLOTS];
    } levels[EVENT_QUEUE_LEVELS];
    struct event_queue_view { /* of what comes next, as far as somebody has looked */
        struct sim_event *events[EVENT_QUEUE_FORESEEN];
        unsigned first, end; /* of `events`, wrapping: seen, and not taken yet */
        unsigned last_slot;  /* of the first level: where the last of them is */
    } view;
};

void event_queue_init(struct event_queue *q);
/* `at` not before now; not beyond 2^48 ns. */
void event_queue_add(struct event_queue *q, struct sim_event *event, nsec_t at);
/* The next event, and now becomes its time; NULL when none is left. */
struct sim_event *event_queue_take(struct event_queue *q);

/* Looks one event further ahead, unless EVENT_QUEUE_FORESEEN are in view or no other is near; then false.
 * What is added later may come before what is in view. */
bool event_queue_look_ahead(struct event_queue *q);
/* What came into view `before` looks before the last one, fewer than EVENT_QUEUE_FORESEEN; NULL if it has
 * been taken. */
static inline struct sim_event *event_queue_foreseen(const struct event_queue *q, unsigned before)
{
    const struct event_queue_view *v = &q->view;
    return before < v->end - v->first ? v->events[(v->end - 1 - before) % EVENT_QUEUE_FORESEEN] : NULL;
}

#endif
