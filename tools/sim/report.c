/* SPDX-License-Identifier: BSD-3-Clause */
#include "tools/sim/report.h"

#include "dataplane/transport/congestion.h"
#include "tools/sim/metric.h"

/* ---- for people ---- */

static void text_of_jobs(const struct experiment *e, const struct experiment_result *r, FILE *out)
{
    const struct metric *m;
    fprintf(out, "%-16s %-18s %-9s", "job", "workload", "mode");
    for (unsigned i = 0; (m = metric_of_job(i)) != NULL; i++)
        fprintf(out, " %9s%s%s", m->title, m->unit[0] ? " " : "", m->unit);
    fputc('\n', out);
    for (unsigned k = 0; k < e->job_count; k++) {
        const struct experiment_job *j = &e->jobs[k];
        fprintf(out, "%-16s %-18s %-9s", j->name, workload_kind_name(j->workload.kind),
                path_mode_name(j->path_mode));
        for (unsigned i = 0; (m = metric_of_job(i)) != NULL; i++)
            fprintf(out, " %*.*f", 9 + (m->unit[0] ? 3 : 0), m->decimals,
                    metric_value(m, &r->jobs[k]) / m->divisor);
        fputs(r->jobs[k].complete ? "\n" : "  not complete\n", out);
    }
}

void report_text(const struct experiment *e, const struct experiment_result *r, FILE *out)
{
    const struct metric *m;
    text_of_jobs(e, r, out);
    fprintf(out, "\n%-30s %14s\n", "congestion control", e->config.transport.congestion->name);
    for (unsigned i = 0; (m = metric_of_run(i)) != NULL; i++)
        fprintf(out, "%-30s %14.*f %s\n", m->title, m->decimals, metric_value(m, r) / m->divisor, m->unit);
    for (unsigned i = 0; i < r->complaints.count && i < COMPLAINTS_KEPT; i++)
        fprintf(out, "wrong: %s\n", r->complaints.text[i]);
}

/* ---- for programs ---- */

static json_t *json_of_value(const struct metric *m, const void *result)
{
    double value = metric_value(m, result);
    return m->is_count ? json_integer((json_int_t)value) : json_real(value);
}

static json_t *json_of_job(const struct experiment_job *j, const struct experiment_job_result *r)
{
    const struct metric *m;
    json_t *object =
        json_pack("{s:s, s:s, s:s, s:b}", "name", j->name, "workload", workload_kind_name(j->workload.kind),
                  "path_mode", path_mode_name(j->path_mode), "complete", r->complete);
    for (unsigned i = 0; (m = metric_of_job(i)) != NULL; i++)
        json_object_set_new(object, m->key,
                            r->complete || m->offset == offsetof(struct experiment_job_result, bound_ns)
                                ? json_of_value(m, r)
                                : json_null());
    return object;
}

json_t *report_json(const struct experiment *e, const struct experiment_result *r)
{
    const struct metric *m;
    json_t *jobs = json_array(), *wrong = json_array();
    for (unsigned i = 0; i < e->job_count; i++)
        json_array_append_new(jobs, json_of_job(&e->jobs[i], &r->jobs[i]));
    for (unsigned i = 0; i < r->complaints.count && i < COMPLAINTS_KEPT; i++)
        json_array_append_new(wrong, json_string(r->complaints.text[i]));
    json_t *all =
        json_pack("{s:o, s:s}", "jobs", jobs, "congestion_control", e->config.transport.congestion->name);
    for (unsigned i = 0; (m = metric_of_run(i)) != NULL; i++)
        json_object_set_new(all, m->key, json_of_value(m, r));
    json_object_set_new(all, "wrong", wrong);
    return all;
}

void report_csv_head(FILE *out)
{
    const struct metric *m;
    fputs("name,job,workload,path_mode,congestion_control,faults,complete", out);
    for (unsigned i = 0; (m = metric_of_job(i)) != NULL; i++)
        fprintf(out, ",%s", m->key);
    for (unsigned i = 0; (m = metric_of_run(i)) != NULL; i++)
        fprintf(out, ",%s", m->key);
    fputc('\n', out);
}

void report_csv(const char *name, const struct experiment *e, const struct experiment_result *r, FILE *out)
{
    const struct metric *m;
    for (unsigned k = 0; k < e->job_count; k++) {
        const struct experiment_job *j = &e->jobs[k];
        fprintf(out, "%s,%s,%s,%s,%s,%u,%d", name, j->name, workload_kind_name(j->workload.kind),
                path_mode_name(j->path_mode), e->config.transport.congestion->name, e->fault_count,
                r->jobs[k].complete);
        for (unsigned i = 0; (m = metric_of_job(i)) != NULL; i++)
            fprintf(out, ",%.10g", metric_value(m, &r->jobs[k]));
        for (unsigned i = 0; (m = metric_of_run(i)) != NULL; i++)
            fprintf(out, ",%.10g", metric_value(m, r));
        fputc('\n', out);
    }
}
