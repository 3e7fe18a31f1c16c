/* SPDX-License-Identifier: BSD-3-Clause */
/* The measurements for programs, plots first of all. */
#include <errno.h>
#include <string.h>

#include "tools/sim/report.h"
#include "tools/sim/results_page.h"

enum {
    PATH_BYTES = 512
};

static void write_iterations(const char *key, const struct trial *t, FILE *out)
{
    double bound = results_iteration_bound_ns(t);
    for (unsigned k = 0; k < t->experiment.job_count; k++) {
        const struct experiment_job *j = &t->experiment.jobs[k];
        for (unsigned i = 0; j->iterations > 1 && i < j->iterations; i++)
            fprintf(out, "%s,%s,%s,%u,%.0f,%.0f\n", key, j->name, path_mode_name(j->path_mode), i + 1,
                    t->result.jobs[k].iterations_ns[i], bound);
    }
}

static void write_all(const struct results *r, FILE *figures, FILE *iterations)
{
    report_csv_head(figures);
    fputs("name,job,path_mode,iteration,time_ns,bound_ns\n", iterations);
    for (size_t i = 0; i < r->case_count; i++) {
        const struct results_measured *m = &r->cases[i];
        for (size_t k = m->first; k < m->first + m->count; k++) {
            const struct trial *t = &r->comparison.trials[k];
            if (t->crashed)
                continue;
            report_csv(m->what->key, &t->experiment, &t->result, figures);
            write_iterations(m->what->key, t, iterations);
        }
    }
}

static FILE *open_in(const char *folder, const char *name)
{
    char file[PATH_BYTES];
    snprintf(file, sizeof(file), "%s/%s", folder, name);
    FILE *out = fopen(file, "w");
    if (out == NULL)
        fprintf(stderr, "weft-sim: %s: %s\n", file, strerror(errno));
    return out;
}

int results_data_write(const struct results *r, const char *folder)
{
    FILE *figures = open_in(folder, "results.csv"), *iterations = open_in(folder, "iterations.csv");
    bool good = figures != NULL && iterations != NULL;
    if (good)
        write_all(r, figures, iterations);
    if (figures != NULL && fclose(figures) != 0)
        good = false;
    if (iterations != NULL && fclose(iterations) != 0)
        good = false;
    return good ? 0 : 1;
}
