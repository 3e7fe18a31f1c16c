/* SPDX-License-Identifier: BSD-3-Clause */
/* Where weft does not win: found in the measurements, so that nobody can leave a case out. */
#include <math.h>

#include "dataplane/transport/congestion.h"
#include "tools/sim/results_page.h"

/* Differences below are not worth a line. */
#define NOTEWORTHY 0.005

enum {
    SITUATIONS = 2 /* healthy, link down */
};

static const char *const situation_names[SITUATIONS] = {"", ", link down"};

static const char *control_of(const struct trial *t)
{
    return t->experiment.config.transport.congestion->name;
}

static const char *mode_of(const struct trial *t)
{
    return path_mode_name(t->experiment.jobs[0].path_mode);
}

static const struct trial *fastest(const struct results *r, const struct results_measured *m, bool link_down)
{
    const struct trial *best = NULL;
    for (unsigned mode = 0; path_mode_name(mode) != NULL; mode++) {
        const struct trial *t = results_best_trial(r, m, (int)mode, link_down);
        if (results_score(t) < results_score(best))
            best = t;
    }
    return best;
}

static unsigned write_faster(const struct results *r, const struct results_measured *m, FILE *out)
{
    unsigned lines = 0;
    for (unsigned i = 0; i < SITUATIONS; i++) {
        const struct trial *ours = results_default_trial(r, m, i), *best = fastest(r, m, i);
        if (best == NULL || results_score(ours) <= results_score(best) * (1 + NOTEWORTHY))
            continue;
        lines++;
        fprintf(out, "- %s%s: %s with %s is fastest, %.3f × bound; the default takes ", m->what->key,
                situation_names[i], mode_of(best), control_of(best), results_score(best));
        if (isinf(results_score(ours)))
            fputs("for ever\n", out);
        else
            fprintf(out, "%.1f %% longer\n", 100 * (results_score(ours) / results_score(best) - 1));
    }
    return lines;
}

static unsigned write_longer_queue(const struct results *r, const struct results_measured *m, FILE *out)
{
    const struct trial *ours = results_default_trial(r, m, false), *least = NULL;
    for (size_t i = m->first; i < m->first + m->count; i++) {
        const struct trial *t = &r->comparison.trials[i];
        bool is_healthy = t->experiment.fault_count == m->base->fault_count;
        if (!t->crashed && is_healthy && !isinf(results_score(t)) &&
            (least == NULL || t->result.queue_peak_bytes < least->result.queue_peak_bytes))
            least = t;
    }
    if (ours == NULL || least == NULL ||
        (double)ours->result.queue_peak_bytes <= 1.1 * (double)least->result.queue_peak_bytes)
        return 0;
    fprintf(out, "- %s: %s with %s has the shortest peak queue, %.0f KB; the default %.0f KB\n", m->what->key,
            mode_of(least), control_of(least), (double)least->result.queue_peak_bytes / 1e3,
            (double)ours->result.queue_peak_bytes / 1e3);
    return 1;
}

static unsigned write_no_gain(const struct results *r, const struct results_measured *m, FILE *out)
{
    double hash = results_score(results_best_trial(r, m, PATH_MODE_HASH, false));
    double ours = results_score(results_default_trial(r, m, false));
    if (isinf(hash) || isinf(ours) || ours < hash * (1 - NOTEWORTHY))
        return 0;
    fprintf(out, "- %s: hashing takes %.3f × bound, the default %.3f\n", m->what->key, hash, ours);
    return 1;
}

typedef unsigned (*loss_function)(const struct results *r, const struct results_measured *m, FILE *out);

static void write_list(const struct results *r, const char *title, loss_function write, FILE *out)
{
    unsigned lines = 0;
    fprintf(out, "\n%s\n\n", title);
    for (size_t i = 0; i < r->case_count; i++)
        lines += write(r, &r->cases[i], out);
    if (lines == 0)
        fputs("- none of the measured cases\n", out);
}

void results_losses_write(const struct results *r, FILE *out)
{
    fputs("Found by the command in all that it has measured, the default's rivals with their best control.\n",
          out);
    write_list(r, "Another way is faster, by half a percent or more:", write_faster, out);
    write_list(
        r, "Another way has shorter queues, by a tenth or more (it may be slower):", write_longer_queue, out);
    write_list(r,
               "No gain over plain hashing (no scheme has one where the hosts' ports bound):", write_no_gain,
               out);
}
