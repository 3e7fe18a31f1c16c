/* SPDX-License-Identifier: BSD-3-Clause */
#include "tools/sim/results.h"

#include <stdlib.h>
#include <string.h>

#include "dataplane/transport/congestion.h"
#include "tools/sim/experiment.h"
#include "tools/sim/memory.h"

#define RATE_BYTES_PER_S 50000000000ull

enum {
    MODES = PATH_MODE_WRAP + 1,
    CONTROLS = 5,
    PAYLOAD_BYTES = 9000,
    CASES_MAX = 16,
    CONTROL_NSCC = 2
};

static const char *const mode_names[MODES] = {"hash", "spray", "ethereal", "wrap"};
static const char *const control_names[CONTROLS] = {"none", "dctcp", "nscc", "swift", "powertcp-delay"};

struct results_case {
    const char *name;
    struct topology_shape shape;
    struct workload workload;
    bool shuffled; /* ranks on hosts at random; else rank i on host i */
    bool full;     /* only in the full form */
};

#define PAPER                                                                                                \
    {                                                                                                        \
        .pods = 1, .leaves = 16, .spines = 16, .hosts = 16                                                   \
    }
#define EIGHT                                                                                                \
    {                                                                                                        \
        .pods = 1, .leaves = 8, .spines = 8, .hosts = 8                                                      \
    }

/* ---- the setting ---- */

static void set_fabric(struct topology_config *t, const struct topology_shape *shape)
{
    const struct link_config link = {.rate_bytes_per_s = RATE_BYTES_PER_S,
                                     .delay_ns = 500,
                                     .queue_limit_bytes = 8 << 20,
                                     .mark_from_bytes = 800000,
                                     .mark_full_bytes = 800000};
    *t = (struct topology_config){
        .shape = *shape, .host_link = link, .fabric_link = link, .turnaround_ns = NSEC_PER_USEC};
}

static void set_transport(struct simulation_config *c, const char *control)
{
    struct transport_config *t = &c->transport;
    uint32_t packet_bytes = PAYLOAD_BYTES + 42 + (uint32_t)sizeof(struct packet_data);
    c->base_rtt_ns = simulation_base_rtt_ns(&c->topology, packet_bytes);
    transport_config_default(t, RATE_BYTES_PER_S, c->base_rtt_ns);
    t->payload_bytes_max = PAYLOAD_BYTES;
    t->credit_budget_bytes = 1000000;
    t->rto_min_ns = 80 * NSEC_PER_USEC;
    t->rto_max_ns = NSEC_PER_MSEC;
    t->burst_bytes = 0;
    t->congestion = congestion_control_by_name(control);
}

static uint32_t *place_ranks(const struct results_case *c)
{
    uint32_t *hosts = memory_take(c->workload.ranks, sizeof(*hosts));
    struct random_stream r = {7};
    for (uint32_t i = 0; i < c->workload.ranks; i++)
        hosts[i] = i;
    for (uint32_t i = c->workload.ranks - 1; c->shuffled && i > 0; i--) {
        uint32_t k = (uint32_t)random_below(&r, i + 1), swap = hosts[i];
        hosts[i] = hosts[k];
        hosts[k] = swap;
    }
    return hosts;
}

/* leaf 0 - spine 0, for good, a microsecond after the start. */
static struct sim_fault link_down(const struct topology_shape *shape)
{
    uint32_t hosts = shape->leaves * shape->hosts;
    return (struct sim_fault){.kind = SIM_FAULT_DOWN,
                              .up_link = 2 * hosts,
                              .down_link = 2 * hosts + shape->leaves * shape->spines,
                              .at = EXPERIMENT_START_NS + NSEC_PER_USEC,
                              .until = NSEC_NEVER,
                              .converges_after_ns = NSEC_NEVER};
}

struct results_run {
    const struct results_case *c;
    enum path_mode mode;
    const char *control;
    bool failed;
    unsigned iterations;
};

static void run(const struct results_run *what, struct experiment_result *result)
{
    struct sim_fault fault = link_down(&what->c->shape);
    struct experiment_job job = {.name = what->c->name,
                                 .workload = what->c->workload,
                                 .path_mode = what->mode,
                                 .hosts = place_ranks(what->c),
                                 .iterations = what->iterations,
                                 .hash_seed = 5};
    struct experiment e = {.config = {.seed = 1},
                           .jobs = &job,
                           .job_count = 1,
                           .faults = &fault,
                           .fault_count = what->failed,
                           .limit_ns = 2 * NSEC_PER_SEC};
    set_fabric(&e.config.topology, &what->c->shape);
    set_transport(&e.config, what->control);
    experiment_size_transport(&e);
    experiment_run(&e, result);
    free(job.hosts);
}

/* ---- the page ---- */

/* What the comparison needs of one case. */
struct results_figures {
    const char *name;
    double healthy_ns[MODES][CONTROLS], failed_ns[MODES][CONTROLS]; /* 0: not complete */
    double healthy_bound_ns, failed_bound_ns;
    double queue_peak_bytes[MODES][CONTROLS];
};

struct results_page {
    FILE *out, *progress;
    uint64_t hops;
    double cpu_s;
    struct results_figures figures[CASES_MAX];
    unsigned figure_count;
};

static void show_ratio(FILE *out, const struct experiment_job_result *r)
{
    if (r->complete)
        fprintf(out, " %.3f |", r->completion_ns / r->bound_ns);
    else
        fputs(" not complete |", out);
}

static void count(struct results_page *page, const struct experiment_result *r)
{
    page->hops += r->hops;
    page->cpu_s += r->cpu_s;
}

static void keep(struct results_figures *f, enum path_mode mode, unsigned control,
                 const struct experiment_result *healthy, const struct experiment_result *failed)
{
    f->healthy_ns[mode][control] = healthy->jobs[0].complete ? healthy->jobs[0].completion_ns : 0;
    f->failed_ns[mode][control] = failed->jobs[0].complete ? failed->jobs[0].completion_ns : 0;
    f->healthy_bound_ns = healthy->jobs[0].bound_ns;
    f->failed_bound_ns = failed->jobs[0].bound_ns;
    f->queue_peak_bytes[mode][control] = (double)healthy->queue_peak_bytes;
}

static void show_row(struct results_page *page, const struct results_case *c, enum path_mode mode,
                     unsigned control)
{
    struct experiment_result healthy, failed;
    struct results_run what = {.c = c, .mode = mode, .control = control_names[control], .iterations = 1};
    if (page->progress != NULL)
        fprintf(page->progress, "%s: %s, %s\n", c->name, mode_names[mode], control_names[control]);
    run(&what, &healthy);
    what.failed = true;
    run(&what, &failed);
    const struct experiment_job_result *j = &healthy.jobs[0];
    fprintf(page->out, "| %s | %s |", mode_names[mode], control_names[control]);
    show_ratio(page->out, j);
    fprintf(page->out, " %.1f | %.1f | %.1f | %.3f | %.0f | %.1f | %llu | %llu | %llu |",
            j->completion_ns / 1e3, j->flow_p50_ns / 1e3, j->flow_p99_ns / 1e3, healthy.imbalance,
            (double)healthy.queue_peak_bytes / 1e3, healthy.queue_p99_ns / 1e3,
            (unsigned long long)healthy.marked, (unsigned long long)healthy.counters.retransmits,
            (unsigned long long)healthy.counters.pieces_sent);
    show_ratio(page->out, &failed.jobs[0]);
    fprintf(page->out, " %.1f |\n", failed.jobs[0].completion_ns / 1e3);
    keep(&page->figures[page->figure_count], mode, control, &healthy, &failed);
    count(page, &healthy);
    count(page, &failed);
    experiment_result_clear(&healthy);
    experiment_result_clear(&failed);
}

static void show_case(struct results_page *page, const struct results_case *c)
{
    const struct topology_shape *s = &c->shape;
    fprintf(page->out, "\n### %s\n\n%u hosts, %u leaves x %u spines.\n\n", c->name, s->leaves * s->hosts,
            s->leaves, s->spines);
    fputs("| mode | control | ÷ bound | completion µs | flow p50 | flow p99 | imbalance | peak queue KB | "
          "queue p99 "
          "µs | marks | retransmits | pieces | link down: ÷ bound | completion µs |\n"
          "|---|---|---|---|---|---|---|---|---|---|---|---|---|---|\n",
          page->out);
    page->figures[page->figure_count].name = c->name;
    for (unsigned mode = 0; mode < MODES; mode++) {
        for (unsigned control = 0; control < CONTROLS; control++)
            show_row(page, c, (enum path_mode)mode, control);
    }
    page->figure_count++;
    fflush(page->out);
}

/* Twenty iterations with one of eight uplinks of a leaf dead from the first on. */
static void show_steady_state(struct results_page *page)
{
    const struct results_case c = {"one of eight uplinks dead",
                                   EIGHT,
                                   {.kind = WORKLOAD_EXCHANGE, .ranks = 64, .bytes = 4 << 20, .stride = 8},
                                   false,
                                   false};
    fputs("\n### One of eight uplinks dead, steady state\n\n64 hosts, 8 leaves x 8 spines, exchange with "
          "rank ^ 8 of "
          "4 MiB, 20 iterations; the mean of the last ten ÷ the bound over seven uplinks.\n\n"
          "| mode | control | iteration ÷ bound |\n|---|---|---|\n",
          page->out);
    for (unsigned mode = 0; mode < MODES; mode++) {
        struct experiment_result r;
        run(
            &(struct results_run){
                .c = &c, .mode = (enum path_mode)mode, .control = "nscc", .failed = true, .iterations = 20},
            &r);
        fprintf(page->out, "| %s | nscc | %.3f |\n", mode_names[mode],
                r.jobs[0].complete ? r.jobs[0].iteration_ns / (r.jobs[0].bound_ns / 20) : 0);
        count(page, &r);
        experiment_result_clear(&r);
    }
}

static const struct results_case cases[] = {
    {"exchange with rank ^ 64 (a step of halving-doubling), 4 MB",
     PAPER,
     {.kind = WORKLOAD_EXCHANGE, .ranks = 256, .bytes = 4 << 20, .stride = 64},
     false,
     false},
    {"exchange with rank ^ 64, 16 MB",
     PAPER,
     {.kind = WORKLOAD_EXCHANGE, .ranks = 256, .bytes = 16 << 20, .stride = 64},
     false,
     false},
    {"random permutation, 4 MB",
     PAPER,
     {.kind = WORKLOAD_PERMUTATION, .ranks = 256, .bytes = 4 << 20, .seed = 3},
     false,
     false},
    {"all-to-all, 1 MB a flow",
     EIGHT,
     {.kind = WORKLOAD_ALL_TO_ALL, .ranks = 64, .bytes = 1 << 20},
     false,
     false},
    {"all-to-all skewed 4:1 towards every eighth rank, 256 KB and 1 MB",
     EIGHT,
     {.kind = WORKLOAD_SKEWED_ALL_TO_ALL, .ranks = 64, .bytes = 256 << 10, .stride = 8, .factor = 4},
     false,
     false},
    {"all-reduce by halving-doubling, 64 MB, all steps",
     PAPER,
     {.kind = WORKLOAD_ALL_REDUCE,
      .algorithm = WEFT_ALGORITHM_HALVING_DOUBLING,
      .ranks = 256,
      .bytes = 64 << 20},
     false,
     false},
    {"all-reduce over a double binary tree, 64 MB in 2 x 16 parts",
     PAPER,
     {.kind = WORKLOAD_DOUBLE_TREE, .ranks = 256, .bytes = 64 << 20, .factor = 16},
     false,
     true},
    {"step of a ring, ranks placed at random, 4 MB",
     PAPER,
     {.kind = WORKLOAD_SHIFT, .ranks = 256, .bytes = 4 << 20, .stride = 1},
     true,
     false},
    {"random permutation, 16 MB",
     PAPER,
     {.kind = WORKLOAD_PERMUTATION, .ranks = 256, .bytes = 16 << 20, .seed = 3},
     false,
     true},
    {"all-to-all, 4 MB a flow",
     PAPER,
     {.kind = WORKLOAD_ALL_TO_ALL, .ranks = 256, .bytes = 4 << 20},
     false,
     true},
};

/* The fastest control of the mode. */
static double best(const double times[CONTROLS])
{
    double least = 0;
    for (unsigned i = 0; i < CONTROLS; i++) {
        if (times[i] > 0 && (least == 0 || times[i] < least))
            least = times[i];
    }
    return least;
}

static void show_comparison(struct results_page *page)
{
    fputs("\n## Beside the targets\n\nDefault mode and control (wrap, nscc); spraying with its best control "
          "for that case.\n\n"
          "| case | ÷ bound (≤ 1.03) | ÷ spraying (≤ 1.00) | peak queue ÷ spraying's (≤ 1.0) | link down: ÷ "
          "bound | link "
          "down: ÷ spraying (≤ 0.90) |\n|---|---|---|---|---|---|\n",
          page->out);
    for (unsigned i = 0; i < page->figure_count; i++) {
        const struct results_figures *f = &page->figures[i];
        double healthy = f->healthy_ns[PATH_MODE_WRAP][CONTROL_NSCC],
               failed = f->failed_ns[PATH_MODE_WRAP][CONTROL_NSCC];
        fprintf(page->out, "| %s | %.3f | %.3f | %.2f | %.3f | %.3f |\n", f->name,
                healthy / f->healthy_bound_ns, healthy / best(f->healthy_ns[PATH_MODE_SPRAY]),
                f->queue_peak_bytes[PATH_MODE_WRAP][CONTROL_NSCC] /
                    f->queue_peak_bytes[PATH_MODE_SPRAY][CONTROL_NSCC],
                failed / f->failed_bound_ns, failed / best(f->failed_ns[PATH_MODE_SPRAY]));
    }
}

static const char head[] =
    "# Results of the simulator\n\n"
    "Written by `weft-sim results`; the same sources give the same numbers. Regenerate with `weft-sim "
    "results "
    "tools/sim/RESULTS.md`, with `--full` for what takes long.\n\n"
    "Setting (that of the Ethereal paper where it has one): 400 Gb/s host and fabric links, 500 ns of delay "
    "each, 9000 "
    "bytes of payload, 1 us of turnaround at a host, marks from 800 KB of queue (a step), at most 8 MiB of "
    "queue a port "
    "(about what one port may take of 64 MB shared). Transport: defaults but a credit budget of 1 MB (3 "
    "bandwidth-delay "
    "products), a least timeout of 80 us, and bursts of one packet. Sessions are open before the start; "
    "credits travel "
    "after it. *Bound*: T* of the schedule's steps in wire bytes plus one base round trip (6.7 us); with the "
    "link down, "
    "over what is left, from the first instant on. *Completion*: until the last byte is placed. The failure: "
    "leaf 0 - "
    "spine 0 down, both directions, 1 us after the start, and routing never notices: hosts alone must find "
    "out.\n\n"
    "Spraying is the transport's own: a random path for every packet among those with room, each path with "
    "its own "
    "window, selective acks, loss detection and death, so it recovers as fast as the others.\n\n"
    "Not modelled: buffers shared between ports, pause frames, routing protocols, the time software needs. "
    "REPS and "
    "multi-path RDMA with k windows are not compared: the transport does not have them.\n";

void results_write(FILE *out, bool full, FILE *progress)
{
    struct results_page page = {.out = out, .progress = progress};
    fputs(head, out);
    fputs("\n## Measurements\n", out);
    for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
        if (full || !cases[i].full)
            show_case(&page, &cases[i]);
    }
    show_steady_state(&page);
    show_comparison(&page);
    fprintf(out, "\nTogether %.0f million packet hops.\n", (double)page.hops / 1e6);
    if (progress != NULL)
        fprintf(progress, "%.2f million packet hops a second\n", (double)page.hops / page.cpu_s / 1e6);
}
