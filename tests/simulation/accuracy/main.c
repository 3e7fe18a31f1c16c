/* SPDX-License-Identifier: BSD-3-Clause */
/* How often the localiser is right, over seeded faults and healthy steps: in a statistical model of a fabric,
 * and under the real transport in weft-sim. tools/accuracy writes control/DIAGNOSIS.md with it.
 * usage: accuracy [--runs N] [--healthy STEPS] [--transport-runs N] [--transport-healthy STEPS] [--seed N]
 * [--page]
 *                 [--check] [--verbose] [--kind NUMBER] [--transport-kind NUMBER] [--keep DIRECTORY]
 *   --runs, --transport-runs   of each kind of fault
 *   --page                     the whole page, not only its figures
 *   --check                    exit code 1 unless precision and recall are at least 0.95 and nothing healthy
 * is accused: for short runs
 *   --kind, --transport-kind   of this kind alone; --verbose tells every verdict
 *   --keep DIRECTORY           keeps every part's results there, and takes those that are there already */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "tests/simulation/accuracy/kept.h"
#include "tests/simulation/accuracy/model_case.h"
#include "tests/simulation/accuracy/page.h"
#include "tests/simulation/accuracy/transport_case.h"

enum {
    NAME_BYTES = 64,
    HEALTHY_RUN_STEPS = 20000,
    TRANSPORT_HEALTHY_RUN_STEPS = 10000
};

struct options {
    uint32_t runs; /* of each kind */
    uint64_t healthy_steps, transport_healthy_steps;
    uint64_t seed;
    int kind;                /* -1: all */
    uint32_t transport_runs; /* of each kind, under the real transport */
    int transport_kind;      /* -1: all */
    const char *keep;        /* a directory; NULL: nothing is kept */
    bool verbose, check, page;
};

/* ---- tables ---- */

struct figures {
    struct score model, transport, told_apart; /* told_apart: without congestion that never ends */
    struct transport_result transport_result;
    struct healthy_result healthy, transport_healthy;
};

static void print_head(void)
{
    printf(
        "| fault | runs | faults | named | right verdicts | wrong | unresolved ties | steps p50 | p99 |\n");
    printf("|---|---|---|---|---|---|---|---|---|\n");
}

static void print_row(const char *name, struct score *s)
{
    printf("| %s | %u | %u | %u | %u | %u | %u | %u | %u |\n", name, s->runs, s->injected, s->named, s->right,
           s->wrong, s->ties, score_steps_percentile(s, 50), score_steps_percentile(s, 99));
    fflush(stdout);
}

static double ratio(uint64_t part, uint64_t whole)
{
    return whole > 0 ? (double)part / (double)whole : 1;
}

static double precision_of(const struct score *s)
{
    return ratio(s->right, s->right + s->wrong);
}

static void print_ratios(const struct score *s)
{
    printf("\nPrecision %.4f, recall %.4f, host against link %.4f.\n", precision_of(s),
           ratio(s->named, s->injected), 1 - ratio(s->host_wrong, s->right + s->wrong));
}

static void print_sum(struct score *s)
{
    print_row("**all**", s);
    print_ratios(s);
}

/* ---- the parts ---- */

static void run_model_kind(const struct options *o, enum fault_kind kind, struct score *score)
{
    char name[NAME_BYTES];
    snprintf(name, sizeof(name), "model-%d-%llu-%u", (int)kind, (unsigned long long)o->seed, o->runs);
    if (kept_read(o->keep, name, score, sizeof(*score)))
        return;
    *score = (struct score){0};
    for (uint32_t i = 0; i < o->runs; i++)
        model_fault_run(kind, o->seed + i, o->verbose, score);
    kept_write(o->keep, name, score, sizeof(*score));
}

static void run_model(const struct options *o, struct score *total)
{
    static struct score scores[FAULT_KINDS];
    print_head();
    for (int kind = 0; kind < FAULT_KINDS; kind++) {
        if (o->kind >= 0 && kind != o->kind)
            continue;
        run_model_kind(o, kind, &scores[kind]);
        print_row(fault_kind_name(kind), &scores[kind]);
        score_add(total, &scores[kind]);
    }
    print_sum(total);
}

struct transport_part {
    struct score score;
    struct transport_result result;
};

static void run_transport_kind(const struct options *o, enum transport_fault fault,
                               struct transport_part *part)
{
    char name[NAME_BYTES];
    snprintf(name, sizeof(name), "transport-%d-%llu-%u", (int)fault, (unsigned long long)o->seed,
             o->transport_runs);
    if (kept_read(o->keep, name, part, sizeof(*part)))
        return;
    *part = (struct transport_part){0};
    for (uint32_t i = 0; i < o->transport_runs; i++)
        transport_case_run(fault, o->seed + i, o->verbose, &part->score, &part->result);
    kept_write(o->keep, name, part, sizeof(*part));
}

static void add_result(struct transport_result *sum, const struct transport_result *r)
{
    sum->steps += r->steps;
    sum->records += r->records;
    sum->complaints += r->complaints;
}

static void run_transport(const struct options *o, struct figures *f)
{
    static struct transport_part parts[TRANSPORT_FAULTS];
    print_head();
    for (int fault = 0; fault < TRANSPORT_FAULTS; fault++) {
        struct transport_part *part = &parts[fault];
        if (o->transport_kind >= 0 && fault != o->transport_kind)
            continue;
        run_transport_kind(o, fault, part);
        print_row(transport_fault_name(fault), &part->score);
        score_add(&f->transport, &part->score);
        add_result(&f->transport_result, &part->result);
        if (fault != TRANSPORT_CONGESTION)
            score_add(&f->told_apart, &part->score);
    }
    print_sum(&f->transport);
    printf("%llu steps, %llu records; the simulator's own checkers complained %u times.\n",
           (unsigned long long)f->transport_result.steps, (unsigned long long)f->transport_result.records,
           f->transport_result.complaints);
}

static void print_healthy(const struct healthy_result *h)
{
    printf(
        "%llu steps, %llu records: %u false verdicts, %.3f a day at a step a second; %u times several were "
        "suspected.\n",
        (unsigned long long)h->steps, (unsigned long long)h->records, h->false_verdicts,
        ratio(h->false_verdicts, h->steps) * 86400, h->suspicions);
    fflush(stdout);
}

static uint64_t at_most(uint64_t steps, uint64_t most)
{
    return steps < most ? steps : most;
}

/* Runs of so many steps each, one seed after the other; what has been done is kept after each. */
struct healthy_plan {
    const char *name;
    uint64_t steps, run_steps;
    void (*run)(uint64_t seed, uint64_t steps, bool verbose, struct healthy_result *result);
};

static void run_healthy(const struct options *o, const struct healthy_plan *p, struct healthy_result *h)
{
    char name[NAME_BYTES];
    snprintf(name, sizeof(name), "%s-%llu-%llu", p->name, (unsigned long long)o->seed,
             (unsigned long long)p->run_steps);
    struct {
        uint64_t seed;
        struct healthy_result result;
    } done = {.seed = o->seed};
    if (!kept_read(o->keep, name, &done, sizeof(done)))
        done.seed = o->seed;
    for (; done.result.steps < p->steps; done.seed++, kept_write(o->keep, name, &done, sizeof(done)))
        p->run(done.seed, at_most(p->steps - done.result.steps, p->run_steps), o->verbose, &done.result);
    *h = done.result;
    print_healthy(h);
}

/* ---- the page ---- */

static void print_if(bool wanted, const char *text)
{
    if (wanted)
        fputs(text, stdout);
}

static bool passes(const struct figures *f)
{
    return precision_of(&f->model) >= 0.95 && ratio(f->model.named, f->model.injected) >= 0.95 &&
           precision_of(&f->told_apart) >= 0.95 && ratio(f->transport.named, f->transport.injected) >= 0.9 &&
           f->transport_result.complaints == 0 && f->healthy.false_verdicts == 0 &&
           f->transport_healthy.false_verdicts == 0;
}

/* ---- options ---- */

static bool parse_number(const char *name, const char *value, struct options *o)
{
    unsigned long long number = strtoull(value, NULL, 10);
    if (strcmp(name, "--runs") == 0)
        o->runs = (uint32_t)number;
    else if (strcmp(name, "--healthy") == 0)
        o->healthy_steps = number;
    else if (strcmp(name, "--transport-runs") == 0)
        o->transport_runs = (uint32_t)number;
    else if (strcmp(name, "--transport-healthy") == 0)
        o->transport_healthy_steps = number;
    else if (strcmp(name, "--seed") == 0)
        o->seed = number;
    else if (strcmp(name, "--kind") == 0)
        o->kind = (int)number;
    else if (strcmp(name, "--transport-kind") == 0)
        o->transport_kind = (int)number;
    else
        return false;
    return true;
}

static bool parse(int argc, char **argv, struct options *o)
{
    for (int i = 1; i < argc; i++) {
        if (strcmp(argv[i], "--verbose") == 0)
            o->verbose = true;
        else if (strcmp(argv[i], "--check") == 0)
            o->check = true;
        else if (strcmp(argv[i], "--page") == 0)
            o->page = true;
        else if (strcmp(argv[i], "--keep") == 0 && i + 1 < argc)
            o->keep = argv[++i];
        else if (i + 1 >= argc || !parse_number(argv[i], argv[i + 1], o))
            return false;
        else
            i++;
    }
    return true;
}

int main(int argc, char **argv)
{
    struct options o = {
        .runs = 10, .healthy_steps = 20000, .transport_runs = 2, .seed = 1, .kind = -1, .transport_kind = -1};
    static struct figures f;
    if (!parse(argc, argv, &o)) {
        fprintf(
            stderr,
            "usage: accuracy [--runs N] [--healthy STEPS] [--transport-runs N] [--transport-healthy STEPS] "
            "[--seed N] [--page] "
            "[--check] [--verbose] [--kind NUMBER] [--transport-kind NUMBER] [--keep DIRECTORY]\n");
        return 1;
    }
    print_if(o.page, page_opening);
    print_if(o.page, page_model);
    run_model(&o, &f.model);
    print_if(o.page, page_transport);
    run_transport(&o, &f);
    print_if(o.page, page_without_end);
    print_ratios(&f.told_apart);
    print_if(o.page, page_bound);
    print_if(o.page, page_transport_healthy);
    run_healthy(&o,
                &(struct healthy_plan){.name = "transport-healthy",
                                       .steps = o.transport_healthy_steps,
                                       .run_steps = TRANSPORT_HEALTHY_RUN_STEPS,
                                       .run = transport_healthy_run},
                &f.transport_healthy);
    print_if(o.page, page_healthy);
    run_healthy(&o,
                &(struct healthy_plan){.name = "model-healthy",
                                       .steps = o.healthy_steps,
                                       .run_steps = HEALTHY_RUN_STEPS,
                                       .run = model_healthy_run},
                &f.healthy);
    return o.check && !passes(&f);
}
