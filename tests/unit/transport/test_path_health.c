/* SPDX-License-Identifier: BSD-3-Clause */
/* A path dies in the middle of a message: nothing is lost or doubled, only what was on it moves, and it comes
 * back. */
#include <stdlib.h>
#include <string.h>

#include "dataplane/transport/random.h"
#include "tests/unit/transport/fabric.h"
#include "tests/unit/transport/unit.h"

enum {
    BYTES = 2000000,
    DEAD_PATH = 2
};

static nsec_t path_dies_at, path_heals_at;
static unsigned dead_ways;   /* bit 0: host 0 to others, bit 1: the way back */
static uint64_t per_path[8]; /* data bytes offered, host 0 to 1 */

static enum fault dead_path(struct fabric *f, const struct fabric_packet *packet)
{
    const struct packet_data *data = (const struct packet_data *)packet->bytes;
    if (packet->from == 0 && data->header.type == PACKET_DATA)
        per_path[packet->source_port - PATH_PORT(0)] += packet->length - sizeof(*data);
    unsigned way = packet->from == 0 ? 1 : 2;
    bool down = f->now >= path_dies_at && f->now < path_heals_at;
    return down && packet->source_port == PATH_PORT(DEAD_PATH) && (dead_ways & way) ? FAULT_LOSE : FAULT_NONE;
}

static void quick_timers(struct transport_config *config)
{
    config->probe_interval_min_ns = 10 * NSEC_PER_MSEC;
    config->probe_interval_max_ns = 80 * NSEC_PER_MSEC;
}

static struct fabric *start(unsigned paths, enum path_mode mode)
{
    struct fabric_config config = {
        .hosts = 2, .paths = paths, .memory_bytes = 2 * BYTES, .mode = mode, .tune = quick_timers};
    struct fabric *f = fabric_create(&config);
    for (size_t i = 0; i < BYTES; i++)
        f->hosts[0].memory[i] = (uint8_t)mix64(i);
    f->fault = dead_path;
    path_dies_at = NSEC_NEVER;
    path_heals_at = NSEC_NEVER;
    dead_ways = 3;
    memset(per_path, 0, sizeof(per_path));
    fabric_run(f, f->now + NSEC_PER_MSEC);
    return f;
}

static void transfer(struct fabric *f, uint64_t tag)
{
    struct fabric_flow flow = {.from = 0, .to = 1, .tag = tag, .to_offset = BYTES, .bytes = BYTES};
    memset(f->hosts[1].memory + BYTES, 0, BYTES);
    assert_int_equal(fabric_receive(f, &flow), SUBMIT_OK);
    assert_int_equal(fabric_send(f, &flow), SUBMIT_OK);
}

static void check(struct fabric *f, uint64_t tag)
{
    const struct event *event = fabric_find(f, 1, EVENT_RECEIVED, tag);
    assert_non_null(event);
    assert_int_equal(event->status, EVENT_OK);
    assert_non_null(fabric_find(f, 0, EVENT_SENT, tag));
    assert_memory_equal(f->hosts[0].memory, f->hosts[1].memory + BYTES, BYTES);
}

static void test_nothing_is_lost_or_doubled(void **state)
{
    (void)state;
    static const enum path_mode modes[] = {PATH_MODE_WRAP, PATH_MODE_ETHEREAL, PATH_MODE_SPRAY,
                                           PATH_MODE_REPS, PATH_MODE_MPRDMA};
    for (unsigned m = 0; m < 5; m++) {
        for (unsigned ways = 1; ways <= 3; ways++) {
            struct fabric *f = start(4, modes[m]);
            path_dies_at = f->now + 300 * NSEC_PER_USEC;
            dead_ways = ways;
            transfer(f, 1);
            fabric_run(f, f->now + 60 * NSEC_PER_MSEC);
            check(f, 1);
            assert_int_equal(fabric_count(f, 0, EVENT_PATH_DOWN, EVENT_OK), 1);
            /* what the receiver accepted is the message, once */
            assert_int_equal(fabric_counters(f, 1).data_bytes_received, BYTES);
            fabric_destroy(f);
        }
    }
}

static void test_survivors_share_alike(void **state)
{
    (void)state;
    struct fabric *f = start(4, PATH_MODE_WRAP);
    path_dies_at = f->now + 100 * NSEC_PER_USEC;
    transfer(f, 1);
    fabric_run(f, f->now + 60 * NSEC_PER_MSEC);
    check(f, 1);
    uint64_t least = UINT64_MAX, most = 0;
    for (unsigned i = 0; i < 4; i++) {
        if (i == DEAD_PATH)
            continue;
        least = per_path[i] < least ? per_path[i] : least;
        most = per_path[i] > most ? per_path[i] : most;
    }
    assert_true(most - least < BYTES / 50);
    fabric_destroy(f);
}

/* Virtual time: tail probe, two timeouts of the least length, one close; far below the 50 ms of the lab's
 * bound. */
static void test_the_stall_is_short(void **state)
{
    (void)state;
    struct fabric *f = start(4, PATH_MODE_WRAP);
    transfer(f, 1);
    fabric_run(f, f->now + 60 * NSEC_PER_MSEC);
    check(f, 1);
    nsec_t begin = f->now;
    transfer(f, 2);
    path_dies_at = f->now + 300 * NSEC_PER_USEC;
    while (fabric_find(f, 1, EVENT_RECEIVED, 2) == NULL && f->now < begin + NSEC_PER_SEC)
        fabric_run(f, f->now + 10 * NSEC_PER_USEC);
    nsec_t elapsed = f->now - begin;
    fabric_run(f, f->now + NSEC_PER_MSEC);
    check(f, 2);
    nsec_t healthy = BYTES * NSEC_PER_SEC / 1250000000 * 11 / 10;
    assert_true(elapsed < healthy * 4 / 3 + 1500 * NSEC_PER_USEC);
    fabric_destroy(f);
}

static void test_the_path_comes_back(void **state)
{
    (void)state;
    struct fabric *f = start(4, PATH_MODE_WRAP);
    path_dies_at = f->now + 300 * NSEC_PER_USEC;
    path_heals_at = f->now + NSEC_PER_SEC;
    transfer(f, 1);
    fabric_run(f, f->now + 500 * NSEC_PER_MSEC);
    check(f, 1);
    assert_int_equal(fabric_count(f, 0, EVENT_PATH_UP, EVENT_OK), 0);
    fabric_run(f, f->now + NSEC_PER_SEC);
    assert_int_equal(fabric_count(f, 0, EVENT_PATH_UP, EVENT_OK), 1);
    memset(per_path, 0, sizeof(per_path));
    transfer(f, 2);
    fabric_run(f, f->now + 100 * NSEC_PER_MSEC);
    check(f, 2);
    assert_in_range(per_path[DEAD_PATH], BYTES / 4 - 1024, BYTES / 4 + 1024);
    fabric_destroy(f);
}

static void test_hash_moves_its_one_path(void **state)
{
    (void)state;
    struct fabric *f = start(4, PATH_MODE_HASH);
    transfer(f, 1);
    fabric_run(f, f->now + 100 * NSEC_PER_MSEC);
    check(f, 1);
    unsigned hashed = 0;
    while (per_path[hashed] == 0)
        hashed++;
    assert_int_equal(per_path[hashed], BYTES);
    fabric_destroy(f);
}

static void test_a_silent_peer_kills_no_path(void **state)
{
    (void)state;
    struct fabric *f = start(4, PATH_MODE_WRAP);
    transfer(f, 1);
    fabric_run(f, f->now + 300 * NSEC_PER_USEC);
    struct transport *asleep = f->hosts[1].transport;
    f->hosts[1].transport = NULL; /* hears nothing, says nothing */
    fabric_run(f, f->now + 200 * NSEC_PER_MSEC);
    f->hosts[1].transport = asleep;
    fabric_run(f, f->now + 200 * NSEC_PER_MSEC);
    check(f, 1);
    assert_int_equal(fabric_count(f, 0, EVENT_PATH_DOWN, EVENT_OK), 0);
    fabric_destroy(f);
}

static void test_a_new_port_revives_the_path(void **state)
{
    (void)state;
    struct fabric *f = start(4, PATH_MODE_WRAP);
    path_dies_at = f->now + 300 * NSEC_PER_USEC;
    transfer(f, 1);
    fabric_run(f, f->now + 60 * NSEC_PER_MSEC);
    check(f, 1);
    struct path_entry paths[4] = {{PATH_PORT(0)}, {PATH_PORT(1)}, {PATH_PORT(5)}, {PATH_PORT(3)}};
    transport_set_paths(f->hosts[0].transport, f->hosts[0].rank_peers[1], paths, 4, f->now);
    fabric_run(f, f->now + NSEC_PER_MSEC);
    assert_int_equal(fabric_count(f, 0, EVENT_PATH_UP, EVENT_OK), 1);
    memset(per_path, 0, sizeof(per_path));
    transfer(f, 2);
    fabric_run(f, f->now + 60 * NSEC_PER_MSEC);
    check(f, 2);
    assert_true(per_path[5] > 0);
    fabric_destroy(f);
}

static void test_a_path_that_is_gone_carries_nothing(void **state)
{
    (void)state;
    for (unsigned gone = 0; gone < 4; gone++) {
        struct fabric *f = start(4, PATH_MODE_WRAP);
        struct path_entry paths[4];
        for (unsigned i = 0; i < 4; i++)
            paths[i].source_port = i == gone ? 0 : PATH_PORT(i);
        transport_set_paths(f->hosts[0].transport, f->hosts[0].rank_peers[1], paths, 4, f->now);
        transfer(f, 1);
        fabric_run(f, f->now + 60 * NSEC_PER_MSEC);
        check(f, 1);
        assert_int_equal(per_path[gone], 0);
        assert_int_equal(fabric_count(f, 0, EVENT_PATH_DOWN, EVENT_OK), 1);
        fabric_destroy(f);
    }
}

static void test_the_last_path_stays(void **state)
{
    (void)state;
    struct fabric *f = start(4, PATH_MODE_WRAP);
    struct path_entry none[4] = {{0}, {0}, {0}, {0}};
    transport_set_paths(f->hosts[0].transport, f->hosts[0].rank_peers[1], none, 4, f->now);
    transfer(f, 1);
    fabric_run(f, f->now + 60 * NSEC_PER_MSEC);
    check(f, 1);
    assert_int_equal(fabric_count(f, 0, EVENT_PATH_DOWN, EVENT_OK), 3);
    fabric_destroy(f);
}

static unsigned only_dead_path;

static enum fault one_dead_path(struct fabric *f, const struct fabric_packet *packet)
{
    (void)f;
    return packet->source_port == PATH_PORT(only_dead_path) ? FAULT_LOSE : FAULT_NONE;
}

/* One path dies, and as soon as that is known it heals and the other dies: what is believed alive is dead,
 * and the other way round. */
static void test_paths_that_change_places(void **state)
{
    (void)state;
    struct fabric *f = start(2, PATH_MODE_WRAP);
    transfer(f, 1);
    fabric_run(f, f->now + 300 * NSEC_PER_USEC);
    f->fault = one_dead_path;
    only_dead_path = 0;
    nsec_t end = f->now + 100 * NSEC_PER_MSEC;
    while (fabric_count(f, 0, EVENT_PATH_DOWN, EVENT_OK) == 0 && f->now < end)
        fabric_run(f, f->now + NSEC_PER_USEC);
    only_dead_path = 1;
    fabric_run(f, f->now + NSEC_PER_SEC);
    check(f, 1);
    fabric_destroy(f);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_nothing_is_lost_or_doubled),
        cmocka_unit_test(test_survivors_share_alike),
        cmocka_unit_test(test_the_stall_is_short),
        cmocka_unit_test(test_the_path_comes_back),
        cmocka_unit_test(test_hash_moves_its_one_path),
        cmocka_unit_test(test_a_silent_peer_kills_no_path),
        cmocka_unit_test(test_a_new_port_revives_the_path),
        cmocka_unit_test(test_a_path_that_is_gone_carries_nothing),
        cmocka_unit_test(test_the_last_path_stays),
        cmocka_unit_test(test_paths_that_change_places),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
