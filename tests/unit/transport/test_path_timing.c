/* SPDX-License-Identifier: BSD-3-Clause */
/* A lone packet tells how long a path takes, and nothing else comes of it. */
#include "tests/unit/transport/fabric.h"
#include "tests/unit/transport/unit.h"

enum {
    PATHS = 4,
    BAD_PATH = 2,
    BYTES = 2000000,
    TIMINGS_MAX = 32
};
#define ROUND_TRIP_NS (2 * FABRIC_DELAY_NS)

static enum fault failure; /* of what host 0 sends on the bad path */

static enum fault bad_path(struct fabric *f, const struct fabric_packet *packet)
{
    (void)f;
    return packet->from == 0 && packet->source_port == PATH_PORT(BAD_PATH) ? failure : FAULT_NONE;
}

static enum fault doubled(struct fabric *f, const struct fabric_packet *packet)
{
    (void)f;
    (void)packet;
    return FAULT_DOUBLE;
}

static struct fabric *start(void)
{
    struct fabric_config config = {
        .hosts = 2, .paths = PATHS, .memory_bytes = 2 * BYTES, .mode = PATH_MODE_WRAP};
    struct fabric *f = fabric_create(&config);
    f->fault = bad_path;
    failure = FAULT_NONE;
    fabric_run(f, f->now + NSEC_PER_MSEC);
    return f;
}

static bool ask(struct fabric *f, unsigned path, uint64_t cookie)
{
    const struct fabric_host *host = &f->hosts[0];
    return transport_time_path(host->transport, host->rank_peers[1], path, cookie, f->now);
}

static void time_all(struct fabric *f)
{
    for (unsigned path = 0; path < PATHS; path++)
        assert_true(ask(f, path, path));
    fabric_run(f, f->now + NSEC_PER_MSEC);
}

static const struct event *timed(const struct fabric *f, uint64_t cookie)
{
    return fabric_find(f, 0, EVENT_PATH_TIMED, cookie);
}

static void test_each_path_tells_its_own_time(void **state)
{
    (void)state;
    struct fabric *f = start();
    failure = FAULT_DELAY;
    time_all(f);
    for (unsigned path = 0; path < PATHS; path++) {
        const struct event *event = timed(f, path);
        assert_non_null(event);
        assert_int_equal(event->path, path);
        assert_int_equal(event->peer, f->hosts[0].rank_peers[1]);
        nsec_t late_ns = path == BAD_PATH ? 10 * FABRIC_DELAY_NS : 0;
        assert_in_range(event->round_trip_ns, ROUND_TRIP_NS + late_ns,
                        ROUND_TRIP_NS + late_ns + NSEC_PER_USEC);
    }
    fabric_destroy(f);
}

static void test_what_is_lost_tells_nothing_and_harms_nothing(void **state)
{
    (void)state;
    struct fabric *f = start();
    failure = FAULT_LOSE;
    time_all(f);
    failure = FAULT_NONE;
    fabric_run(f, f->now + NSEC_PER_SEC);
    assert_null(timed(f, BAD_PATH));
    assert_int_equal(fabric_count(f, 0, EVENT_PATH_TIMED, EVENT_OK), PATHS - 1);
    assert_int_equal(fabric_count(f, 0, EVENT_PATH_DOWN, EVENT_OK), 0);
    fabric_destroy(f);
}

/* A message under way: the lone packet goes before what waits, and the message is none the worse. */
static void test_messages_go_on_beside_it(void **state)
{
    (void)state;
    struct fabric *f = start();
    struct fabric_flow flow = {.from = 0, .to = 1, .tag = 9, .to_offset = BYTES, .bytes = BYTES};
    assert_int_equal(fabric_receive(f, &flow), SUBMIT_OK);
    assert_int_equal(fabric_send(f, &flow), SUBMIT_OK);
    fabric_run(f, f->now + 50 * NSEC_PER_USEC);
    assert_null(fabric_find(f, 1, EVENT_RECEIVED, 9));
    assert_true(ask(f, 1, 1));
    fabric_run(f, f->now + ROUND_TRIP_NS + 2 * NSEC_PER_USEC);
    assert_non_null(timed(f, 1));
    fabric_run(f, f->now + 100 * NSEC_PER_MSEC);
    assert_non_null(fabric_find(f, 1, EVENT_RECEIVED, 9));
    assert_int_equal(fabric_counters(f, 0).retransmits, 0);
    fabric_destroy(f);
}

static void test_an_answer_that_comes_twice_counts_once(void **state)
{
    (void)state;
    struct fabric *f = start();
    f->fault = doubled;
    time_all(f);
    assert_int_equal(fabric_count(f, 0, EVENT_PATH_TIMED, EVENT_OK), PATHS);
    assert_true(fabric_counters(f, 0).drops[DROP_NONCE] >= PATHS);
    fabric_destroy(f);
}

static void test_of_too_many_the_oldest_are_forgotten(void **state)
{
    (void)state;
    struct fabric *f = start();
    for (unsigned i = 0; i < TIMINGS_MAX + 3; i++)
        assert_true(ask(f, 0, i));
    fabric_run(f, f->now + NSEC_PER_MSEC);
    assert_int_equal(fabric_count(f, 0, EVENT_PATH_TIMED, EVENT_OK), TIMINGS_MAX);
    assert_null(timed(f, 2));
    assert_non_null(timed(f, 3));
    fabric_destroy(f);
}

static void test_only_living_paths_of_peers_that_are_there(void **state)
{
    (void)state;
    struct fabric *f = start();
    assert_false(ask(f, PATHS, 1));
    assert_false(transport_time_path(f->hosts[0].transport, 999, 0, 1, f->now));
    struct path_entry paths[PATHS] = {{PATH_PORT(0)}, {0}, {PATH_PORT(2)}, {PATH_PORT(3)}};
    transport_set_paths(f->hosts[0].transport, f->hosts[0].rank_peers[1], paths, PATHS, f->now);
    assert_false(ask(f, 1, 1));
    assert_true(ask(f, 0, 1));
    fabric_destroy(f);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_each_path_tells_its_own_time),
        cmocka_unit_test(test_what_is_lost_tells_nothing_and_harms_nothing),
        cmocka_unit_test(test_messages_go_on_beside_it),
        cmocka_unit_test(test_an_answer_that_comes_twice_counts_once),
        cmocka_unit_test(test_of_too_many_the_oldest_are_forgotten),
        cmocka_unit_test(test_only_living_paths_of_peers_that_are_there),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
