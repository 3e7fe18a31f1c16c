/* SPDX-License-Identifier: BSD-3-Clause */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "tools/sim/command.h"
#include "tools/sim/report.h"
#include "tools/sim/scenario.h"

static const char usage[] = "usage: weft-sim run SCENARIO.yaml [-j]\n";

static void report(const struct experiment *e, const struct experiment_result *result, bool json)
{
    if (!json) {
        report_text(e, result, stdout);
        return;
    }
    json_t *object = report_json(e, result);
    json_dumpf(object, stdout, JSON_COMPACT | JSON_REAL_PRECISION(9));
    putchar('\n');
    json_decref(object);
}

static int run_scenario(const struct scenario *s, bool json)
{
    struct experiment e = *scenario_experiment(s);
    struct experiment_result result;
    const char *samples = scenario_samples_file(s);
    if (samples != NULL && (e.samples = fopen(samples, "w")) == NULL) {
        fprintf(stderr, "weft-sim: %s: %s\n", samples, strerror(errno));
        return 1;
    }
    experiment_run(&e, &result);
    report(&e, &result, json);
    if (e.samples != NULL && fclose(e.samples) != 0) {
        fprintf(stderr, "weft-sim: %s: %s\n", samples, strerror(errno));
        return 1;
    }
    bool wrong = result.complaints.count > 0;
    experiment_result_clear(&result);
    return wrong ? 2 : 0;
}

int command_run(int argc, char **argv)
{
    char error[YAML_ERROR_BYTES];
    bool json = argc == 3 && strcmp(argv[2], "-j") == 0;
    if (argc < 2 || argv[1][0] == '-' || (argc > 2 && !json)) {
        fputs(usage, stderr);
        return 1;
    }
    struct scenario *s = scenario_load(argv[1], error);
    if (s == NULL) {
        fprintf(stderr, "weft-sim: %s\n", error);
        return 1;
    }
    int status = run_scenario(s, json);
    scenario_free(s);
    return status;
}
