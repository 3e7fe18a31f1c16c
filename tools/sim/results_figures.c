/* SPDX-License-Identifier: BSD-3-Clause */
/* The tables of one case. */
#include <math.h>

#include "dataplane/transport/congestion.h"
#include "tools/sim/results_page.h"

/* Whether some trials have another control than the default. */
static bool has_all_controls(const struct results *r, const struct results_measured *m)
{
    for (size_t i = m->first; i < m->first + m->count; i++) {
        if (r->comparison.trials[i].experiment.config.transport.congestion !=
            m->base->config.transport.congestion)
            return true;
    }
    return false;
}

static void write_setting(const struct results *r, const struct results_measured *m, FILE *out)
{
    const struct topology_shape *s = &m->base->config.topology.shape;
    const struct trial *healthy = results_default_trial(r, m, false),
                       *down = results_default_trial(r, m, true);
    fprintf(out, "\n### %s\n\n%u hosts, %u leaves × %u spines.", m->what->title, s->leaves * s->hosts,
            s->leaves, s->spines);
    for (unsigned i = 0; healthy != NULL && i < m->base->job_count; i++) {
        fprintf(out, " Bound%s%s %.1f us", m->base->job_count > 1 ? " of " : "",
                m->base->job_count > 1 ? m->base->jobs[i].name : "", healthy->result.jobs[i].bound_ns / 1e3);
        if (down != NULL)
            fprintf(out, ", with the link down %.1f us", down->result.jobs[i].bound_ns / 1e3);
        fputc('.', out);
    }
    fprintf(out, " `weft-sim compare%s%s%s cases/%s.yaml`\n", has_all_controls(r, m) ? " --controls all" : "",
            m->what->bytes ? " --bytes " : "", m->what->bytes ? m->what->bytes : "", m->what->scenario);
}

/* What the bound leaves out: each of the steps waits for a packet's way through the fabric. */
static void write_waiting(const struct results *r, const struct results_measured *m, FILE *out)
{
    const struct trial *t = results_default_trial(r, m, false);
    const struct topology_config *c = &m->base->config.topology;
    if (m->what->waiting_steps == 0 || t == NULL || isinf(results_score(t)))
        return;
    double way_ns = (double)(2 * c->host_link.delay_ns + c->turnaround_ns);
    double waiting_ns = (m->what->waiting_steps - 1) * way_ns;
    fprintf(out,
            "\n%u steps wait for each other: at least %.1f us (%.1f us each, were all within a leaf) beyond "
            "the bound, "
            "which the bound does not count. With them the default takes %.3f × bound.\n",
            m->what->waiting_steps, waiting_ns / 1e3, way_ns / 1e3,
            results_completion_ns(t) / (t->result.jobs[0].bound_ns + waiting_ns));
}

static void write_ratio(double ratio, FILE *out)
{
    if (isinf(ratio))
        fputs(" not complete |", out);
    else
        fprintf(out, " %.3f |", ratio);
}

/* The columns of a matrix: healthy controls, then with the link down. */
static void write_matrix_head(const struct results_measured *m, FILE *out)
{
    unsigned columns = 0;
    fputs("\nCompletion ÷ bound, by congestion control:\n\n| mode |", out);
    for (unsigned down = 0; down <= (m->base->fault_count == 0); down++) {
        for (unsigned i = 0; congestion_control_at(i) != NULL; i++, columns++)
            fprintf(out, " %s%s |", down ? "link down: " : "", congestion_control_at(i)->name);
    }
    fputs("\n|---|", out);
    for (unsigned i = 0; i < columns; i++)
        fputs("---|", out);
    fputc('\n', out);
}

static void write_matrix(const struct results *r, const struct results_measured *m, FILE *out)
{
    write_matrix_head(m, out);
    for (unsigned mode = 0; path_mode_name(mode) != NULL; mode++) {
        if (results_best_trial(r, m, (int)mode, false) == NULL)
            continue;
        fprintf(out, "| %s |", path_mode_name(mode));
        for (unsigned down = 0; down <= (m->base->fault_count == 0); down++) {
            for (unsigned i = 0; congestion_control_at(i) != NULL; i++)
                write_ratio(results_score(
                                results_trial(r, m,
                                              &(struct results_place){.path_mode = (int)mode,
                                                                      .congestion = congestion_control_at(i),
                                                                      .link_down = down})),
                            out);
        }
        fputc('\n', out);
    }
}

static void write_healthy_row(const struct trial *t, unsigned job, FILE *out)
{
    const struct experiment_result *r = &t->result;
    const struct experiment_job_result *j = &r->jobs[job];
    fprintf(out, "| %s%s%s |", path_mode_name(t->experiment.jobs[0].path_mode),
            t->experiment.job_count > 1 ? ", " : "",
            t->experiment.job_count > 1 ? t->experiment.jobs[job].name : "");
    write_ratio(j->complete ? j->bound_ratio : HUGE_VAL, out);
    fprintf(out, " %.1f | %.1f | %.1f | %.1f | %.3f | %.1f | %.0f | %llu | %llu | %llu | %llu | %llu |",
            j->completion_ns / 1e3, j->flow_p50_ns / 1e3, j->flow_p99_ns / 1e3, j->flow_max_ns / 1e3,
            r->imbalance, r->queue_p99_ns / 1e3, (double)r->queue_peak_bytes / 1e3,
            (unsigned long long)r->marked, (unsigned long long)r->dropped,
            (unsigned long long)r->counters.retransmits, (unsigned long long)r->counters.pieces_sent,
            (unsigned long long)r->channels);
}

static void write_failed_columns(const struct trial *t, unsigned job, FILE *out)
{
    if (t == NULL) {
        fputs(" crashed | | | |", out);
        return;
    }
    const struct experiment_job_result *j = &t->result.jobs[job];
    write_ratio(j->complete ? j->bound_ratio : HUGE_VAL, out);
    fprintf(out, " %.1f | %.1f | %llu |", j->completion_ns / 1e3, t->result.last_path_death_ns / 1e3,
            (unsigned long long)t->result.counters.retransmits);
}

static void write_details(const struct results *r, const struct results_measured *m, FILE *out)
{
    const struct congestion_control *control = m->base->config.transport.congestion;
    bool fails = m->base->fault_count == 0;
    fprintf(out,
            "\nUnder %s; times in us:\n\n| mode | ÷ bound | completion | flow p50 | p99 | max | imbalance | "
            "queue p99 | peak "
            "queue KB | marks | drops | retransmits | pieces | channels "
            "|%s\n|---|---|---|---|---|---|---|---|---|---|---|---|"
            "---|---|%s\n",
            control->name,
            fails ? " link down: ÷ bound | completion | last path found dead at | retransmits |" : "",
            fails ? "---|---|---|---|" : "");
    for (unsigned mode = 0; path_mode_name(mode) != NULL; mode++) {
        struct results_place place = {.path_mode = (int)mode, .congestion = control};
        const struct trial *healthy = results_trial(r, m, &place);
        place.link_down = true;
        const struct trial *down = results_trial(r, m, &place);
        for (unsigned job = 0; healthy != NULL && job < m->base->job_count; job++) {
            write_healthy_row(healthy, job, out);
            if (fails)
                write_failed_columns(down, job, out);
            fputc('\n', out);
        }
    }
}

/* A scenario with a fault of its own in a train of iterations: what comes after it. */
static void write_steady(const struct results *r, const struct results_measured *m, FILE *out)
{
    double rtt_ns = (double)m->base->config.base_rtt_ns;
    fprintf(
        out,
        "\nThe link dies at %.0f us. Bound of an iteration: T* over what is left, plus a base round trip "
        "(%.2f us). Steady: mean "
        "of the second half of the iterations. Found out: from the death of the link until the last host had "
        "closed its "
        "path.\n\n| mode | steady ÷ bound | ÷ T* alone | slowest iteration ÷ bound | found out, us | round "
        "trips |\n|---|---|---|---|---|---|\n",
        (double)(m->base->faults[0].at - EXPERIMENT_START_NS) / 1e3, rtt_ns / 1e3);
    for (unsigned mode = 0; path_mode_name(mode) != NULL; mode++) {
        const struct trial *t = results_best_trial(r, m, (int)mode, false);
        if (t == NULL)
            continue;
        const struct experiment_job_result *j = &t->result.jobs[0];
        double bound = results_iteration_bound_ns(t), found = results_detection_ns(t), slowest = 0;
        for (unsigned i = 0; i < m->base->jobs[0].iterations; i++)
            slowest = fmax(slowest, j->iterations_ns[i]);
        fprintf(out, "| %s | %.3f | %.3f | %.3f |", path_mode_name(mode), j->iteration_ns / bound,
                j->iteration_ns / (bound - rtt_ns), slowest / bound);
        if (isinf(found))
            fputs(" never | |\n", out);
        else
            fprintf(out, " %.1f | %.1f |\n", found / 1e3, found / rtt_ns);
    }
}

void results_figures_write(const struct results *r, const struct results_measured *m, FILE *out)
{
    write_setting(r, m, out);
    write_waiting(r, m, out);
    if (m->base->fault_count > 0)
        write_steady(r, m, out);
    if (has_all_controls(r, m))
        write_matrix(r, m, out);
    write_details(r, m, out);
}
