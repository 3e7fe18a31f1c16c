/* SPDX-License-Identifier: BSD-3-Clause */
#include "tests/simulation/accuracy/model_case.h"

#include <stdio.h>
#include <stdlib.h>

enum {
    STEPS_AFTER_ONSET = 150,
    STEPS_AFTER_NAMED = 25 /* nothing else may be said then either */
};

static void tell(const struct model *m, const struct verdict *v, uint64_t seed)
{
    char text[VERDICT_TEXT_BYTES];
    verdict_explain(v, text);
    fprintf(stderr, "  seed %llu, step %u (onset %u): %s\n", (unsigned long long)seed, m->step,
            m->config.onset_step, text);
}

void model_fault_run(enum fault_kind kind, uint64_t seed, bool verbose, struct score *score)
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
            if (verbose)
                tell(&m, &v, seed);
            if (!named && judgement_is_complete(&j))
                end = m.step + STEPS_AFTER_NAMED;
        }
    }
    if (verbose && !judgement_is_complete(&j)) {
        char name[COMPONENT_NAME_BYTES];
        component_name(&c.truths[0].component, name);
        fprintf(stderr, "  seed %llu: %s not named; %ux%ux%u, pattern %d, %u jobs\n",
                (unsigned long long)seed, name, c.model.leaves, c.model.spines, c.model.hosts,
                c.model.jobs[0].pattern, c.model.job_count);
    }
    score_end_run(score, &j);
    model_destroy(&m);
}

void model_healthy_run(uint64_t seed, uint64_t steps, bool verbose, struct healthy_result *result)
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
            if (verbose)
                tell(&m, &v, seed);
        }
    }
    result->steps += m.step;
    result->records += m.records;
    model_destroy(&m);
}
