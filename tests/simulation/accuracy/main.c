/* SPDX-License-Identifier: BSD-3-Clause */
/* How often the localiser is right, over seeded faults and healthy steps: in a statistical model of a fabric,
 * and under the real transport in weft-sim. tools/accuracy writes control/DIAGNOSIS.md with it.
 * usage: accuracy [--runs N] [--healthy STEPS] [--transport-runs N] [--transport-healthy STEPS] [--seed N]
 * [--page]
 *                 [--check] [--verbose] [--kind NUMBER] [--transport-kind NUMBER]
 *   --runs, --transport-runs   of each kind of fault
 *   --page                     the whole page, not only its figures
 *   --check                    exit code 1 unless precision and recall are at least 0.95 and nothing healthy
 * is accused: for short runs
 *   --kind, --transport-kind   of this kind alone; --verbose tells every verdict */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "tests/simulation/accuracy/score.h"
#include "tests/simulation/accuracy/transport_case.h"

enum {
    STEPS_AFTER_ONSET = 150,
    STEPS_AFTER_NAMED = 25, /* nothing else may be said then either */
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
    bool verbose, check, page;
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

static void run_model(const struct options *o, struct score *total)
{
    static struct score scores[FAULT_KINDS];
    print_head();
    for (int kind = 0; kind < FAULT_KINDS; kind++) {
        if (o->kind >= 0 && kind != o->kind)
            continue;
        for (uint32_t i = 0; i < o->runs; i++)
            run_fault(o, kind, o->seed + i, &scores[kind]);
        print_row(fault_kind_name(kind), &scores[kind]);
        score_add(total, &scores[kind]);
    }
    print_sum(total);
}

static void run_transport(const struct options *o, struct figures *f)
{
    static struct score scores[TRANSPORT_FAULTS];
    print_head();
    for (int fault = 0; fault < TRANSPORT_FAULTS; fault++) {
        if (o->transport_kind >= 0 && fault != o->transport_kind)
            continue;
        for (uint32_t i = 0; i < o->transport_runs; i++)
            transport_case_run(fault, o->seed + i, o->verbose, &scores[fault], &f->transport_result);
        print_row(transport_fault_name(fault), &scores[fault]);
        score_add(&f->transport, &scores[fault]);
        if (fault != TRANSPORT_CONGESTION)
            score_add(&f->told_apart, &scores[fault]);
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

static void run_all_healthy(const struct options *o, struct healthy_result *h)
{
    for (uint64_t seed = o->seed; h->steps < o->healthy_steps; seed++)
        run_healthy(o, seed, at_most(o->healthy_steps - h->steps, HEALTHY_RUN_STEPS), h);
    print_healthy(h);
}

static void run_transport_healthy(const struct options *o, struct healthy_result *h)
{
    for (uint64_t seed = o->seed; h->steps < o->transport_healthy_steps; seed++)
        transport_healthy_run(
            seed, at_most(o->transport_healthy_steps - h->steps, TRANSPORT_HEALTHY_RUN_STEPS), o->verbose, h);
    print_healthy(h);
}

/* ---- the page ---- */

static const char *const opening =
    "# How often the localiser is right\n\n"
    "Written by `tools/accuracy`; the method is in control/localiser/README.md. Everything is seeded.\n\n"
    "A verdict counts if it is confirmed and names one component. It is right if component and kind are "
    "those "
    "of the injected fault; links and\nhosts count without direction (acks of one direction cross the other; "
    "what is drained is the cable). Every other confirmed verdict, at any time\nof the run, is wrong. A "
    "fault "
    "that stays in a tie class is not named. Steps count from the onset of the fault to the verdict, probes "
    "included.\nThe decoy and the liar need not be named: there the right verdict is \"congested\", or the "
    "lying host, or none.\n";

static const char *const model_text =
    "\n## Statistical model\n\n"
    "Fabrics of 3 to 16 leaves, 4 to 8 spines, 16 to 64 hosts; one to three jobs of rings, exchanges and "
    "all-to-alls in random placement; 3 to 7 %\nnoise; in each step 1 % of the link directions are 1.2 to "
    "2.2 times slower for that step, half of these marked. No queues, no transport: times are\ndrawn. Many "
    "links carry a single message a step. \n\n";

static const char *const transport_text =
    "\n## Real transport, weft-sim\n\n"
    "The dataplane's transport in the packet simulator: 3 or 4 leaves, 3 to 6 spines (two where it says so), "
    "3 to 6 "
    "hosts a leaf, 100 Gb/s; links between\nleaves and spines limit a step, to within a tenth. All-to-alls "
    "of 24 to "
    "71 KiB a pair (two jobs: twice that; two spines: four times), ranks on hosts in\nrandom order, split by "
    "`wrap`; "
    "records from the transport's own events and message legs, probes are messages over the path. A step is "
    "one "
    "all-to-all, about\n0.1 ms, and 0.2 ms of computing; a link carries 40 to 200 packets in it. The fault "
    "comes "
    "after 25 to 40 steps and stays for 150, or until 15 after it\nwas named.\n\n";

static const char *const without_end_text =
    "\nThe last kind is told from a link of reduced rate by lone packets in the jobs' silence "
    "(control/localiser/README.md, `standing_queue`); nothing else that hosts see tells\nthem apart. Without "
    "that kind:\n";

static const char *const bound_text =
    "\n## How soon evidence can suffice\n\n"
    "A verdict needs about 21 nats (one false one in a million rounds, all components and channels). n "
    "messages a step "
    "over a link that is slower by d (log), with\nnoise s, bring n d^2 / 2 s^2 nats a step; N packets, of "
    "which a "
    "share p is lost where b is usual, bring N (p log(p/b) - p + b):\n\n"
    "| fault | nats a step | steps at least |\n|---|---|---|\n"
    "| 1.1 times, one message a step, noise 6 % | 1.3 | 17 |\n"
    "| 1.3 times, the same, in 3 of 10 steps | 2.9 | 8 |\n"
    "| 0.1 % loss, 65 packets a step, b = 1e-6 | 0.38 | 55 |\n"
    "| 1 % loss, 42 packets a step, b = 5e-4 (what is sent again for no loss) | 0.86 | 25 |\n\n"
    "So none of the kinds above is beyond its 150 steps; what is not named lost its evidence to caution (a "
    "round "
    "counts for little, the same likelihood must also tell\nthe link from its neighbours) or had nothing to "
    "be compared "
    "with.\n";

static const char *const transport_healthy_text =
    "\n## Healthy steps, real transport\n\n"
    "Runs of 10,000 steps on 6 to 9 hosts, all-to-alls of 8 or 16 KiB a pair; others send bursts of eight "
    "messages' "
    "bytes between random leaves, in about\none step of ten.\n\n";

static const char *const healthy_text = "\n## Healthy steps, statistical model\n\n";

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
            "[--check] [--verbose] [--kind NUMBER] [--transport-kind NUMBER]\n");
        return 1;
    }
    print_if(o.page, opening);
    print_if(o.page, model_text);
    run_model(&o, &f.model);
    print_if(o.page, transport_text);
    run_transport(&o, &f);
    print_if(o.page, without_end_text);
    print_ratios(&f.told_apart);
    print_if(o.page, bound_text);
    print_if(o.page, transport_healthy_text);
    run_transport_healthy(&o, &f.transport_healthy);
    print_if(o.page, healthy_text);
    run_all_healthy(&o, &f.healthy);
    return o.check && !passes(&f);
}
