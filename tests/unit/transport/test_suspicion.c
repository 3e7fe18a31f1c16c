/* SPDX-License-Identifier: BSD-3-Clause */
/* A path is silent while others are not: it dies in a few round trips, the same path to others with it; and
 * whoever is merely late, or silent as a whole, keeps its paths. */
#include <stdlib.h>

#include "tests/unit/transport/fabric.h"
#include "tests/unit/transport/unit.h"

enum {
    HOSTS = 4,
    PATHS = 4,
    BYTES = 2000000,
    DEAD_PATH = 2
};
#define ROUND_TRIP_NS (2 * FABRIC_DELAY_NS)

static nsec_t fails_at, heals_at;
static enum fault failure;    /* what happens on the path meanwhile */
static int only_to;           /* this host alone is cut off; -1: all */
static uint64_t late_on_path; /* data packets on the path from `watched_from` on */
static nsec_t watched_from;

static enum fault bad_path(struct fabric *f, const struct fabric_packet *packet)
{
    const struct packet_header *header = (const struct packet_header *)packet->bytes;
    if (packet->source_port != PATH_PORT(DEAD_PATH) || packet->from != 0)
        return FAULT_NONE;
    if (header->type == PACKET_DATA && f->now >= watched_from)
        late_on_path++;
    bool cut_off = only_to < 0 || packet->to == (unsigned)only_to;
    return cut_off && f->now >= fails_at && f->now < heals_at ? failure : FAULT_NONE;
}

static struct fabric *start(void)
{
    struct fabric_config config = {
        .hosts = HOSTS, .paths = PATHS, .memory_bytes = 2 * BYTES, .mode = PATH_MODE_WRAP};
    struct fabric *f = fabric_create(&config);
    f->fault = bad_path;
    fails_at = watched_from = heals_at = NSEC_NEVER;
    failure = FAULT_LOSE;
    only_to = -1;
    late_on_path = 0;
    fabric_run(f, f->now + NSEC_PER_MSEC);
    return f;
}

static void transfer(struct fabric *f, unsigned to, uint64_t tag)
{
    struct fabric_flow flow = {.from = 0, .to = to, .tag = tag, .to_offset = BYTES, .bytes = BYTES};
    assert_int_equal(fabric_receive(f, &flow), SUBMIT_OK);
    assert_int_equal(fabric_send(f, &flow), SUBMIT_OK);
}

static void run_until(struct fabric *f, unsigned host, enum event_kind kind, nsec_t limit_ns)
{
    nsec_t end = f->now + limit_ns;
    while (fabric_count(f, host, kind, EVENT_OK) == 0 && f->now < end)
        fabric_run(f, f->now + NSEC_PER_USEC);
}

static void test_found_within_ten_round_trips(void **state)
{
    (void)state;
    for (unsigned warm = 0; warm < 2; warm++) {
        struct fabric *f = start();
        transfer(f, 1, 1);
        fails_at = f->now + (warm ? 300 * NSEC_PER_USEC : 0);
        run_until(f, 0, EVENT_PATH_DOWN, NSEC_PER_MSEC);
        assert_int_equal(fabric_count(f, 0, EVENT_PATH_DOWN, EVENT_OK), 1);
        assert_true(f->now - fails_at < 10 * ROUND_TRIP_NS);
        assert_int_equal(fabric_counters(f, 0).timeouts, 0);
        fabric_run(f, f->now + 10 * NSEC_PER_MSEC);
        assert_non_null(fabric_find(f, 1, EVENT_RECEIVED, 1));
        assert_int_equal(fabric_counters(f, 1).data_bytes_received, BYTES);
        fabric_destroy(f);
    }
}

/* A flow over one path: its idle siblings are asked to be witnesses. */
static void test_idle_siblings_are_witnesses(void **state)
{
    (void)state;
    struct fabric *f = start();
    for (unsigned to = 1; to < HOSTS; to++) {
        struct fabric_flow flow = {.from = 0, .to = to, .tag = to, .bytes = 1000};
        assert_int_equal(fabric_receive(f, &flow), SUBMIT_OK);
        assert_int_equal(fabric_send(f, &flow), SUBMIT_OK);
    }
    fails_at = f->now;
    fabric_run(f, f->now + 20 * ROUND_TRIP_NS);
    for (unsigned to = 1; to < HOSTS; to++)
        assert_non_null(fabric_find(f, to, EVENT_RECEIVED, to));
    fabric_destroy(f);
}

static void test_relatives_are_tried(void **state)
{
    (void)state;
    struct fabric *f = start();
    transfer(f, 1, 1);
    fails_at = f->now;
    fabric_run(f, f->now + 20 * ROUND_TRIP_NS);
    assert_int_equal(fabric_count(f, 0, EVENT_PATH_DOWN, EVENT_OK), HOSTS - 1);
    watched_from = f->now;
    for (unsigned to = 2; to < HOSTS; to++)
        transfer(f, to, to);
    fabric_run(f, f->now + 10 * NSEC_PER_MSEC);
    for (unsigned to = 2; to < HOSTS; to++)
        assert_non_null(fabric_find(f, to, EVENT_RECEIVED, to));
    assert_int_equal(late_on_path, 0);
    fabric_destroy(f);
}

/* The far half of the path is what failed: to the other hosts it lives. */
static void test_relatives_that_answer_live(void **state)
{
    (void)state;
    struct fabric *f = start();
    only_to = 1;
    transfer(f, 1, 1);
    fails_at = f->now;
    fabric_run(f, f->now + 20 * ROUND_TRIP_NS);
    assert_int_equal(fabric_count(f, 0, EVENT_PATH_DOWN, EVENT_OK), 1);
    watched_from = f->now;
    transfer(f, 2, 2);
    fabric_run(f, f->now + 10 * NSEC_PER_MSEC);
    assert_non_null(fabric_find(f, 2, EVENT_RECEIVED, 2));
    assert_true(late_on_path > 0);
    fabric_destroy(f);
}

/* Five round trips more than the others, all of a sudden: patience doubles with every wrong. */
static void test_a_late_path_is_left_in_peace(void **state)
{
    (void)state;
    struct fabric *f = start();
    failure = FAULT_DELAY;
    transfer(f, 1, 1);
    fails_at = f->now + 300 * NSEC_PER_USEC;
    fabric_run(f, f->now + 20 * NSEC_PER_MSEC);
    assert_non_null(fabric_find(f, 1, EVENT_RECEIVED, 1));
    for (uint64_t tag = 2; tag < 10; tag++) {
        transfer(f, 1, tag);
        fabric_run(f, f->now + 20 * NSEC_PER_MSEC);
        assert_non_null(fabric_find(f, 1, EVENT_RECEIVED, tag));
    }
    unsigned downs = fabric_count(f, 0, EVENT_PATH_DOWN, EVENT_OK);
    assert_true(downs <= 3);
    assert_int_equal(fabric_count(f, 0, EVENT_PATH_UP, EVENT_OK), downs);
    fabric_destroy(f);
}

/* Nobody answers: no path is to blame, whatever the time, and the questions do not become a storm. */
static void test_a_silent_peer_has_no_witnesses(void **state)
{
    (void)state;
    struct fabric *f = start();
    transfer(f, 1, 1);
    fabric_run(f, f->now + 300 * NSEC_PER_USEC);
    struct transport *asleep = f->hosts[1].transport;
    f->hosts[1].transport = NULL;
    uint64_t before = fabric_counters(f, 0).probes_sent;
    fabric_run(f, f->now + 500 * NSEC_PER_MSEC);
    assert_true(fabric_counters(f, 0).probes_sent - before < 500);
    f->hosts[1].transport = asleep;
    fabric_run(f, f->now + 200 * NSEC_PER_MSEC);
    assert_non_null(fabric_find(f, 1, EVENT_RECEIVED, 1));
    assert_int_equal(fabric_count(f, 0, EVENT_PATH_DOWN, EVENT_OK), 0);
    fabric_destroy(f);
}

static uint64_t window_of_path(const struct fabric *f, unsigned path)
{
    const struct fabric_host *h = &f->hosts[0];
    struct channel_info info;
    bool exists;
    for (unsigned i = 0; transport_get_channel(h->transport, i, &info, &exists); i++) {
        if (exists && info.peer == h->rank_peers[1] && info.path == path)
            return info.window_bytes;
    }
    return 0;
}

/* The other hosts of the leaf miss the path too: what is left of the fabric is not asked for more. */
static void test_survivors_keep_their_plan(void **state)
{
    (void)state;
    struct fabric *f = start();
    transfer(f, 1, 1);
    uint64_t planned = window_of_path(f, 0);
    assert_true(planned > 0);
    fails_at = f->now;
    fabric_run(f, f->now + 10 * NSEC_PER_MSEC);
    transfer(f, 1, 2);
    assert_in_range(window_of_path(f, 0), planned * 99 / 100, planned * 101 / 100);
    fabric_run(f, f->now + 10 * NSEC_PER_MSEC);
    assert_non_null(fabric_find(f, 1, EVENT_RECEIVED, 2));
    fabric_destroy(f);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_found_within_ten_round_trips),
        cmocka_unit_test(test_idle_siblings_are_witnesses),
        cmocka_unit_test(test_survivors_keep_their_plan),
        cmocka_unit_test(test_relatives_are_tried),
        cmocka_unit_test(test_relatives_that_answer_live),
        cmocka_unit_test(test_a_late_path_is_left_in_peace),
        cmocka_unit_test(test_a_silent_peer_has_no_witnesses),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
