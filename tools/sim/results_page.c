/* SPDX-License-Identifier: BSD-3-Clause */
#include "tools/sim/results_page.h"

#include <math.h>

#include "dataplane/transport/congestion.h"

/* ---- fixed words ---- */

static const char head[] = "# Results of the simulator\n\n"
                           "Written by `tools/results`, plots included; the same sources give the same "
                           "figures. `tools/results --full` adds "
                           "what takes long. Every case is a scenario in `cases/`, to be run alone by "
                           "`weft-sim run`, or under other path modes "
                           "and controls by `weft-sim compare`.\n\n";

static const char terms[] = "\n*Bound*: T* of the schedule's steps (the most loaded port, or all of a leaf's "
                            "uplinks together) in wire bytes, "
                            "plus one base round trip; no transport is faster. With the link down it is over "
                            "what is left, from the first "
                            "instant on. *Completion*: until the last byte is placed. *Imbalance*: the most "
                            "loaded uplink over the mean of those "
                            "that are up. *Queue p99*: the wait that 99 of 100 packets did not exceed at a "
                            "switch. *Link down*: leaf 0 - spine 0, "
                            "both directions, 1 us after the start, for good; routing never notices, so "
                            "hosts alone must find out. Sizes are "
                            "binary: 4M is 4 MiB.\n\n"
                            "| path mode | |\n|---|---|\n"
                            "| hash | a flow on the one path that its five-tuple hashes to, as ECMP does |\n"
                            "| spray | every packet on a path of its own, with selective acks, and losses "
                            "and dead paths found as fast as in "
                            "the other modes |\n"
                            "| reps | spraying that recycles the paths of unmarked acks |\n"
                            "| mprdma-4 | four paths a flow, each with its own window |\n"
                            "| ethereal | whole flows in turn, the rest cut into equal pieces |\n"
                            "| wrap | whole flows in turn, the rest cut where paths are full |\n"
                            "| planned | pieces by a plan of the controller; without one, as wrap |\n";

static const char tail[] =
    "\n## What is not modelled\n\n"
    "- Shared switch buffers: every queue has its own limit, of about what one port may take of 64 MB. Pause "
    "frames.\n"
    "- Routing protocols; here routing notices nothing, which is worst for hashing.\n"
    "- The time that software takes: a constant turnaround of 1 us at every host stands for it. Memory and "
    "PCIe buses.\n"
    "- Other transports: spraying, REPS and multi-path windows are weft's own, in the same transport, so "
    "they share its "
    "credits, acks and recovery; they are not the authors' code.\n"
    "- Jitter between ranks: all begin a step in the same nanosecond, which is worst for queues.\n";

/* ---- one case ---- */

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
    fprintf(out, " `weft-sim compare%s%s%s cases/%s.yaml`\n", m->what->all_controls ? " --controls all" : "",
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

static void write_case(const struct results *r, const struct results_measured *m, FILE *out)
{
    write_setting(r, m, out);
    write_waiting(r, m, out);
    if (m->base->fault_count > 0)
        write_steady(r, m, out);
    if (m->what->all_controls)
        write_matrix(r, m, out);
    write_details(r, m, out);
}

/* ---- the page ---- */

static void write_environment(const struct results *r, FILE *out)
{
    const struct topology_config *c = &r->cases[0].base->config.topology;
    fprintf(out,
            "## Setting\n\nThat of the Ethereal paper where it has one: %.0f Gb/s host and fabric links, "
            "%llu ns of delay each, %u "
            "bytes of payload, marks from %.0f KB of queue (a step), at most %.1f MiB of queue a port, %llu "
            "ns of turnaround at "
            "a host. Sessions are open before the start; credits travel after it. Default path mode %s, "
            "default congestion "
            "control %s. Settings of the transport that are not its defaults: ",
            (double)c->host_link.rate_bytes_per_s * 8 / 1e9, (unsigned long long)c->host_link.delay_ns,
            (unsigned)r->cases[0].base->config.transport.payload_bytes_max,
            (double)c->host_link.mark_from_bytes / 1e3, (double)c->host_link.queue_limit_bytes / (1 << 20),
            (unsigned long long)c->turnaround_ns, path_mode_name(r->cases[0].base->jobs[0].path_mode),
            r->cases[0].base->config.transport.congestion->name);
    results_settings_write(r, out);
    fputs(".\n", out);
    fputs(terms, out);
}

static void write_plots(FILE *out)
{
    static const struct {
        const char *file, *title;
    } plots[] = {
        {"sizes",
         "Completion ÷ bound by flow size, exchange with rank ^ 64: healthy, and with the link down"},
        {"collectives", "Completion ÷ bound by collective and path mode: healthy, and with the link down"},
        {"queues", "The longest queue of the fabric during an exchange of 4 MB"},
        {"iterations", "Iterations before and after an uplink's death"},
    };
    fputs("\n## Plots\n", out);
    for (size_t i = 0; i < sizeof(plots) / sizeof(*plots); i++)
        fprintf(out, "\n%s:\n\n![%s](plots/%s.svg)\n", plots[i].title, plots[i].file, plots[i].file);
}

static unsigned count_wrong(const struct results *r, FILE *out)
{
    unsigned wrong = 0;
    for (size_t i = 0; i < r->case_count; i++) {
        const struct results_measured *m = &r->cases[i];
        for (size_t k = m->first; k < m->first + m->count; k++) {
            const struct trial *t = &r->comparison.trials[k];
            if (!t->crashed && t->result.complaints.count == 0)
                continue;
            wrong++;
            fprintf(out, "\n- %s, %s, %s: %s\n", m->what->key,
                    path_mode_name(t->experiment.jobs[0].path_mode),
                    t->experiment.config.transport.congestion->name,
                    t->crashed ? "crashed" : t->result.complaints.text[0]);
        }
    }
    return wrong;
}

static void write_totals(const struct results *r, FILE *out)
{
    uint64_t hops = 0;
    fputs("\n## Together\n", out);
    unsigned wrong = count_wrong(r, out);
    for (size_t i = 0; i < r->comparison.count; i++)
        hops += r->comparison.trials[i].crashed ? 0 : r->comparison.trials[i].result.hops;
    fprintf(out, "\n%zu runs, %.0f million packet hops; in %u the checkers found something wrong.\n",
            r->comparison.count, (double)hops / 1e6, wrong);
}

void results_page_write(const struct results *r, FILE *out)
{
    fputs(head, out);
    fputs("## Beside the targets\n\nDefault path mode and control; rivals with the best of their measured "
          "controls.\n\n",
          out);
    results_targets_write(r, out);
    fputs("\n## Where weft does not win\n\n", out);
    results_losses_write(r, out);
    fputc('\n', out);
    write_environment(r, out);
    write_plots(out);
    fputs("\n## Figures\n", out);
    for (size_t i = 0; i < r->case_count; i++)
        write_case(r, &r->cases[i], out);
    write_totals(r, out);
    fputs(tail, out);
}
