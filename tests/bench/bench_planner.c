/* SPDX-License-Identifier: BSD-3-Clause */
/* What planning is worth and what it costs: the most loaded link against ideal spraying for hashed, split and
 * planned steps; time and memory of large plans; re-planning after a link's death. usage: bench_planner
 * [SEED] */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <time.h>

#include "control/planner/planner.h"
#include "dataplane/transport/random.h"
#include "dataplane/transport/splitter.h"
#include "tests/unit/planner/step.h"

enum {
    PAYLOAD_BYTES = 8192,
    FLOW_BYTES = 16 << 20
};

/* Of this process, which has one thread: what a clock would show on an idle core. */
static double clock_ms(void)
{
    struct timespec t;
    clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &t);
    return (double)t.tv_sec * 1e3 + (double)t.tv_nsec / 1e6;
}

static double memory_gib(void)
{
    struct rusage usage;
    getrusage(RUSAGE_SELF, &usage);
    return (double)usage.ru_maxrss / (1 << 20);
}

static void give_up(const char *error)
{
    fprintf(stderr, "bench_planner: %s\n", error);
    exit(1);
}

/* ---- what others would do with the step ---- */

struct loads {
    uint64_t *out, *in; /* [leaf * spines + spine], or [leaf] */
};

static uint64_t most(const uint64_t *loads, size_t count)
{
    uint64_t largest = 0;
    for (size_t i = 0; i < count; i++)
        largest = loads[i] > largest ? loads[i] : largest;
    return largest;
}

/* The most loaded link when every pair of ports hashes to a spine, over the share of a link under spraying.
 */
static double hash_ratio(const struct step *s, uint64_t seed)
{
    uint32_t leaves = s->shape.leaves, spines = s->shape.spines;
    uint64_t *links = calloc(2ul * leaves * spines, sizeof(*links)),
             *totals = calloc(2ul * leaves, sizeof(*totals));
    for (uint32_t i = 0; i < s->count; i++) {
        const struct planner_demand *d = &s->demands[i];
        uint32_t from = step_leaf_of(s, d->source_port), to = step_leaf_of(s, d->destination_port);
        uint64_t hash = mix64_pair(seed, (uint64_t)d->source_port << 32 | d->destination_port);
        if (from == to)
            continue;
        links[from * spines + hash % spines] += d->bytes;
        links[(leaves + to) * spines + hash % spines] += d->bytes;
        totals[from] += d->bytes;
        totals[leaves + to] += d->bytes;
    }
    double ratio = (double)most(links, 2ul * leaves * spines) * spines / (double)most(totals, 2ul * leaves);
    free(links);
    free(totals);
    return ratio;
}

/* Subflows of Ethereal: every port splits what it sends to one leaf. */
static uint64_t ethereal_subflows(const struct step *s)
{
    uint32_t leaves = s->shape.leaves, ports = leaves * s->shape.ports;
    uint32_t *flows = calloc((size_t)ports * leaves, sizeof(*flows));
    uint64_t subflows = 0;
    for (uint32_t i = 0; i < s->count; i++) {
        const struct planner_demand *d = &s->demands[i];
        uint32_t to = step_leaf_of(s, d->destination_port);
        if (to != step_leaf_of(s, d->source_port))
            flows[(size_t)d->source_port * leaves + to]++;
    }
    for (size_t i = 0; i < (size_t)ports * leaves; i++)
        subflows += flows[i] ? split_pieces_max(PATH_MODE_ETHEREAL, flows[i], s->shape.spines) : 0;
    free(flows);
    return subflows;
}

/* ---- planning ---- */

struct measured {
    struct planner_plan *plan;
    double ms;
};

static struct measured plan_step(const struct step *s)
{
    struct planner_options options;
    char error[PLANNER_ERROR_BYTES];
    struct measured m;
    struct planner_demands demands = step_demands(s);
    planner_options_default(&options, PAYLOAD_BYTES);
    double begin = clock_ms();
    if (planner_plan_create(s->fabric, &demands, &options, &m.plan, error) != 0)
        give_up(error);
    m.ms = clock_ms() - begin;
    if (planner_plan_check(m.plan, s->fabric, error) != 0)
        give_up(error);
    return m;
}

struct line {
    const char *name;
    struct step_fabric shape;
    enum step_pattern pattern;
    uint32_t argument;
};

static void compare(const struct line *line, uint64_t seed)
{
    struct step s;
    step_open(&s, &line->shape, seed);
    step_fill(&s, line->pattern, line->argument, FLOW_BYTES);
    struct measured m = plan_step(&s);
    const struct planner_summary *p = planner_plan_summary(m.plan);
    printf("%-44s %6.3f %9ju %8.3f %8.3f %8u %7u %8.1f\n", line->name, hash_ratio(&s, seed),
           (uintmax_t)ethereal_subflows(&s), planner_fabric_ratio(p), planner_ratio(p), p->pieces,
           p->split_flows, m.ms);
    planner_plan_destroy(m.plan);
    step_close(&s);
}

static void time_plan(const struct line *line, uint64_t seed)
{
    struct step s;
    step_open(&s, &line->shape, seed);
    step_fill(&s, line->pattern, line->argument, FLOW_BYTES);
    struct measured m = plan_step(&s);
    const struct planner_summary *p = planner_plan_summary(m.plan);
    printf("%-44s %9u %8.3f %8.3f %8u %9.1f %8.2f\n", line->name, p->flows, planner_fabric_ratio(p),
           planner_ratio(p), p->split_flows, m.ms, memory_gib());
    planner_plan_destroy(m.plan);
    step_close(&s);
}

/* ---- re-planning ---- */

struct failure {
    const char *name;
    struct line line;
    unsigned dead; /* spines towards leaf 0; 0: all links of one spine */
};

static void kill_links(struct step *s, const struct failure *f)
{
    for (unsigned spine = 0; spine < f->dead; spine++)
        step_set_link(s, 0, spine, 0);
    for (uint32_t leaf = 0; f->dead == 0 && leaf < s->shape.leaves; leaf++)
        step_set_link(s, leaf, 0, 0);
}

static void replan(const struct failure *f, uint64_t seed)
{
    struct step s;
    char error[PLANNER_ERROR_BYTES];
    step_open(&s, &f->line.shape, seed);
    step_fill(&s, f->line.pattern, f->line.argument, FLOW_BYTES);
    struct measured m = plan_step(&s);
    struct planner_plan *revised;
    kill_links(&s, f);
    double begin = clock_ms();
    if (planner_plan_revise(m.plan, s.fabric, &revised, error) != 0)
        give_up(error);
    double ms = clock_ms() - begin;
    if (planner_plan_check(revised, s.fabric, error) != 0)
        give_up(error);
    struct measured fresh = plan_step(&s);
    const struct planner_summary *p = planner_plan_summary(revised);
    printf("%-44s %9u %7u %7.3f %8.3f %8.3f %9.1f\n", f->name, p->displaced_flows, p->moved_flows,
           p->displaced_flows ? (double)p->moved_flows / p->displaced_flows : 0, planner_ratio(p),
           planner_ratio(planner_plan_summary(fresh.plan)), ms);
    planner_plan_destroy(fresh.plan);
    planner_plan_destroy(revised);
    planner_plan_destroy(m.plan);
    step_close(&s);
}

/* ---- the tables ---- */

#define SMALL                                                                                                \
    {                                                                                                        \
        .leaves = 16, .spines = 16, .ports = 16                                                              \
    }
#define LARGE                                                                                                \
    {                                                                                                        \
        .leaves = 1024, .spines = 64, .ports = 64                                                            \
    }
#define WIDE                                                                                                 \
    {                                                                                                        \
        .leaves = 2048, .spines = 32, .ports = 32                                                            \
    }

static const struct line comparisons[] = {
    {"ring, contiguous", SMALL, STEP_RING, 0},
    {"ring, random placement", SMALL, STEP_RING_RANDOM, 0},
    {"random permutation", SMALL, STEP_PERMUTATION, 0},
    {"halving-doubling, xor 64", SMALL, STEP_EXCHANGE, 64},
    {"all-to-all", SMALL, STEP_ALL_TO_ALL, 0},
    {"all-to-all, 3/4 of the hosts", SMALL, STEP_ALL_TO_ALL_SOME, 192},
};
static const struct line large[] = {
    {"65,536 ports: ring, random placement", LARGE, STEP_RING_RANDOM, 0},
    {"65,536 ports: permutation", LARGE, STEP_PERMUTATION, 0},
    {"65,536 ports: halving-doubling, xor 4096", LARGE, STEP_EXCHANGE, 4096},
    {"65,536 ports, 32 spines: ring, random", WIDE, STEP_RING_RANDOM, 0},
    {"65,536 ports, three tiers: ring, random",
     {.leaves = 2048, .spines = 32, .ports = 32, .pods = 64, .cores = 32},
     STEP_RING_RANDOM,
     0},
    {"1,024 ports, 32x32: all-to-all", {.leaves = 32, .spines = 32, .ports = 32}, STEP_ALL_TO_ALL, 0},
    {"1,024 ports, 64x16: all-to-all", {.leaves = 64, .spines = 16, .ports = 16}, STEP_ALL_TO_ALL, 0},
    {"1,024 ports, 32x24: all-to-all", {.leaves = 32, .spines = 24, .ports = 32}, STEP_ALL_TO_ALL, 0},
    {"65,536 ports, 48 spines: ring, random",
     {.leaves = 1024, .spines = 48, .ports = 64},
     STEP_RING_RANDOM,
     0},
};
static const struct failure failures[] = {
    {"65,536 ports: ring, one link", {"", LARGE, STEP_RING_RANDOM, 0}, 1},
    {"65,536 ports: halving-doubling, one link", {"", LARGE, STEP_EXCHANGE, 4096}, 1},
    {"65,536 ports: ring, four links of a leaf", {"", LARGE, STEP_RING_RANDOM, 0}, 4},
    {"65,536 ports: ring, a whole spine", {"", LARGE, STEP_RING_RANDOM, 0}, 0},
    {"256 ports: permutation, one link", {"", SMALL, STEP_PERMUTATION, 0}, 1},
    {"256 ports: all-to-all, one link", {"", SMALL, STEP_ALL_TO_ALL, 0}, 1},
    {"256 ports: all-to-all, a whole spine", {"", SMALL, STEP_ALL_TO_ALL, 0}, 0},
    {"1,024 ports: all-to-all, one link",
     {"", {.leaves = 32, .spines = 32, .ports = 32}, STEP_ALL_TO_ALL, 0},
     1},
};
#define COUNT_OF(array) (sizeof(array) / sizeof((array)[0]))

int main(int argc, char **argv)
{
    uint64_t seed = argc > 1 ? strtoull(argv[1], NULL, 10) : 1;
    printf(
        "16 leaves x 16 spines x 256 hosts, flows of 16 MiB; most loaded link / ideal spraying, time / T*\n");
    printf("%-44s %6s %9s %8s %8s %8s %7s %8s\n", "", "hash", "Ethereal", "planned", "", "", "", "");
    printf("%-44s %6s %9s %8s %8s %8s %7s %8s\n", "", "link", "subflows", "link", "time/T*", "pieces",
           "split", "CPU ms");
    for (unsigned i = 0; i < COUNT_OF(comparisons); i++)
        compare(&comparisons[i], seed);
    printf("\n%-44s %9s %8s %8s %8s %9s %8s\n", "full plans", "flows", "link", "time/T*", "split", "CPU ms",
           "peak GiB");
    for (unsigned i = 0; i < COUNT_OF(large); i++)
        time_plan(&large[i], seed);
    printf("\n%-44s %9s %7s %7s %8s %8s %9s\n", "re-planning after the death of", "displaced", "moved",
           "ratio", "time/T*", "anew", "CPU ms");
    for (unsigned i = 0; i < COUNT_OF(failures); i++)
        replan(&failures[i], seed);
    return 0;
}
