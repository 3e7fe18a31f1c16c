/* SPDX-License-Identifier: BSD-3-Clause */
#include "tools/sim/results_page.h"

#include "dataplane/transport/congestion.h"

/* ---- fixed words ---- */

static const char head[] = "# Results of the simulator\n\n"
                           "Written by `tools/results`, plots included; the same sources give the same "
                           "figures. `tools/results --full` adds "
                           "what takes long. Every case is a scenario in `cases/`, to be run alone by "
                           "`weft-sim run`, or under other path modes "
                           "and controls by `weft-sim compare`.\n\n";

static const char terms[] =
    "\n*Bound*: T* of the schedule's steps (the most loaded port, or all of a leaf's "
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
    "| planned | by the controller's planner, from what the job will do; what hosts "
    "report of dead paths makes a new plan 50 ms later, as in labs; these runs are over by then |\n\n"
    "Modes that work by the step (ethereal, wrap, planned) also credit by the step: what a rank waits for "
    "comes "
    "before what it cannot use yet. The others, which know flows and no steps, share credits by size, as "
    "transports that know nothing of collectives would. What of weft's lead in a collective of many steps is "
    "due "
    "to that, and not to paths, is shown where every mode has that order.\n";

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
        results_figures_write(r, &r->cases[i], out);
    write_totals(r, out);
    fputs(tail, out);
}
