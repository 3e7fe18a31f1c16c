/* SPDX-License-Identifier: BSD-3-Clause */
#include "tools/sim/report.h"

#include <jansson.h>

/* Each packet counts once for every link that it has come to the end of; time is this process's, while it
 * runs. */
static double hops_per_s(const struct experiment_result *r)
{
    return r->cpu_s > 0 ? (double)r->hops / r->cpu_s : 0;
}

static void text_of_job(const struct experiment_job *j, const struct experiment_job_result *r, FILE *out)
{
    fprintf(out, "%-16s %-18s %12.1f %12.1f ", j->name, workload_kind_name(j->workload.kind),
            r->completion_ns / 1e3, r->bound_ns / 1e3);
    if (r->complete)
        fprintf(out, "%8.3f", r->completion_ns / r->bound_ns);
    else
        fprintf(out, "%8s", "open");
    fprintf(out, " %12.1f %12.1f %12.1f\n", r->flow_p50_ns / 1e3, r->flow_p99_ns / 1e3, r->flow_max_ns / 1e3);
}

void report_text(const struct experiment *e, const struct experiment_result *r, FILE *out)
{
    const struct transport_counters *c = &r->counters;
    fprintf(out, "%-16s %-18s %12s %12s %8s %12s %12s %12s\n", "job", "workload", "time us", "bound us",
            "ratio", "flow p50 us", "p99", "max");
    for (unsigned i = 0; i < e->job_count; i++)
        text_of_job(&e->jobs[i], &r->jobs[i], out);
    fprintf(
        out,
        "links      imbalance %.3f, queue p99 %.1f us, peak %.1f KB, marked %llu, dropped %llu, lost %llu\n",
        r->imbalance, r->queue_p99_ns / 1e3, (double)r->queue_peak_bytes / 1e3, (unsigned long long)r->marked,
        (unsigned long long)r->dropped, (unsigned long long)r->lost);
    fprintf(out,
            "transport  packets %llu, retransmits %llu, timeouts %llu, pieces %llu, channels %llu, paths "
            "died %llu\n",
            (unsigned long long)c->data_packets_sent, (unsigned long long)c->retransmits,
            (unsigned long long)c->timeouts, (unsigned long long)c->pieces_sent,
            (unsigned long long)r->channels, (unsigned long long)c->paths_died);
    fprintf(out, "simulator  %llu packet hops, %.2f million a second, peak memory %.0f MiB\n",
            (unsigned long long)r->hops, hops_per_s(r) / 1e6, (double)r->peak_memory_bytes / (1 << 20));
    for (unsigned i = 0; i < r->complaints.count && i < COMPLAINTS_KEPT; i++)
        fprintf(out, "wrong      %s\n", r->complaints.text[i]);
}

static json_t *json_of_job(const struct experiment_job *j, const struct experiment_job_result *r)
{
    return json_pack("{s:s, s:s, s:b, s:f, s:f, s:f, s:f, s:f, s:f}", "name", j->name, "workload",
                     workload_kind_name(j->workload.kind), "complete", r->complete, "completion_ns",
                     r->completion_ns, "bound_ns", r->bound_ns, "bound_ratio", r->completion_ns / r->bound_ns,
                     "flow_p50_ns", r->flow_p50_ns, "flow_p99_ns", r->flow_p99_ns, "flow_max_ns",
                     r->flow_max_ns);
}

void report_json(const struct experiment *e, const struct experiment_result *r, FILE *out)
{
    const struct transport_counters *c = &r->counters;
    json_t *jobs = json_array(), *wrong = json_array();
    for (unsigned i = 0; i < e->job_count; i++)
        json_array_append_new(jobs, json_of_job(&e->jobs[i], &r->jobs[i]));
    for (unsigned i = 0; i < r->complaints.count && i < COMPLAINTS_KEPT; i++)
        json_array_append_new(wrong, json_string(r->complaints.text[i]));
    json_t *all = json_pack(
        "{s:o, s:f, s:f, s:I, s:I, s:I, s:I, s:I, s:I, s:I, s:I, s:I, s:I, s:I, s:f, s:I, s:o}", "jobs", jobs,
        "imbalance", r->imbalance, "queue_p99_ns", r->queue_p99_ns, "queue_peak_bytes",
        (json_int_t)r->queue_peak_bytes, "marked_packets", (json_int_t)r->marked, "dropped_packets",
        (json_int_t)r->dropped, "lost_packets", (json_int_t)r->lost, "data_packets",
        (json_int_t)c->data_packets_sent, "retransmits", (json_int_t)c->retransmits, "timeouts",
        (json_int_t)c->timeouts, "pieces", (json_int_t)c->pieces_sent, "channels", (json_int_t)r->channels,
        "paths_died", (json_int_t)c->paths_died, "packet_hops", (json_int_t)r->hops, "packet_hops_per_s",
        hops_per_s(r), "peak_memory_bytes", (json_int_t)r->peak_memory_bytes, "wrong", wrong);
    json_dumpf(all, out, JSON_COMPACT);
    fputc('\n', out);
    json_decref(all);
}
