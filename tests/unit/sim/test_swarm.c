/* SPDX-License-Identifier: BSD-3-Clause */
#include "tests/unit/sim/unit.h"

#include "tools/sim/swarm.h"

static struct swarm_case drawn;
static struct swarm_outcome first, second;

static void a_seed_replays_exactly(void **state)
{
    (void)state;
    for (uint64_t seed = 1; seed <= 20; seed++) {
        swarm_draw(&drawn, seed);
        swarm_run(&drawn, NULL, &first);
        swarm_draw(&drawn, seed);
        swarm_run(&drawn, NULL, &second);
        assert_int_equal(first.digest, second.digest);
        assert_int_equal(first.events, second.events);
    }
}

static void seeds_differ(void **state)
{
    (void)state;
    swarm_draw(&drawn, 1);
    swarm_run(&drawn, NULL, &first);
    swarm_draw(&drawn, 2);
    swarm_run(&drawn, NULL, &second);
    assert_int_not_equal(first.digest, second.digest);
}

/* Every kind of fault and every kind of work is drawn sooner or later. */
static void nothing_is_left_out(void **state)
{
    (void)state;
    bool faults[SIM_FAULT_KINDS] = {false}, workloads[WORKLOAD_KINDS] = {false};
    for (uint64_t seed = 1; seed <= 200; seed++) {
        swarm_draw(&drawn, seed);
        for (unsigned i = 0; i < drawn.fault_count; i++)
            faults[drawn.faults[i].kind] = true;
        for (unsigned i = 0; i < drawn.job_count; i++)
            workloads[drawn.jobs[i].workload.kind] = true;
    }
    for (unsigned i = 0; i < SIM_FAULT_KINDS; i++)
        assert_true(faults[i]);
    for (unsigned i = 0; i < WORKLOAD_KINDS; i++)
        assert_true(workloads[i]);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(a_seed_replays_exactly),
                                       cmocka_unit_test(seeds_differ), cmocka_unit_test(nothing_is_left_out)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
