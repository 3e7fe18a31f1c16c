/* SPDX-License-Identifier: BSD-3-Clause */
/* The targets, and what was measured beside them. */
#include <math.h>

#include "dataplane/transport/congestion.h"
#include "tools/sim/results_page.h"

static double ratio_to_mode(const struct results *r, const struct results_measured *m, const char *name,
                            bool link_down)
{
    const struct trial *other = results_best_trial(r, m, results_mode_by_name(name), link_down);
    if (other == NULL)
        return NAN;
    return results_score(results_default_trial(r, m, link_down)) / results_score(other);
}

static double queue_ratio(const struct results *r, const struct results_measured *m)
{
    const struct trial *ours = results_default_trial(r, m, false);
    const struct trial *spray =
        results_trial(r, m,
                      &(struct results_place){.path_mode = PATH_MODE_SPRAY,
                                              .congestion = m->base->config.transport.congestion});
    if (ours == NULL || spray == NULL || spray->result.queue_peak_bytes == 0)
        return NAN;
    return (double)ours->result.queue_peak_bytes / (double)spray->result.queue_peak_bytes;
}

static double steady_ratio(const struct trial *t)
{
    if (t == NULL || !t->result.jobs[0].complete)
        return HUGE_VAL;
    return t->result.jobs[0].iteration_ns / results_iteration_bound_ns(t);
}

static double detection_rtt(const struct trial *t)
{
    return t == NULL ? HUGE_VAL : results_detection_ns(t) / (double)t->experiment.config.base_rtt_ns;
}

/* NAN: there is nothing to compare with. */
static double measured(const struct results *r, const struct results_measured *m, enum results_measure what)
{
    switch (what) {
    case RESULTS_BOUND:
        return results_score(results_default_trial(r, m, false));
    case RESULTS_SPRAY:
        return ratio_to_mode(r, m, "spray", false);
    case RESULTS_SPRAY_DOWN:
        return ratio_to_mode(r, m, "spray", true);
    case RESULTS_REPS_DOWN:
        return ratio_to_mode(r, m, "reps", true);
    case RESULTS_QUEUE:
        return queue_ratio(r, m);
    case RESULTS_STEADY:
        return steady_ratio(results_default_trial(r, m, false));
    case RESULTS_DETECTION_RTT:
        return detection_rtt(results_default_trial(r, m, false));
    }
    return NAN;
}

/* What the measure would be for a transport that takes exactly the bound: less is impossible. NAN: the
 * measure does not know the bound. */
static double least_possible(const struct results *r, const struct results_measured *m,
                             enum results_measure what)
{
    double ours =
        results_score(results_default_trial(r, m, what == RESULTS_SPRAY_DOWN || what == RESULTS_REPS_DOWN));
    bool is_ratio = what == RESULTS_SPRAY || what == RESULTS_SPRAY_DOWN || what == RESULTS_REPS_DOWN;
    return is_ratio ? measured(r, m, what) / ours : NAN;
}

/* Of the cases of a target. */
struct tally {
    unsigned cases, missed, forbidden; /* forbidden: of the missed ones, by the bound */
};

static void write_verdict(const struct tally *t, FILE *out)
{
    fputs(t->missed == 0 ? "yes" : "**no**", out);
    if (t->forbidden > 0)
        fputs(": the bound forbids it", out);
    if (t->forbidden > 0 && t->forbidden < t->missed)
        fprintf(out, " in %u cases of %u", t->forbidden, t->missed);
}

static void write_value(double value, double least, const char *key, FILE *out)
{
    if (isinf(value))
        fprintf(out, "not complete (%s)", key);
    else if (isnan(least))
        fprintf(out, "%.3f (%s)", value, key);
    else
        fprintf(out, "%.3f, at the bound %.3f (%s)", value, least, key);
}

static void write_target(const struct results *r, const struct results_target *t, FILE *out)
{
    struct tally tally = {0};
    fprintf(out, "| %s | ≤ %.2f | ", t->text, t->limit);
    for (unsigned i = 0; i < RESULTS_TARGET_CASES_MAX && t->keys[i] != NULL; i++) {
        const struct results_measured *m = results_case_by_key(r, t->keys[i]);
        double value = m == NULL ? NAN : measured(r, m, t->measure);
        if (isnan(value))
            continue;
        double least = least_possible(r, m, t->measure);
        fputs(tally.cases++ > 0 ? "; " : "", out);
        write_value(value, least, t->keys[i], out);
        tally.missed += value > t->limit;
        tally.forbidden += value > t->limit && least > t->limit;
    }
    fputs(tally.cases == 0 ? "not in this run | –" : " | ", out);
    if (tally.cases > 0)
        write_verdict(&tally, out);
    fputs(" |\n", out);
}

void results_targets_write(const struct results *r, FILE *out)
{
    fputs("| target | limit | measured | met |\n|---|---|---|---|\n", out);
    for (const struct results_target *t = results_targets; t->text != NULL; t++)
        write_target(r, t, out);
    fputs("\n*At the bound*: what the ratio would be if the default took no longer than the bound: less is "
          "not possible.\n",
          out);
}
