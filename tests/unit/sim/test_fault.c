/* SPDX-License-Identifier: BSD-3-Clause */
/* Every kind of fault does what its name says, seen in what it leaves behind, and the transport's work is
 * done all the same: each byte once, intact, in its place. */
#include "tests/unit/sim/unit.h"

#include "dataplane/transport/congestion.h"
#include "tools/sim/job.h"
#include "tools/sim/sim_fault.h"

#define START_NS NSEC_PER_MSEC
#define MS       NSEC_PER_MSEC

static const struct workload workload = {.kind = WORKLOAD_ALL_TO_ALL, .ranks = 4, .bytes = 400000};
static const uint32_t hosts[] = {0, 1, 2, 3};

static struct simulation_config configuration(void)
{
    const struct link_config link = {.rate_bytes_per_s = 1250000000,
                                     .delay_ns = 500,
                                     .queue_limit_bytes = 1 << 20,
                                     .mark_from_bytes = 100000,
                                     .mark_full_bytes = 100000};
    struct simulation_config c = {.topology = {.shape = {.pods = 1, .leaves = 2, .spines = 2, .hosts = 2},
                                               .host_link = link,
                                               .fabric_link = link,
                                               .turnaround_ns = 1000},
                                  .content = true,
                                  .seed = 1};
    transport_config_default(&c.transport, link.rate_bytes_per_s, simulation_base_rtt_ns(&c.topology, 4200));
    c.transport.peers_max = 4;
    c.transport.pieces_max = 1024;
    c.transport.messages_max = 64;
    return c;
}

struct outcome {
    struct simulation *s; /* at its end */
    struct job *job;
    struct transport_counters counters;
};

static void run(struct outcome *o, const struct sim_fault *fault, enum path_mode mode)
{
    struct simulation_config c = configuration();
    o->s = simulation_create(&c);
    o->job = job_add(o->s, &(struct job_config){.name = "job",
                                                .identity = 7,
                                                .rank_hosts = hosts,
                                                .rank_count = 4,
                                                .path_mode = mode,
                                                .iterations = 4,
                                                .start_at = START_NS,
                                                .deadline_at = NSEC_PER_SEC,
                                                .may_fail = fault && sim_fault_is_of_host(fault->kind),
                                                .workload = &workload});
    if (fault != NULL)
        sim_fault_schedule(o->s, fault);
    simulation_run(o->s, NSEC_NEVER);
    assert_string_equal(o->s->complaints.text[0], "");
    simulation_counters(o->s, &o->counters);
}

static nsec_t undisturbed_end(enum path_mode mode)
{
    struct outcome o;
    run(&o, NULL, mode);
    nsec_t end = o.job->ended_at;
    assert_false(o.job->failed);
    simulation_destroy(o.s);
    return end;
}

/* Of the link from leaf 0 to spine 1 and back, or of host 1. */
static struct sim_fault fault_of(enum sim_fault_kind kind)
{
    struct simulation_config c = configuration();
    struct sim_fault f = {.kind = kind,
                          .host = 1,
                          .at = START_NS + 100000,
                          .until = NSEC_NEVER,
                          .converges_after_ns = NSEC_NEVER};
    struct topology t;
    topology_init(&t, &c.topology);
    assert_true(topology_find_link(&t, "leaf0-spine1", &f.up_link, &f.down_link));
    topology_destroy(&t);
    return f;
}

static void run_to_completion(struct outcome *o, const struct sim_fault *fault)
{
    run(o, fault, PATH_MODE_WRAP);
    assert_false(o->job->failed);
    assert_int_equal(o->job->ranks_left, 0);
}

static void what_is_on_a_link_that_goes_down_is_lost(void **state)
{
    (void)state;
    struct sim_fault f = fault_of(SIM_FAULT_DOWN);
    struct outcome o;
    run_to_completion(&o, &f);
    assert_true(o.s->topology.links[f.up_link].counters.lost > 0);
    assert_true(o.s->topology.links[f.down_link].counters.lost > 0);
    assert_true(o.counters.paths_died > 0);
    simulation_destroy(o.s);
}

static void a_link_that_is_up_again_carries_again(void **state)
{
    (void)state;
    struct sim_fault f = fault_of(SIM_FAULT_DOWN);
    f.until = f.at + 50000;
    struct outcome down_for_good, up_again;
    run_to_completion(&up_again, &f);
    f.until = NSEC_NEVER;
    run_to_completion(&down_for_good, &f);
    assert_true(up_again.s->topology.links[f.up_link].counters.bytes >
                2 * down_for_good.s->topology.links[f.up_link].counters.bytes);
    simulation_destroy(up_again.s);
    simulation_destroy(down_for_good.s);
}

static void routing_goes_around_a_link_that_it_knows_is_down(void **state)
{
    (void)state;
    struct sim_fault f = fault_of(SIM_FAULT_DOWN);
    f.converges_after_ns = 20000;
    struct outcome o;
    run(&o, &f, PATH_MODE_HASH);
    assert_true(o.s->topology.links[f.up_link].withdrawn && o.s->topology.links[f.down_link].withdrawn);
    assert_int_equal(o.counters.paths_died, 0);
    simulation_destroy(o.s);
}

static void a_flapping_link_goes_down_again_and_again_and_ends_up(void **state)
{
    (void)state;
    struct sim_fault f = fault_of(SIM_FAULT_FLAP);
    f.amount_ns = 100000;
    f.until = f.at + 950000;
    struct outcome o;
    run_to_completion(&o, &f);
    assert_int_equal(o.s->topology.links[f.up_link].epoch, 10);
    assert_false(o.s->topology.links[f.up_link].fault.down);
    simulation_destroy(o.s);
}

static void a_black_hole_swallows_one_direction_silently(void **state)
{
    (void)state;
    struct sim_fault f = fault_of(SIM_FAULT_BLACK_HOLE);
    f.direction = SIM_FAULT_UP;
    struct outcome o;
    run_to_completion(&o, &f);
    assert_true(o.s->topology.links[f.up_link].counters.lost > 0);
    assert_int_equal(o.s->topology.links[f.down_link].counters.lost, 0);
    assert_true(o.counters.paths_died > 0);
    simulation_destroy(o.s);
}

static void a_lossy_link_loses_its_share(void **state)
{
    (void)state;
    struct sim_fault f = fault_of(SIM_FAULT_LOSS);
    f.amount = 50000;
    f.at = 0;
    struct outcome o;
    run_to_completion(&o, &f);
    const struct link_counters *c = &o.s->topology.links[f.up_link].counters;
    assert_in_range(1000 * c->lost / (c->packets + c->lost), 30, 70);
    simulation_destroy(o.s);
}

static void corruption_is_caught_by_the_checksum_and_mended(void **state)
{
    (void)state;
    struct sim_fault f = fault_of(SIM_FAULT_CORRUPT);
    f.amount = 50000;
    struct outcome o;
    run_to_completion(&o, &f);
    uint64_t damaged = 0;
    for (uint32_t i = 0; i < 4; i++)
        damaged += o.s->hosts[i].damaged;
    assert_true(damaged > 10);
    assert_true(o.counters.retransmits > 0);
    simulation_destroy(o.s);
}

static void copies_are_dropped_as_such(void **state)
{
    (void)state;
    struct sim_fault f = fault_of(SIM_FAULT_DUPLICATE);
    f.amount = 200000;
    struct outcome o;
    run_to_completion(&o, &f);
    assert_true(o.counters.drops[DROP_DUPLICATE] > 10);
    assert_int_equal(o.s->topology.links[f.up_link].counters.lost, 0);
    simulation_destroy(o.s);
}

/* Nothing is lost, but what is overtaken by three is believed so: that is seen in what comes twice. */
static void late_packets_are_overtaken(void **state)
{
    (void)state;
    struct sim_fault f = fault_of(SIM_FAULT_REORDER);
    f.amount = 100000;
    f.amount_ns = 100000;
    struct outcome o;
    run_to_completion(&o, &f);
    assert_int_equal(o.s->topology.links[f.up_link].counters.lost, 0);
    assert_true(o.counters.retransmits > 0);
    assert_true(o.counters.drops[DROP_DUPLICATE] > 0);
    simulation_destroy(o.s);
}

static void a_slow_link_slows(void **state)
{
    (void)state;
    struct sim_fault f = fault_of(SIM_FAULT_RATE);
    f.amount = 10;
    struct outcome o;
    run_to_completion(&o, &f);
    assert_true(o.job->ended_at - START_NS > 2 * (undisturbed_end(PATH_MODE_WRAP) - START_NS));
    simulation_destroy(o.s);
}

static void a_long_link_delays(void **state)
{
    (void)state;
    struct sim_fault f = fault_of(SIM_FAULT_DELAY);
    f.amount_ns = 200000;
    struct outcome o;
    run_to_completion(&o, &f);
    assert_true(o.job->ended_at > undisturbed_end(PATH_MODE_WRAP) + 100000);
    assert_int_equal(o.s->topology.links[f.up_link].counters.lost, 0);
    simulation_destroy(o.s);
}

static void a_paused_host_goes_on_where_it_was(void **state)
{
    (void)state;
    struct sim_fault f = fault_of(SIM_FAULT_PAUSE);
    f.until = f.at + 5 * MS;
    struct outcome o;
    run(&o, &f, PATH_MODE_WRAP);
    assert_false(o.job->failed);
    assert_true(o.job->ended_at > f.until);
    simulation_destroy(o.s);
}

/* Its ranks are gone: the others are told which, and fail. */
static void a_restarted_host_has_forgotten_its_ranks(void **state)
{
    (void)state;
    struct sim_fault f = fault_of(SIM_FAULT_RESTART);
    f.until = f.at + MS;
    struct outcome o;
    run(&o, &f, PATH_MODE_WRAP);
    assert_true(o.job->failed);
    assert_true(o.job->ranks[1].gone);
    simulation_run(o.s, f.until + 1);
    assert_non_null(o.s->hosts[1].transport);
    simulation_destroy(o.s);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_is_on_a_link_that_goes_down_is_lost),
        cmocka_unit_test(a_link_that_is_up_again_carries_again),
        cmocka_unit_test(routing_goes_around_a_link_that_it_knows_is_down),
        cmocka_unit_test(a_flapping_link_goes_down_again_and_again_and_ends_up),
        cmocka_unit_test(a_black_hole_swallows_one_direction_silently),
        cmocka_unit_test(a_lossy_link_loses_its_share),
        cmocka_unit_test(corruption_is_caught_by_the_checksum_and_mended),
        cmocka_unit_test(copies_are_dropped_as_such),
        cmocka_unit_test(late_packets_are_overtaken),
        cmocka_unit_test(a_slow_link_slows),
        cmocka_unit_test(a_long_link_delays),
        cmocka_unit_test(a_paused_host_goes_on_where_it_was),
        cmocka_unit_test(a_restarted_host_has_forgotten_its_ranks)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
