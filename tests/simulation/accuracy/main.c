/* SPDX-License-Identifier: BSD-3-Clause */
/* How often the localiser is right: thousands of seeded faults and a million healthy steps. Prints the page
 * control/DIAGNOSIS.md.
 * usage: accuracy [--runs N] [--healthy STEPS] [--seed N] [--kind NUMBER] [--verbose] [--check] */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "tests/simulation/accuracy/score.h"
#include "tests/simulation/accuracy/transport_case.h"

enum {
    STEPS_AFTER_ONSET = 150,
    STEPS_AFTER_NAMED = 25, /* nothing else may be said then either */
    HEALTHY_RUN_STEPS = 20000,
    TRANSPORT_STEPS = 110
};

struct options {
    uint32_t runs; /* of each kind */
    uint64_t healthy_steps;
    uint64_t seed;
    int kind;                /* -1: all */
    uint32_t transport_runs; /* of each kind, under the real transport */
    int transport_kind;      /* -1: all */
    bool verbose, check;
};

static void tell(const struct model *m, const struct verdict *v, uint64_t seed)
{
    char text[VERDICT_TEXT_BYTES];
    verdict_explain(v, text);
    fprintf(stderr, "  seed %llu, step %u (onset %u): %s\n", (unsigned long long)seed, m->step,
            m->config.onset_step, text);
}

static void run_fault(const struct options *o, enum fault_kind kind, uint64_t seed, struct score *score)
{
    static struct model m;
    static struct fault_case c;
    struct localiser_config judge;
    struct verdict v;
    localiser_config_default(&judge);
    fault_case_draw(&c, kind, seed);
    if (model_create(&m, &c.model, &judge) != 0)
        abort();
    struct judgement j = {.truths = c.truths, .truth_count = c.truth_count};
    uint32_t end = c.model.onset_step + STEPS_AFTER_ONSET;
    while (m.step < end) {
        model_step(&m);
        while (localiser_next_verdict(m.localiser, &v)) {
            bool named = judgement_is_complete(&j);
            score_take(score, &j, &v, m.step - c.model.onset_step);
            if (o->verbose)
                tell(&m, &v, seed);
            if (!named && judgement_is_complete(&j))
                end = m.step + STEPS_AFTER_NAMED;
        }
    }
    if (o->verbose && !judgement_is_complete(&j)) {
        char name[COMPONENT_NAME_BYTES];
        component_name(&c.truths[0].component, name);
        fprintf(stderr, "  seed %llu: %s not named; %ux%ux%u, pattern %d, %u jobs\n",
                (unsigned long long)seed, name, c.model.leaves, c.model.spines, c.model.hosts,
                c.model.jobs[0].pattern, c.model.job_count);
    }
    score_end_run(score, &j);
    model_destroy(&m);
}

struct healthy_result {
    uint64_t steps, records;
    uint32_t false_verdicts, suspicions;
};

static void run_healthy(const struct options *o, uint64_t seed, uint64_t steps, struct healthy_result *result)
{
    static struct model m;
    struct model_config config;
    struct localiser_config judge;
    struct verdict v;
    localiser_config_default(&judge);
    healthy_case_draw(&config, seed);
    if (model_create(&m, &config, &judge) != 0)
        abort();
    while (m.step < steps) {
        model_step(&m);
        while (localiser_next_verdict(m.localiser, &v)) {
            result->false_verdicts += v.state == VERDICT_CONFIRMED;
            result->suspicions += v.state == VERDICT_SUSPECTED;
            if (o->verbose)
                tell(&m, &v, seed);
        }
    }
    result->steps += m.step;
    result->records += m.records;
    model_destroy(&m);
}

static void print_row(const char *name, struct score *s)
{
    printf("| %s | %u | %u | %u | %u | %u | %u | %u | %u |\n", name, s->runs, s->injected, s->named, s->right,
           s->wrong, s->ties, score_steps_percentile(s, 50), score_steps_percentile(s, 99));
}

static double ratio(uint64_t part, uint64_t whole)
{
    return whole > 0 ? (double)part / (double)whole : 1;
}

static int parse(int argc, char **argv, struct options *o)
{
    for (int i = 1; i < argc; i++) {
        bool more = i + 1 < argc;
        if (strcmp(argv[i], "--verbose") == 0)
            o->verbose = true;
        else if (strcmp(argv[i], "--check") == 0)
            o->check = true;
        else if (more && strcmp(argv[i], "--runs") == 0)
            o->runs = (uint32_t)strtoul(argv[++i], NULL, 10);
        else if (more && strcmp(argv[i], "--healthy") == 0)
            o->healthy_steps = strtoull(argv[++i], NULL, 10);
        else if (more && strcmp(argv[i], "--seed") == 0)
            o->seed = strtoull(argv[++i], NULL, 10);
        else if (more && strcmp(argv[i], "--kind") == 0)
            o->kind = atoi(argv[++i]);
        else if (more && strcmp(argv[i], "--transport-runs") == 0)
            o->transport_runs = (uint32_t)strtoul(argv[++i], NULL, 10);
        else if (more && strcmp(argv[i], "--transport-kind") == 0)
            o->transport_kind = atoi(argv[++i]);
        else
            return -1;
    }
    return 0;
}

static void run_transport(const struct options *o)
{
    static struct score total, scores[TRANSPORT_FAULTS];
    struct transport_result result = {0};
    for (int fault = 0; fault < TRANSPORT_FAULTS; fault++) {
        if (o->transport_kind >= 0 && fault != o->transport_kind)
            continue;
        for (uint32_t i = 0; i < o->transport_runs; i++)
            transport_case_run(fault, o->seed + i, TRANSPORT_STEPS, o->verbose, &scores[fault], &result);
        print_row(transport_fault_name(fault), &scores[fault]);
        score_add(&total, &scores[fault]);
    }
    print_row("all", &total);
    printf("complaints %u, steps %llu\n", result.complaints, (unsigned long long)result.steps);
}

int main(int argc, char **argv)
{
    struct options o = {.runs = 10, .healthy_steps = 20000, .seed = 1, .kind = -1, .transport_kind = -1};
    static struct score total, scores[FAULT_KINDS];
    if (parse(argc, argv, &o) != 0) {
        fprintf(stderr,
                "usage: accuracy [--runs N] [--healthy STEPS] [--seed N] [--kind NUMBER] [--verbose]\n");
        return 1;
    }
    printf(
        "| fault | runs | faults | named | right verdicts | wrong | unresolved ties | steps p50 | p99 |\n");
    printf("|---|---|---|---|---|---|---|---|---|\n");
    for (int kind = 0; kind < FAULT_KINDS; kind++) {
        if (o.kind >= 0 && kind != o.kind)
            continue;
        for (uint32_t i = 0; i < o.runs; i++)
            run_fault(&o, kind, o.seed + i, &scores[kind]);
        print_row(fault_kind_name(kind), &scores[kind]);
        score_add(&total, &scores[kind]);
    }
    print_row("all", &total);
    run_transport(&o);
    struct healthy_result healthy = {0};
    for (uint64_t seed = o.seed; healthy.steps < o.healthy_steps; seed++) {
        uint64_t left = o.healthy_steps - healthy.steps;
        run_healthy(&o, seed, left < HEALTHY_RUN_STEPS ? left : HEALTHY_RUN_STEPS, &healthy);
    }
    printf("\nprecision %.4f, recall %.4f, host against link %.4f\n",
           ratio(total.right, total.right + total.wrong), ratio(total.named, total.injected),
           1 - ratio(total.host_wrong, total.right + total.wrong));
    printf("healthy: %llu steps, %llu records: %u false verdicts, %u suspicions\n",
           (unsigned long long)healthy.steps, (unsigned long long)healthy.records, healthy.false_verdicts,
           healthy.suspicions);
    return 0;
}
