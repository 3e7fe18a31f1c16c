/* SPDX-License-Identifier: BSD-3-Clause */
/* Runs a scenario with every byte checked: no checker may fire, every job must be complete, and none faster
 * than its bound; but the jobs that are named must fail. usage: run_scenario FILE [FAILING-JOB]...
 */
#include <stdio.h>
#include <string.h>

#include "tools/sim/scenario.h"

static bool is_among(const char *name, char *const *names, int count)
{
    for (int i = 0; i < count; i++) {
        if (strcmp(name, names[i]) == 0)
            return true;
    }
    return false;
}

static bool judge(const struct experiment_job *j, const struct experiment_job_result *r, bool fails)
{
    if (r->complete == fails)
        printf("%s: %s\n", j->name, fails ? "is complete, and should have failed" : "is not complete");
    else if (!fails && r->bound_ratio < 1)
        printf("%s: takes %.4f of its bound, which nothing can\n", j->name, r->bound_ratio);
    else
        return true;
    return false;
}

static bool run(const struct scenario *s, char *const *failing, int failing_count)
{
    struct experiment e = *scenario_experiment(s);
    struct experiment_result result;
    bool good = true;
    e.config.content = true;
    experiment_run(&e, &result);
    for (unsigned i = 0; i < result.complaints.count && i < COMPLAINTS_KEPT; i++)
        printf("%s\n", result.complaints.text[i]);
    for (unsigned i = 0; i < e.job_count; i++)
        good &= judge(&e.jobs[i], &result.jobs[i], is_among(e.jobs[i].name, failing, failing_count));
    good &= result.complaints.count == 0;
    experiment_result_clear(&result);
    return good;
}

int main(int argc, char **argv)
{
    char error[YAML_ERROR_BYTES];
    struct scenario *s = argc > 1 ? scenario_load(argv[1], error) : NULL;
    if (s == NULL) {
        fprintf(stderr, "%s\n", argc > 1 ? error : "usage: run_scenario FILE [FAILING-JOB]...");
        return 1;
    }
    bool good = run(s, argv + 2, argc - 2);
    scenario_free(s);
    return good ? 0 : 1;
}
