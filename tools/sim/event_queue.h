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

#include <stdint.h>

#include "dataplane/transport/transport.h"

enum {
    EVENT_QUEUE_DIGIT_BITS = 16,
    EVENT_QUEUE_SLOTS = 1 << EVENT_QUEUE_DIGIT_BITS,
    EVENT_QUEUE_WORDS = EVENT_QUEUE_SLOTS / 64,
    EVENT_QUEUE_LEVELS = 3 /* times below 2^48 ns: 78 hours */
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
};

void event_queue_init(struct event_queue *q);
/* `at` not before now; not beyond 2^48 ns. */
void event_queue_add(struct event_queue *q, struct sim_event *event, nsec_t at);
/* The next event, and now becomes its time; NULL when none is left. */
struct sim_event *event_queue_take(struct event_queue *q);

#endif
