/* SPDX-License-Identifier: BSD-3-Clause */
/* One scenario under several path modes and congestion controls, side by side. */
#include <getopt.h>
#include <stdlib.h>
#include <string.h>

#include "dataplane/formats/units.h"
#include "dataplane/transport/congestion.h"
#include "tools/sim/command.h"
#include "tools/sim/comparison.h"
#include "tools/sim/report.h"
#include "tools/sim/scenario.h"

static const char usage[] =
    "usage: weft-sim compare [OPTION]... SCENARIO.yaml\n"
    "  --modes LIST      path modes, with commas, or all (the default)\n"
    "  --controls LIST   congestion controls, with commas, or all (default: the scenario's)\n"
    "  --bytes SIZE      instead of the scenario's\n"
    "  --link-down       leaf0-spine0 goes down a microsecond after the start, unseen by routing\n"
    "  --samples PREFIX  writes PREFIX-MODE-CONTROL.csv: queues and links over time, as the scenario "
    "samples\n"
    "  --processes N     side by side (default 1)\n"
    "  --csv | -j        all figures, for programs\n";

struct compare_options {
    const char *scenario, *modes, *controls, *samples;
    uint64_t bytes, processes;
    bool link_down, csv, json;
};

static bool parse(int argc, char **argv, struct compare_options *o)
{
    static const struct option options[] = {{"modes", required_argument, NULL, 'm'},
                                            {"controls", required_argument, NULL, 'c'},
                                            {"bytes", required_argument, NULL, 'b'},
                                            {"link-down", no_argument, NULL, 'd'},
                                            {"processes", required_argument, NULL, 'p'},
                                            {"samples", required_argument, NULL, 's'},
                                            {"csv", no_argument, NULL, 'v'},
                                            {0}};
    bool good = true;
    *o = (struct compare_options){.modes = "all", .processes = 1};
    for (int c; good && (c = getopt_long(argc, argv, "j", options, NULL)) != -1;) {
        if (c == 'm')
            o->modes = optarg;
        else if (c == 'c')
            o->controls = optarg;
        else if (c == 's')
            o->samples = optarg;
        else if (c == 'b')
            good = units_parse_size(optarg, &o->bytes) == 0;
        else if (c == 'p')
            good = units_parse_size(optarg, &o->processes) == 0 && o->processes > 0;
        else if (c == '?')
            good = false;
        o->link_down |= c == 'd';
        o->csv |= c == 'v';
        o->json |= c == 'j';
    }
    o->scenario = argv[optind];
    return good && optind + 1 == argc && !(o->csv && o->json);
}

static bool choose(const struct compare_options *o, const struct experiment *base,
                   struct comparison_choice *choice)
{
    *choice =
        (struct comparison_choice){.healthy = !o->link_down,
                                   .link_down = o->link_down,
                                   .bytes = o->bytes,
                                   .controls = comparison_control_bit(base->config.transport.congestion)};
    return comparison_parse_modes(o->modes, &choice->modes) &&
           (o->controls == NULL || comparison_parse_controls(o->controls, &choice->controls));
}

static void name_samples(struct comparison *c, const char *prefix)
{
    for (size_t i = 0; i < c->count && prefix != NULL; i++) {
        const struct experiment *e = &c->trials[i].experiment;
        snprintf(c->trials[i].samples, sizeof(c->trials[i].samples), "%s-%s-%s.csv", prefix,
                 path_mode_name(e->jobs[0].path_mode), e->config.transport.congestion->name);
    }
}

/* ---- what came of it ---- */

static void show_line(const struct trial *t, unsigned job)
{
    const struct experiment_result *r = &t->result;
    const struct experiment_job_result *j = &r->jobs[job];
    printf("%-12s %-9s %-14s", t->experiment.jobs[job].name,
           path_mode_name(t->experiment.jobs[job].path_mode),
           t->experiment.config.transport.congestion->name);
    if (t->crashed || !j->complete) {
        puts(t->crashed ? "    crashed" : "    not complete");
        return;
    }
    printf(" %10.1f %10.3f %10.1f %10.1f %10.3f %9.1f %9.1f %8llu %8llu %8llu %8llu\n",
           j->completion_ns / 1e3, j->bound_ratio, j->flow_p50_ns / 1e3, j->flow_p99_ns / 1e3, r->imbalance,
           r->queue_p99_ns / 1e3, (double)r->queue_peak_bytes / 1e3, (unsigned long long)r->marked,
           (unsigned long long)r->dropped, (unsigned long long)r->counters.retransmits,
           (unsigned long long)r->counters.pieces_sent);
}

static void show_table(const struct comparison *c)
{
    printf("%-12s %-9s %-14s %10s %10s %10s %10s %10s %9s %9s %8s %8s %8s %8s\n", "job", "mode", "control",
           "time us", "time/bound", "flow p50", "flow p99", "imbalance", "queue p99", "peak KB", "marked",
           "dropped", "resent", "pieces");
    for (size_t i = 0; i < c->count; i++) {
        for (unsigned k = 0; k < c->trials[i].experiment.job_count; k++)
            show_line(&c->trials[i], k);
    }
}

static void show_csv(const struct comparison *c, const char *name)
{
    report_csv_head(stdout);
    for (size_t i = 0; i < c->count; i++) {
        if (!c->trials[i].crashed)
            report_csv(name, &c->trials[i].experiment, &c->trials[i].result, stdout);
    }
}

static void show_json(const struct comparison *c)
{
    json_t *all = json_array();
    for (size_t i = 0; i < c->count; i++)
        json_array_append_new(all, c->trials[i].crashed
                                       ? json_null()
                                       : report_json(&c->trials[i].experiment, &c->trials[i].result));
    json_dumpf(all, stdout, JSON_COMPACT | JSON_REAL_PRECISION(9));
    putchar('\n');
    json_decref(all);
}

static bool something_is_wrong(const struct comparison *c)
{
    bool wrong = false;
    for (size_t i = 0; i < c->count; i++) {
        const struct complaints *complaints = &c->trials[i].result.complaints;
        wrong |= c->trials[i].crashed || complaints->count > 0;
        if (complaints->count > 0)
            fprintf(stderr, "weft-sim: %s: %s\n", path_mode_name(c->trials[i].experiment.jobs[0].path_mode),
                    complaints->text[0]);
    }
    return wrong;
}

static int compare(const struct compare_options *o, const struct scenario *s)
{
    struct comparison c = {0};
    struct comparison_choice choice;
    if (!choose(o, scenario_experiment(s), &choice))
        return 1;
    comparison_add(&c, scenario_experiment(s), &choice);
    name_samples(&c, o->samples);
    struct trial_plan plan = {
        .trials = c.trials, .count = (unsigned)c.count, .processes = (unsigned)o->processes};
    int status = trial_run_all(&plan) != 0 ? 1 : something_is_wrong(&c) ? 2 : 0;
    if (o->json)
        show_json(&c);
    else if (o->csv)
        show_csv(&c, o->scenario);
    else
        show_table(&c);
    comparison_clear(&c);
    return status;
}

int command_compare(int argc, char **argv)
{
    struct compare_options o;
    char error[YAML_ERROR_BYTES];
    if (!parse(argc, argv, &o)) {
        fputs(usage, stderr);
        return 1;
    }
    struct scenario *s = scenario_load(o.scenario, error);
    if (s == NULL) {
        fprintf(stderr, "weft-sim: %s\n", error);
        return 1;
    }
    int status = compare(&o, s);
    scenario_free(s);
    return status;
}
