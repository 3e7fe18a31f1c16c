/* SPDX-License-Identifier: BSD-3-Clause */
#include <stdio.h>

#include "tests/simulation/accuracy/transport_case.h"
#include "tests/simulation/accuracy/transport_run.h"

#define BURST_GAP_NS (3 * NSEC_PER_MSEC) /* about every tenth step is disturbed */

struct healthy_run {
    struct transport_run run; /* first: its on_tick() finds the rest behind it */
    uint64_t seed, steps;
    bool verbose;
    struct healthy_result *result;
};

static bool on_tick(struct transport_run *run)
{
    struct healthy_run *h = (struct healthy_run *)run;
    struct verdict v;
    char text[VERDICT_TEXT_BYTES];
    while (localiser_next_verdict(run->localiser, &v)) {
        h->result->false_verdicts += v.state == VERDICT_CONFIRMED;
        h->result->suspicions += v.state == VERDICT_SUSPECTED;
        verdict_explain(&v, text);
        if (h->verbose)
            fprintf(stderr, "  healthy, seed %llu, step %u: %s\n", (unsigned long long)h->seed,
                    run->witness.iteration, text);
    }
    return run->witness.iteration < h->steps;
}

/* One host of each leaf sends to another leaf's now and then, each time another. */
static void add_bursts(struct transport_run *r, uint64_t seed, uint64_t bytes, uint64_t steps)
{
    uint32_t hosts[RUN_LEAVES_MAX];
    for (uint32_t leaf = 0; leaf < r->shape.leaves; leaf++)
        hosts[leaf] = transport_run_other(r, leaf, 0);
    struct transport_foreign bursts = {
        .workload = {.kind = WORKLOAD_PERMUTATION, .ranks = r->shape.leaves, .bytes = bytes, .seed = seed},
        .hosts = hosts,
        .hash_seed = (uint32_t)seed,
        .gap_ns = BURST_GAP_NS,
        .iterations = (unsigned)steps};
    transport_run_add_foreign(r, &bursts);
}

void transport_healthy_run(uint64_t seed, uint64_t steps, bool verbose, struct healthy_result *result)
{
    static const struct transport_shape shapes[] = {
        {.leaves = 4, .spines = 4, .hosts = 2, .others = 1, .fabric_rate_bytes_per_s = 4000000000ull},
        {.leaves = 3, .spines = 3, .hosts = 3, .others = 1, .fabric_rate_bytes_per_s = 7000000000ull},
        {.leaves = 3, .spines = 2, .hosts = 2, .others = 1, .fabric_rate_bytes_per_s = 7000000000ull}};
    static struct healthy_run h;
    struct random_stream random = {.state = mix64(seed)};
    const struct transport_shape *shape = &shapes[random_below(&random, sizeof(shapes) / sizeof(shapes[0]))];
    transport_run_create(&h.run, shape, random_next(&random));
    h.seed = seed;
    h.steps = steps;
    h.verbose = verbose;
    h.result = result;
    h.run.on_tick = on_tick;
    uint64_t bytes = 8192ull << random_below(&random, 2);
    transport_run_add_job(
        &h.run, &(struct transport_job){
                    .count = 1, .bytes = bytes, .seed = random_next(&random), .steps = (unsigned)steps + 1});
    add_bursts(&h.run, random_next(&random), 8 * bytes, steps);
    transport_run_go(&h.run);
    result->steps += h.run.witness.iteration;
    result->records += h.run.witness.records;
    transport_run_destroy(&h.run);
}
