/* SPDX-License-Identifier: BSD-3-Clause */
#include "tests/unit/sim/unit.h"

#include <stdlib.h>

#include "dataplane/transport/random.h"
#include "tools/sim/event_queue.h"

enum {
    EVENTS = 20000
};

struct numbered {
    struct sim_event event;
    uint64_t sequence;
};

static struct event_queue queue;
static struct numbered events[EVENTS];

/* Times from a nanosecond to hours ahead. */
static nsec_t draw_time(struct random_stream *r)
{
    return queue.now + random_below(r, 1ull << random_below(r, 44));
}

/* A third is added while others are taken, as a simulation does. */
static void takes_in_order_of_time_then_of_adding(void **state)
{
    (void)state;
    struct random_stream r = {1};
    nsec_t last_at = 0;
    uint64_t added = 0, taken = 0, last_sequence = 0;
    event_queue_init(&queue);
    while (taken < EVENTS) {
        while (added < EVENTS && (queue.waiting < 500 || random_below(&r, 3) == 0)) {
            nsec_t at = random_below(&r, 4) == 0 ? queue.now : draw_time(&r);
            events[added].sequence = added;
            event_queue_add(&queue, &events[added++].event, at);
        }
        const struct numbered *n = (const struct numbered *)event_queue_take(&queue);
        assert_non_null(n);
        assert_true(n->event.at > last_at ||
                    (n->event.at == last_at && (taken == 0 || n->sequence > last_sequence)));
        last_at = n->event.at;
        last_sequence = n->sequence;
        taken++;
    }
    assert_null(event_queue_take(&queue));
}

static void now_is_the_time_of_what_was_taken(void **state)
{
    (void)state;
    struct sim_event late = {0}, early = {0};
    event_queue_init(&queue);
    event_queue_add(&queue, &late, 5000000);
    event_queue_add(&queue, &early, 4097);
    assert_ptr_equal(event_queue_take(&queue), &early);
    assert_int_equal(queue.now, 4097);
    assert_ptr_equal(event_queue_take(&queue), &late);
    assert_int_equal(queue.now, 5000000);
}

/* Looking ahead changes nothing, and what is in view comes in the order in which it is taken, but for what
 * was added before it later. */
static void what_is_in_view_comes_next(void **state)
{
    (void)state;
    struct random_stream r = {2};
    uint64_t added = 0, taken = 0, foreseen = 0, last_sequence = 0;
    nsec_t last_at = 0;
    event_queue_init(&queue);
    while (taken < EVENTS) {
        while (added < EVENTS && queue.waiting < 100) {
            events[added].sequence = added;
            nsec_t at = queue.now + random_below(&r, added % 1000 == 0 ? 200000 : 40);
            event_queue_add(&queue, &events[added++].event, at);
        }
        unsigned in_view = 0;
        while (event_queue_look_ahead(&queue))
            ;
        const struct sim_event *expected = NULL;
        for (unsigned i = 0; i < EVENT_QUEUE_FORESEEN; i++) {
            if (event_queue_foreseen(&queue, i) != NULL) {
                expected = event_queue_foreseen(&queue, i);
                in_view++;
            }
        }
        const struct numbered *n = (const struct numbered *)event_queue_take(&queue);
        assert_true(n->event.at > last_at || (n->event.at == last_at && n->sequence >= last_sequence));
        last_at = n->event.at;
        last_sequence = n->sequence;
        foreseen += in_view > 0 && &n->event == expected;
        taken++;
    }
    assert_true(foreseen > EVENTS / 2);
    assert_null(event_queue_take(&queue));
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(takes_in_order_of_time_then_of_adding),
                                       cmocka_unit_test(now_is_the_time_of_what_was_taken),
                                       cmocka_unit_test(what_is_in_view_comes_next)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
