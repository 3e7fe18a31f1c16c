/* SPDX-License-Identifier: BSD-3-Clause */
#include "tools/sim/results.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "dataplane/formats/units.h"
#include "dataplane/transport/congestion.h"
#include "tools/sim/memory.h"

enum {
    PATH_BYTES = 512
};

/* ---- measuring ---- */

static struct comparison_choice choose(const struct results_case *c, const struct experiment *base, bool full)
{
    struct comparison_choice choice = {.controls = comparison_control_bit(base->config.transport.congestion),
                                       .healthy = true,
                                       .link_down = base->fault_count == 0};
    if (c->all_controls || (full && c->all_controls_if_full))
        choice.controls = comparison_all_controls();
    if (c->bytes != NULL)
        units_parse_size(c->bytes, &choice.bytes);
    return choice;
}

static bool add_case(struct results *r, const struct results_options *o, const struct results_case *c)
{
    char file[PATH_BYTES], error[YAML_ERROR_BYTES];
    snprintf(file, sizeof(file), "%s/%s.yaml", o->folder, c->scenario);
    struct scenario *s = scenario_load(file, error);
    if (s == NULL) {
        fprintf(stderr, "weft-sim: %s\n", error);
        return false;
    }
    const struct experiment *base = scenario_experiment(s);
    struct comparison_choice choice = choose(c, base, o->full);
    struct results_measured m = {.what = c, .scenario = s, .base = base, .first = r->comparison.count};
    bool known = comparison_parse_modes(c->modes, &choice.modes);
    comparison_add(&r->comparison, base, &choice);
    m.count = r->comparison.count - m.first;
    r->cases = memory_grow(r->cases, r->case_count, &r->case_capacity, sizeof(*r->cases));
    r->cases[r->case_count++] = m;
    return known;
}

struct progress {
    const struct results *results;
    size_t ended;
};

static void tell_progress(const struct trial *trial, void *context)
{
    struct progress *p = context;
    const struct experiment *e = &trial->experiment;
    size_t number = (size_t)(trial - p->results->comparison.trials), k = 0;
    while (number >= p->results->cases[k].first + p->results->cases[k].count)
        k++;
    fprintf(stderr, "%4zu of %zu: %s, %s, %s%s: %.3f\n", ++p->ended, p->results->comparison.count,
            p->results->cases[k].what->key, path_mode_name(e->jobs[0].path_mode),
            e->config.transport.congestion->name, e->fault_count > 0 ? ", link down" : "",
            results_score(trial));
}

int results_measure(struct results *r, const struct results_options *o)
{
    bool good = true;
    *r = (struct results){.full = o->full};
    for (const struct results_case *c = results_cases; c->key != NULL && good; c++) {
        bool wanted = o->only == NULL || strstr(c->key, o->only) != NULL;
        if (wanted && (o->full || !c->full))
            good = add_case(r, o, c);
    }
    if (good && r->case_count == 0)
        fprintf(stderr, "weft-sim: no case has '%s' in its name\n", o->only);
    if (!good || r->case_count == 0)
        return 1;
    struct progress progress = {.results = r};
    struct trial_plan plan = {.trials = r->comparison.trials,
                              .count = (unsigned)r->comparison.count,
                              .processes = o->processes,
                              .on_end = tell_progress,
                              .context = &progress};
    return trial_run_all(&plan) == 0 ? 0 : 1;
}

void results_clear(struct results *r)
{
    comparison_clear(&r->comparison);
    for (size_t i = 0; i < r->case_count; i++)
        scenario_free(r->cases[i].scenario);
    free(r->cases);
}

/* ---- looking up ---- */

const struct results_measured *results_case_by_key(const struct results *r, const char *key)
{
    for (size_t i = 0; i < r->case_count; i++) {
        if (strcmp(r->cases[i].what->key, key) == 0)
            return &r->cases[i];
    }
    return NULL;
}

const struct trial *results_trial(const struct results *r, const struct results_measured *m,
                                  const struct results_place *place)
{
    for (size_t i = m->first; i < m->first + m->count; i++) {
        const struct trial *t = &r->comparison.trials[i];
        const struct experiment *e = &t->experiment;
        if ((int)e->jobs[0].path_mode == place->path_mode &&
            e->config.transport.congestion == place->congestion &&
            (e->fault_count > m->base->fault_count) == place->link_down)
            return t->crashed ? NULL : t;
    }
    return NULL;
}

const struct trial *results_default_trial(const struct results *r, const struct results_measured *m,
                                          bool link_down)
{
    return results_trial(r, m,
                         &(struct results_place){.path_mode = (int)m->base->jobs[0].path_mode,
                                                 .congestion = m->base->config.transport.congestion,
                                                 .link_down = link_down});
}

const struct trial *results_best_trial(const struct results *r, const struct results_measured *m,
                                       int path_mode, bool link_down)
{
    const struct trial *best = NULL;
    const struct congestion_control *control;
    for (unsigned i = 0; (control = congestion_control_at(i)) != NULL; i++) {
        const struct trial *t = results_trial(
            r, m,
            &(struct results_place){.path_mode = path_mode, .congestion = control, .link_down = link_down});
        if (results_score(t) < results_score(best))
            best = t;
    }
    return best;
}

double results_score(const struct trial *t)
{
    double worst = 0;
    if (t == NULL || t->crashed)
        return HUGE_VAL;
    for (unsigned i = 0; i < t->experiment.job_count; i++) {
        const struct experiment_job_result *j = &t->result.jobs[i];
        worst = fmax(worst, j->complete ? j->bound_ratio : HUGE_VAL);
    }
    return worst;
}

double results_completion_ns(const struct trial *t)
{
    double longest = 0;
    for (unsigned i = 0; t != NULL && i < t->experiment.job_count; i++)
        longest = fmax(longest, t->result.jobs[i].completion_ns);
    return longest;
}

double results_iteration_bound_ns(const struct trial *t)
{
    double rtt_ns = (double)t->experiment.config.base_rtt_ns;
    return (t->result.jobs[0].bound_ns - rtt_ns) / t->experiment.jobs[0].iterations + rtt_ns;
}

double results_detection_ns(const struct trial *t)
{
    double at = (double)(t->experiment.faults[0].at - EXPERIMENT_START_NS);
    return t->result.last_path_death_ns > 0 ? t->result.last_path_death_ns - at : HUGE_VAL;
}

int results_mode_by_name(const char *name)
{
    int mode = 0;
    while (path_mode_name((unsigned)mode) != NULL && strcmp(path_mode_name((unsigned)mode), name) != 0)
        mode++;
    return mode;
}
