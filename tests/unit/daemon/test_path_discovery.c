/* SPDX-License-Identifier: BSD-3-Clause */
/* Path discovery against routers that hash as a seeded function, in virtual time. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "dataplane/daemon/path_discovery.h"
#include "dataplane/transport/random.h"

enum {
    PEERS_MAX = 8,
    FLIGHT_MAX = 1024
};
static const nsec_t ROUND_TRIP_NS = 200 * NSEC_PER_USEC;

/* The routers between us and some peers: spine i answers as 10.255.1.(i + 1). */
struct fabric {
    struct path_discovery *discovery;
    nsec_t now;
    unsigned spine_count;
    uint64_t live;   /* bit i: the leaf's routes include spine i */
    bool two_leaves; /* every second peer is behind another leaf */
    uint64_t seed;
    uint16_t late_port; /* 0, or from here on some ports take the last spine, and nothing else has changed */
    unsigned loss_percent;
    bool silent;
    struct random_stream random;
    struct {
        struct path_answer answer;
        nsec_t at;
    } flight[FLIGHT_MAX];
    unsigned flight_count;
    unsigned probes, probes_this_ms;
    nsec_t this_ms;
    struct path_change paths[PEERS_MAX]; /* what the transport knows */
    unsigned changes;
};

static unsigned spine_of(const struct fabric *f, uint32_t destination, uint16_t port)
{
    unsigned live[64], count = 0;
    uint64_t hash = mix64_pair(f->seed + f->live, (uint64_t)destination << 16 | port);
    if (f->late_port && port >= f->late_port && hash >> 62 == 3)
        return f->spine_count - 1;
    for (unsigned i = 0; i < f->spine_count; i++)
        if (f->live & 1ull << i)
            live[count++] = i;
    return live[hash % count];
}

static uint32_t router_address(unsigned spine)
{
    return 0x0aff0101 + spine;
}

static void add_peers(struct fabric *f, unsigned peers)
{
    for (unsigned i = 0; i < peers; i++) {
        struct path_discovery_peer peer = {
            .address = 0x0a020001 + i, .leaf = 0x0a0200 + (f->two_leaves && i % 2), .peer = (uint16_t)i};
        assert_int_equal(path_discovery_add_peer(f->discovery, &peer, f->now), 0);
    }
}

static void start_without_peers(struct fabric *f, unsigned spine_count)
{
    memset(f, 0, sizeof(*f));
    struct path_discovery_config config;
    path_discovery_config_default(&config);
    config.seed = 7;
    f->discovery = path_discovery_create(&config);
    f->now = 1;
    f->spine_count = spine_count;
    f->live = spine_count == 64 ? UINT64_MAX : (1ull << spine_count) - 1;
}

static void start(struct fabric *f, unsigned spine_count, unsigned peers)
{
    start_without_peers(f, spine_count);
    add_peers(f, peers);
}

static void send(struct fabric *f, const struct path_probe *probe)
{
    f->probes++;
    if (f->now / NSEC_PER_MSEC != f->this_ms) {
        f->this_ms = f->now / NSEC_PER_MSEC;
        f->probes_this_ms = 0;
    }
    assert_true(++f->probes_this_ms <= 32); /* two bursts can begin within one millisecond's bounds */
    if (f->silent || random_below(&f->random, 100) < f->loss_percent)
        return;
    assert_true(f->flight_count < FLIGHT_MAX);
    f->flight[f->flight_count].answer = (struct path_answer){
        .router = router_address(spine_of(f, probe->destination, probe->source_port)), .quote = *probe};
    f->flight[f->flight_count++].at = f->now + ROUND_TRIP_NS;
}

static nsec_t deliver(struct fabric *f)
{
    nsec_t next = NSEC_NEVER;
    unsigned kept = 0;
    for (unsigned i = 0; i < f->flight_count; i++) {
        if (f->flight[i].at <= f->now) {
            path_discovery_on_answer(f->discovery, &f->flight[i].answer, f->now);
            continue;
        }
        if (f->flight[i].at < next)
            next = f->flight[i].at;
        f->flight[kept++] = f->flight[i];
    }
    f->flight_count = kept;
    return next;
}

static void run_until(struct fabric *f, nsec_t end)
{
    while (f->now < end) {
        nsec_t arrival = deliver(f);
        struct path_probe probes[64];
        unsigned count = path_discovery_take_probes(f->discovery, probes, 64, f->now);
        for (unsigned i = 0; i < count; i++)
            send(f, &probes[i]);
        struct path_change change;
        while (path_discovery_take_change(f->discovery, &change)) {
            f->paths[change.peer] = change;
            f->changes++;
        }
        nsec_t next = path_discovery_next_wakeup(f->discovery);
        if (arrival < next)
            next = arrival;
        if (count > 0 && f->now + ROUND_TRIP_NS < next)
            next = f->now + ROUND_TRIP_NS;
        assert_true(next > f->now || count > 0);
        f->now = next < end ? next : end;
    }
}

/* Every path of every peer takes its own spine, the same for all; a spine without a route has none. */
static void assert_paths_are_right(const struct fabric *f, unsigned peers)
{
    for (unsigned peer = 0; peer < peers; peer++) {
        assert_int_equal(f->paths[peer].count, f->spine_count);
        for (unsigned path = 0; path < f->spine_count; path++) {
            uint16_t port = f->paths[peer].entries[path].source_port;
            if (!(f->live & 1ull << path))
                assert_int_equal(port, 0);
            else
                assert_true(port >= 49152 && spine_of(f, 0x0a020001 + peer, port) == path);
        }
    }
}

static void finds_every_spine(void **state)
{
    (void)state;
    static const unsigned spine_counts[] = {1, 2, 4, 5, 16, 64};
    for (unsigned i = 0; i < sizeof(spine_counts) / sizeof(spine_counts[0]); i++) {
        struct fabric f;
        start(&f, spine_counts[i], 4);
        assert_false(path_discovery_is_settled(f.discovery, 0x0a020001));
        run_until(&f, NSEC_PER_SEC);
        assert_true(path_discovery_is_settled(f.discovery, 0x0a020004));
        assert_true(path_discovery_was_answered(f.discovery, 0x0a020004));
        assert_paths_are_right(&f, 4);
        path_discovery_destroy(f.discovery);
    }
}

static void four_spines_take_few_probes(void **state)
{
    (void)state;
    struct fabric f;
    start(&f, 4, 4);
    run_until(&f, 50 * NSEC_PER_MSEC);
    assert_paths_are_right(&f, 4);
    assert_true(f.probes >= 84 && f.probes <= 200);
    assert_int_equal(f.changes, 4);
    path_discovery_destroy(f.discovery);
}

static void without_any_answer_it_settles_after_the_limit_and_keeps_trying(void **state)
{
    (void)state;
    struct fabric f;
    start(&f, 4, 2);
    f.silent = true;
    run_until(&f, 1900 * NSEC_PER_MSEC);
    assert_false(path_discovery_is_settled(f.discovery, 0x0a020001));
    run_until(&f, 2100 * NSEC_PER_MSEC);
    assert_true(path_discovery_is_settled(f.discovery, 0x0a020001));
    assert_false(path_discovery_was_answered(f.discovery, 0x0a020001));
    assert_int_equal(f.changes, 0);
    f.silent = false;
    run_until(&f, 20 * NSEC_PER_SEC);
    assert_paths_are_right(&f, 2);
    path_discovery_destroy(f.discovery);
}

static void silence_takes_nothing_away(void **state)
{
    (void)state;
    struct fabric f;
    start(&f, 4, 4);
    run_until(&f, NSEC_PER_SEC);
    unsigned changes = f.changes;
    f.silent = true;
    path_discovery_on_path_changed(f.discovery, 2, f.now);
    run_until(&f, 100 * NSEC_PER_SEC);
    assert_int_equal(f.changes, changes);
    assert_paths_are_right(&f, 4);
    path_discovery_destroy(f.discovery);
}

static void a_stable_fabric_is_verified_at_a_low_rate_and_never_changed(void **state)
{
    (void)state;
    struct fabric f;
    start(&f, 4, 4);
    run_until(&f, NSEC_PER_SEC);
    unsigned changes = f.changes, probes = f.probes;
    run_until(&f, 101 * NSEC_PER_SEC);
    assert_int_equal(f.changes, changes);
    assert_in_range(f.probes - probes, 4 * 95, 4 * 101);
    path_discovery_destroy(f.discovery);
}

static void a_lost_spine_is_dropped_and_comes_back(void **state)
{
    (void)state;
    struct fabric f;
    start(&f, 4, 4);
    run_until(&f, NSEC_PER_SEC);
    f.live = 0xb; /* without spine 2 every port hashes anew */
    run_until(&f, 4 * NSEC_PER_SEC);
    assert_paths_are_right(&f, 4);
    f.live = 0xf;
    run_until(&f, 8 * NSEC_PER_SEC);
    assert_paths_are_right(&f, 4);
    path_discovery_destroy(f.discovery);
}

static bool is_complete(const struct fabric *f, unsigned index)
{
    struct path_view view;
    assert_true(path_discovery_view(f->discovery, index, &view));
    return view.complete;
}

/* Only a search with answers enough says that there are no other paths. */
static void what_a_whole_search_did_not_find_is_missing(void **state)
{
    (void)state;
    struct fabric f;
    struct path_view view;
    start(&f, 4, 4);
    assert_false(is_complete(&f, 0));
    run_until(&f, NSEC_PER_SEC);
    assert_true(is_complete(&f, 0));
    f.live = 0xb;
    run_until(&f, 4 * NSEC_PER_SEC);
    for (unsigned i = 0; i < 4; i++) {
        assert_true(path_discovery_view(f.discovery, i, &view));
        assert_true(view.complete);
        assert_int_equal(view.source_port[2], 0);
        assert_int_equal(view.heard_at[2], 0);
        assert_true(f.now - view.heard_at[1] < NSEC_PER_MSEC * 4500);
    }
    f.silent = true;
    path_discovery_on_path_changed(f.discovery, 0, f.now);
    run_until(&f, 10 * NSEC_PER_SEC);
    assert_false(is_complete(&f, 0));
    path_discovery_destroy(f.discovery);
}

/* Whichever leaf's peers notice first, those of the others look at once, not after their verify interval. */
static void a_port_that_moves_makes_other_leaves_look(void **state)
{
    (void)state;
    struct fabric f;
    start_without_peers(&f, 4);
    f.two_leaves = true;
    add_peers(&f, 4);
    run_until(&f, NSEC_PER_SEC);
    unsigned changes = f.changes;
    f.live = 0x7;
    while (f.changes == changes)
        run_until(&f, f.now + NSEC_PER_MSEC);
    run_until(&f, f.now + 60 * NSEC_PER_MSEC);
    assert_paths_are_right(&f, 4);
    path_discovery_destroy(f.discovery);
}

/* A spine that was away for long is looked for once a minute, but ports that move to it tell at once. */
static void a_spine_that_was_away_for_long_is_found_soon(void **state)
{
    (void)state;
    for (unsigned seed = 0; seed < 20; seed++) {
        struct fabric f;
        start_without_peers(&f, 2);
        f.seed = seed;
        add_peers(&f, 1);
        run_until(&f, NSEC_PER_SEC);
        f.live = 0x1;
        run_until(&f, 200 * NSEC_PER_SEC);
        f.live = 0x3;
        run_until(&f, f.now + 12 * NSEC_PER_SEC);
        assert_paths_are_right(&f, 1);
        path_discovery_destroy(f.discovery);
    }
}

static void a_dead_path_is_rechecked_at_once(void **state)
{
    (void)state;
    struct fabric f;
    start(&f, 4, 4);
    run_until(&f, NSEC_PER_SEC + 1);
    f.live = 0x7;
    path_discovery_on_path_changed(f.discovery, 0, f.now);
    run_until(&f, f.now + 100 * NSEC_PER_MSEC);
    assert_paths_are_right(&f, 4);
    path_discovery_destroy(f.discovery);
}

static void a_new_spine_gets_the_next_number(void **state)
{
    (void)state;
    struct fabric f;
    start(&f, 3, 2);
    run_until(&f, NSEC_PER_SEC);
    f.spine_count = 4;
    f.live = 0xf;
    run_until(&f, 5 * NSEC_PER_SEC);
    assert_paths_are_right(&f, 2);
    path_discovery_destroy(f.discovery);
}

static void a_spine_that_a_new_peer_finds_is_looked_for_by_all(void **state)
{
    (void)state;
    struct fabric f;
    start(&f, 3, 2);
    run_until(&f, NSEC_PER_SEC);
    f.late_port = 49152 + 4;
    f.spine_count = 4; /* not in the routes that older ports take */
    struct path_discovery_peer third = {.address = 0x0a020003, .leaf = 0x0a0200, .peer = 2};
    path_discovery_add_peer(f.discovery, &third, f.now);
    run_until(&f, f.now + 100 * NSEC_PER_MSEC);
    for (unsigned peer = 0; peer < 3; peer++) {
        uint16_t port = f.paths[peer].entries[3].source_port;
        assert_int_equal(f.paths[peer].count, 4);
        assert_true(port != 0 && spine_of(&f, 0x0a020001 + peer, port) == 3);
    }
    path_discovery_destroy(f.discovery);
}

static void heavy_loss_only_delays(void **state)
{
    (void)state;
    struct fabric f;
    start(&f, 8, 4);
    f.loss_percent = 40;
    run_until(&f, 2 * NSEC_PER_SEC);
    assert_paths_are_right(&f, 4);
    path_discovery_destroy(f.discovery);
}

static void a_peer_that_becomes_reachable_is_probed_at_once(void **state)
{
    (void)state;
    struct fabric f;
    start(&f, 4, 1);
    f.silent = true;
    run_until(&f, 5 * NSEC_PER_MSEC);
    f.silent = false;
    path_discovery_on_reachable(f.discovery, 0x0a020001);
    run_until(&f, 20 * NSEC_PER_MSEC);
    assert_paths_are_right(&f, 1);
    path_discovery_destroy(f.discovery);
}

static void answers_to_what_was_not_asked_are_ignored(void **state)
{
    (void)state;
    struct fabric f;
    start(&f, 2, 1);
    struct path_probe probes[16];
    unsigned count = path_discovery_take_probes(f.discovery, probes, 16, f.now);
    assert_int_equal(count, 16);
    struct path_answer forged = {.router = 1, .quote = probes[0]};
    forged.quote.id++;
    path_discovery_on_answer(f.discovery, &forged, f.now);
    forged.quote = probes[0];
    forged.quote.destination = 99;
    path_discovery_on_answer(f.discovery, &forged, f.now);
    forged.quote = probes[0];
    forged.quote.source_port = 12;
    path_discovery_on_answer(f.discovery, &forged, f.now);
    assert_int_equal(path_discovery_answers(f.discovery), 0);
    forged.quote = probes[0];
    path_discovery_on_answer(f.discovery, &forged, f.now);
    path_discovery_on_answer(f.discovery, &forged, f.now);
    assert_int_equal(path_discovery_answers(f.discovery), 1);
    path_discovery_destroy(f.discovery);
}

static void any_port_can_be_asked_about(void **state)
{
    enum {
        PORTS = 20,
        FIRST = 60000
    };
    (void)state;
    struct fabric f;
    start(&f, 4, 2);
    run_until(&f, 300 * NSEC_PER_MSEC);
    f.loss_percent = 30; /* what is lost is asked again */
    for (unsigned i = 0; i < PORTS; i++)
        assert_int_equal(path_discovery_path_of_port(f.discovery, 0x0a020002, FIRST + i), -1);
    run_until(&f, 2 * NSEC_PER_SEC);
    for (unsigned i = 0; i < PORTS; i++)
        assert_int_equal(path_discovery_path_of_port(f.discovery, 0x0a020002, FIRST + i),
                         spine_of(&f, 0x0a020002, FIRST + i));
    assert_int_equal(path_discovery_path_of_port(f.discovery, 0x0a0200ff, FIRST), -1);
    f.live = 0xd; /* a spine is lost, and all hash anew */
    path_discovery_on_path_changed(f.discovery, 1, f.now);
    assert_int_equal(path_discovery_path_of_port(f.discovery, 0x0a020002, FIRST), -1);
    run_until(&f, 4 * NSEC_PER_SEC);
    assert_int_equal(path_discovery_path_of_port(f.discovery, 0x0a020002, FIRST),
                     spine_of(&f, 0x0a020002, FIRST));
    path_discovery_destroy(f.discovery);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(finds_every_spine),
        cmocka_unit_test(four_spines_take_few_probes),
        cmocka_unit_test(without_any_answer_it_settles_after_the_limit_and_keeps_trying),
        cmocka_unit_test(silence_takes_nothing_away),
        cmocka_unit_test(a_stable_fabric_is_verified_at_a_low_rate_and_never_changed),
        cmocka_unit_test(a_lost_spine_is_dropped_and_comes_back),
        cmocka_unit_test(what_a_whole_search_did_not_find_is_missing),
        cmocka_unit_test(a_port_that_moves_makes_other_leaves_look),
        cmocka_unit_test(a_spine_that_was_away_for_long_is_found_soon),
        cmocka_unit_test(a_dead_path_is_rechecked_at_once),
        cmocka_unit_test(a_new_spine_gets_the_next_number),
        cmocka_unit_test(a_spine_that_a_new_peer_finds_is_looked_for_by_all),
        cmocka_unit_test(heavy_loss_only_delays),
        cmocka_unit_test(a_peer_that_becomes_reachable_is_probed_at_once),
        cmocka_unit_test(answers_to_what_was_not_asked_are_ignored),
        cmocka_unit_test(any_port_can_be_asked_about),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
