/* SPDX-License-Identifier: BSD-3-Clause */
/* From what stands in the file to an experiment; whatever is wrong is named with its place. */
#include "tools/sim/scenario.h"

#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include "dataplane/daemon/config_position.h"
#include "dataplane/formats/units.h"
#include "dataplane/transport/congestion.h"
#include "tools/sim/memory.h"
#include "tools/sim/scenario_file.h"

struct scenario {
    struct scenario_file *file;
    struct experiment experiment;
};

/* A file that is being read: the first thing found wrong is kept. */
struct reading {
    const char *name;
    char *error;
    bool failed;
};

static void refuse(struct reading *r, const char *path, const char *format, ...)
    __attribute__((format(printf, 3, 4)));
static void refuse(struct reading *r, const char *path, const char *format, ...)
{
    if (r->failed)
        return;
    r->failed = true;
    struct config_position at = config_position_find(r->name, path);
    int used = snprintf(r->error, SCENARIO_ERROR_BYTES, "%s:%u:%u: ", r->name, at.line, at.column);
    va_list arguments;
    va_start(arguments, format);
    vsnprintf(r->error + used, SCENARIO_ERROR_BYTES - (size_t)used, format, arguments);
    va_end(arguments);
}

/* ---- quantities ---- */

typedef int (*quantity_parser)(const char *text, uint64_t *value);

static uint64_t quantity(struct reading *r, quantity_parser parse, const char *path, const char *text,
                         uint64_t otherwise)
{
    static const char *const wanted = "a rate (400G), size (4M) or time (500ns) is wanted";
    uint64_t value = otherwise;
    if (text != NULL && parse(text, &value) != 0)
        refuse(r, path, "'%s': %s", text, wanted);
    return value;
}

static uint64_t rate(struct reading *r, const char *path, const char *text, uint64_t otherwise)
{
    uint64_t bytes_per_s = text == NULL ? otherwise : quantity(r, units_parse_rate, path, text, 8) / 8;
    if (bytes_per_s == 0)
        refuse(r, path, "at least 8 bits per second");
    return bytes_per_s;
}

static uint64_t size(struct reading *r, const char *path, const char *text, uint64_t otherwise)
{
    return quantity(r, units_parse_size, path, text, otherwise);
}

static nsec_t duration(struct reading *r, const char *path, const char *text, nsec_t otherwise)
{
    return quantity(r, units_parse_duration, path, text, otherwise);
}

/* The index of the text among the names; 0 when there is no text. */
static unsigned choice(struct reading *r, const char *path, const char *text, const char *const *names,
                       unsigned count)
{
    if (text == NULL)
        return 0;
    for (unsigned i = 0; i < count; i++) {
        if (strcmp(names[i], text) == 0)
            return i;
    }
    char all[SCENARIO_ERROR_BYTES] = "";
    for (unsigned i = 0; i < count; i++)
        snprintf(all + strlen(all), sizeof(all) - strlen(all), "%s%s", i ? ", " : "", names[i]);
    refuse(r, path, "'%s' is none of %s", text, all);
    return 0;
}

enum {
    NAMES_MAX = 32
};

static enum path_mode path_mode(struct reading *r, const char *path, const char *text)
{
    const char *names[NAMES_MAX];
    unsigned count = 0;
    while (count < NAMES_MAX && path_mode_name(count) != NULL) {
        names[count] = path_mode_name(count);
        count++;
    }
    return text == NULL ? PATH_MODE_WRAP : (enum path_mode)choice(r, path, text, names, count);
}

static const struct congestion_control *congestion(struct reading *r, const char *path, const char *text,
                                                   const struct congestion_control *otherwise)
{
    const char *names[NAMES_MAX];
    unsigned count = 0;
    while (count < NAMES_MAX && congestion_control_at(count) != NULL) {
        names[count] = congestion_control_at(count)->name;
        count++;
    }
    return text == NULL ? otherwise : congestion_control_at(choice(r, path, text, names, count));
}

/* ---- fabric and transport ---- */

static void read_fabric(struct reading *r, const struct scenario_fabric *f, struct topology_config *t)
{
    static const char *const routings[] = {"hash", "spray"};
    char wrong[128];
    t->shape = (struct topology_shape){.pods = f->pods ? f->pods : 1,
                                       .leaves = f->leaves,
                                       .spines = f->spines,
                                       .cores = f->cores,
                                       .hosts = f->hosts};
    if (!topology_shape_is_valid(&t->shape, wrong, sizeof(wrong)))
        refuse(r, "fabric", "%s", wrong);
    struct link_config *host = &t->host_link;
    host->rate_bytes_per_s = rate(r, "fabric.rate", f->rate, 50000000000);
    host->delay_ns = duration(r, "fabric.delay", f->delay, 500);
    host->queue_limit_bytes = size(r, "fabric.queue", f->queue, 8 << 20);
    host->mark_from_bytes = size(r, "fabric.mark_from", f->mark_from, 800000);
    host->mark_full_bytes = size(r, "fabric.mark_full", f->mark_full, host->mark_from_bytes);
    if (host->mark_full_bytes < host->mark_from_bytes)
        refuse(r, "fabric.mark_full", "less than mark_from");
    host->trims = f->trimming;
    t->fabric_link = *host;
    t->fabric_link.rate_bytes_per_s = rate(r, "fabric.fabric_rate", f->fabric_rate, host->rate_bytes_per_s);
    t->switches_spray = choice(r, "fabric.routing", f->routing, routings, 2) == 1;
    t->turnaround_ns = duration(r, "fabric.turnaround", f->turnaround, NSEC_PER_USEC);
}

static void read_transport(struct reading *r, const struct scenario_transport *f, struct simulation_config *c)
{
    struct transport_config *t = &c->transport;
    uint32_t payload = f->payload ? f->payload : 4096;
    if (payload > 65000)
        refuse(r, "transport.payload", "at most 65000 bytes");
    c->base_rtt_ns =
        simulation_base_rtt_ns(&c->topology, payload + 42 + (uint32_t)sizeof(struct packet_data));
    transport_config_default(t, c->topology.host_link.rate_bytes_per_s, c->base_rtt_ns);
    t->payload_bytes_max = (uint16_t)payload;
    t->window_packets = (uint16_t)(f->window_packets ? f->window_packets : t->window_packets);
    if (t->window_packets < 8 || t->window_packets > PACKET_WINDOW_MAX ||
        t->window_packets & (t->window_packets - 1))
        refuse(r, "transport.window_packets", "a power of two from 8 to %d", PACKET_WINDOW_MAX);
    t->credit_budget_bytes =
        (uint32_t)size(r, "transport.credit_budget", f->credit_budget, 3 * (uint64_t)t->credit_budget_bytes);
    t->burst_bytes = (uint32_t)size(r, "transport.burst", f->burst, 0);
    t->rto_min_ns = duration(r, "transport.rto_min", f->rto_min, 4 * c->base_rtt_ns + 5 * NSEC_PER_USEC);
    t->rto_max_ns = duration(r, "transport.rto_max", f->rto_max, t->rto_max_ns);
    t->ack_delay_ns = duration(r, "transport.ack_delay", f->ack_delay, t->ack_delay_ns);
    t->peer_timeout_ns = duration(r, "transport.peer_timeout", f->peer_timeout, t->peer_timeout_ns);
    if (t->rto_min_ns == 0 || t->rto_max_ns < t->rto_min_ns)
        refuse(r, "transport.rto_max", "rto_max is less than rto_min, or rto_min is 0");
    t->congestion = congestion(r, "transport.congestion_control", f->congestion_control, t->congestion);
}

/* ---- jobs ---- */

static void shuffle_hosts(struct experiment_job *j, uint64_t seed)
{
    struct random_stream random = {mix64_pair(seed, 5)};
    for (uint32_t i = j->workload.ranks - 1; i > 0; i--) {
        uint32_t k = (uint32_t)random_below(&random, i + 1), swap = j->hosts[i];
        j->hosts[i] = j->hosts[k];
        j->hosts[k] = swap;
    }
}

/* The hosts that are listed, or `ranks` from first_host on; none, and false, when there are no such. */
static bool place_ranks(struct reading *r, const struct scenario_job *f, const char *path, uint32_t hosts,
                        struct experiment_job *j)
{
    if (f->first_host >= hosts || f->ranks > hosts - f->first_host) {
        refuse(r, path, "hosts %u to %llu are wanted, there are %u: fewer ranks, or another first_host",
               f->first_host, (unsigned long long)f->first_host + f->ranks - (f->ranks > 0), hosts);
        return false;
    }
    if (f->hosts != NULL && (f->ranks != 0 || f->first_host != 0))
        refuse(r, path, "a job has either hosts or ranks and first_host");
    j->workload.ranks = f->hosts ? f->hosts_count : f->ranks ? f->ranks : hosts - f->first_host;
    j->hosts = memory_take(j->workload.ranks, sizeof(*j->hosts));
    for (uint32_t i = 0; i < j->workload.ranks; i++) {
        j->hosts[i] = f->hosts ? f->hosts[i] : f->first_host + i;
        if (j->hosts[i] >= hosts)
            refuse(r, path, "%u is no host: 0 to %u", j->hosts[i], hosts - 1);
    }
    return !r->failed;
}

static void read_workload(struct reading *r, const struct scenario_job *f, const char *path,
                          struct workload *w)
{
    static const char *const algorithms[] = {"auto", "ring", "halving_doubling", "direct"};
    const char *kinds[WORKLOAD_KINDS];
    char at[64], wrong[128];
    for (unsigned i = 0; i < WORKLOAD_KINDS; i++)
        kinds[i] = workload_kind_name((enum workload_kind)i);
    snprintf(at, sizeof(at), "%s.workload", path);
    if (f->workload == NULL)
        refuse(r, path, "a job needs a workload");
    w->kind = (enum workload_kind)choice(r, at, f->workload, kinds, WORKLOAD_KINDS);
    snprintf(at, sizeof(at), "%s.algorithm", path);
    w->algorithm = (enum weft_algorithm)choice(r, at, f->algorithm, algorithms, 4);
    snprintf(at, sizeof(at), "%s.bytes", path);
    w->bytes = size(r, at, f->bytes, 1 << 20);
    w->stride = f->stride ? f->stride : 1;
    w->factor = f->factor ? f->factor : 1;
    w->layers = f->layers;
    snprintf(at, sizeof(at), "%s.compute", path);
    w->compute_ns = duration(r, at, f->compute, 0);
    if (!workload_is_valid(w, wrong, sizeof(wrong)))
        refuse(r, path, "%s", wrong);
}

static void read_job(struct reading *r, const struct scenario_file *file, unsigned number,
                     struct experiment *e)
{
    static const char *const placements[] = {"in_order", "random"};
    const struct scenario_job *f = &file->jobs[number];
    struct experiment_job *j = &e->jobs[number];
    const struct topology_shape *s = &e->config.topology.shape;
    uint32_t hosts = s->pods * s->leaves * s->hosts;
    char path[32], at[64];
    snprintf(path, sizeof(path), "jobs[%u]", number);
    j->name = f->name != NULL ? f->name : "job";
    j->workload.seed = mix64_pair(file->seed, number);
    if (!place_ranks(r, f, path, hosts, j))
        return;
    read_workload(r, f, path, &j->workload);
    snprintf(at, sizeof(at), "%s.path_mode", path);
    j->path_mode = path_mode(r, at, f->path_mode);
    snprintf(at, sizeof(at), "%s.start", path);
    j->start_ns = duration(r, at, f->start, 0);
    snprintf(at, sizeof(at), "%s.gap", path);
    j->gap_ns = duration(r, at, f->gap, 0);
    j->iterations = f->iterations ? f->iterations : 1;
    j->hash_seed = (uint32_t)file->seed;
    snprintf(at, sizeof(at), "%s.placement", path);
    if (choice(r, at, f->placement, placements, 2) == 1)
        shuffle_hosts(j, file->seed + number);
}

/* ---- faults ---- */

static void read_amount(struct reading *r, const char *path, const char *text, struct sim_fault *f)
{
    uint32_t ratio = 0;
    bool of_time = f->kind == SIM_FAULT_DELAY;
    bool of_share = f->kind == SIM_FAULT_LOSS || f->kind == SIM_FAULT_CORRUPT ||
                    f->kind == SIM_FAULT_DUPLICATE || f->kind == SIM_FAULT_REORDER ||
                    f->kind == SIM_FAULT_RATE;
    if (!of_time && !of_share)
        return;
    if (text == NULL) {
        refuse(r, path, "this kind of fault needs a value");
    } else if (of_time) {
        f->amount_ns = duration(r, path, text, 0);
    } else if (units_parse_ratio(text, &ratio) != 0) {
        refuse(r, path, "'%s': a share is wanted, such as 1%%", text);
    } else {
        uint32_t whole = f->kind == SIM_FAULT_RATE ? 100 : 1000000;
        f->amount = (uint32_t)(((uint64_t)ratio * whole + (1ull << 31)) >> 32);
    }
}

static void read_place(struct reading *r, const struct scenario_fault *f, const struct topology *t,
                       const char *path, struct sim_fault *out)
{
    static const char *const directions[] = {"both", "up", "down"};
    bool of_host = sim_fault_is_of_host(out->kind);
    char at[64], *end = NULL;
    snprintf(at, sizeof(at), "%s.direction", path);
    out->direction = (enum sim_fault_direction)choice(r, at, f->direction, directions, 3);
    snprintf(at, sizeof(at), "%s.%s", path, of_host ? "host" : "link");
    const char *name = of_host ? f->host : f->link;
    if (name == NULL) {
        refuse(r, path, "which %s?", of_host ? "host" : "link");
    } else if (of_host) {
        out->host = (uint32_t)strtoul(name, &end, 10);
        if (*end != '\0' || out->host >= t->host_count)
            refuse(r, at, "'%s' is no host: 0 to %u", name, t->host_count - 1);
    } else if (!topology_find_link(t, name, &out->up_link, &out->down_link)) {
        refuse(r, at, "'%s' is no link: leaf0-spine1, host3-leaf0, ...", name);
    }
}

static void read_fault(struct reading *r, const struct scenario_file *file, unsigned number,
                       const struct topology *t, struct sim_fault *out)
{
    const struct scenario_fault *f = &file->faults[number];
    const char *kinds[SIM_FAULT_KINDS];
    char path[32], at[64];
    for (unsigned i = 0; i < SIM_FAULT_KINDS; i++)
        kinds[i] = sim_fault_kind_name((enum sim_fault_kind)i);
    snprintf(path, sizeof(path), "faults[%u]", number);
    snprintf(at, sizeof(at), "%s.kind", path);
    out->kind = (enum sim_fault_kind)choice(r, at, f->kind, kinds, SIM_FAULT_KINDS);
    read_place(r, f, t, path, out);
    snprintf(at, sizeof(at), "%s.value", path);
    out->amount_ns = 20 * NSEC_PER_USEC; /* reordered packets: at most this late */
    read_amount(r, at, f->value, out);
    snprintf(at, sizeof(at), "%s.at", path);
    out->at = EXPERIMENT_START_NS + duration(r, at, f->at, 0);
    snprintf(at, sizeof(at), "%s.until", path);
    out->until = f->until ? EXPERIMENT_START_NS + duration(r, at, f->until, 0) : NSEC_NEVER;
    if (out->until <= out->at)
        refuse(r, at, "the fault ends before it begins");
    snprintf(at, sizeof(at), "%s.converges_after", path);
    out->converges_after_ns = f->converges_after ? duration(r, at, f->converges_after, 0) : NSEC_NEVER;
}

static void read_faults(struct reading *r, const struct scenario_file *file, struct experiment *e)
{
    struct topology t;
    topology_init(&t, &e->config.topology);
    for (unsigned i = 0; i < file->faults_count; i++)
        read_fault(r, file, i, &t, &e->faults[i]);
    topology_destroy(&t);
}

/* ---- the whole ---- */

static void read_all(struct reading *r, const struct scenario_file *file, struct experiment *e)
{
    e->config.seed = file->seed;
    e->config.content = file->check_content;
    e->limit_ns = duration(r, "limit", file->limit, NSEC_PER_SEC);
    e->sample_every_ns = duration(r, "samples.every", file->samples.every, 0);
    if (file->samples.file != NULL && e->sample_every_ns == 0)
        refuse(r, "samples", "samples need a time: every");
    read_fabric(r, &file->fabric, &e->config.topology);
    if (r->failed)
        return;
    read_transport(r, &file->transport, &e->config);
    e->job_count = file->jobs_count;
    e->jobs = memory_take(e->job_count, sizeof(*e->jobs));
    e->fault_count = file->faults_count;
    e->faults = memory_take(e->fault_count, sizeof(*e->faults));
    for (unsigned i = 0; i < file->jobs_count; i++)
        read_job(r, file, i, e);
    read_faults(r, file, e);
    if (!r->failed)
        experiment_size_transport(e);
}

struct scenario *scenario_load(const char *file, char error[SCENARIO_ERROR_BYTES])
{
    struct reading r = {.name = file, .error = error};
    struct scenario *s = memory_take(1, sizeof(*s));
    s->file = scenario_file_load(file, error);
    if (s->file != NULL)
        read_all(&r, s->file, &s->experiment);
    if (s->file != NULL && !r.failed)
        return s;
    scenario_free(s);
    return NULL;
}

void scenario_free(struct scenario *s)
{
    for (unsigned i = 0; s->experiment.jobs != NULL && i < s->experiment.job_count; i++)
        free(s->experiment.jobs[i].hosts);
    free(s->experiment.jobs);
    free(s->experiment.faults);
    scenario_file_free(s->file);
    free(s);
}

const struct experiment *scenario_experiment(const struct scenario *s)
{
    return &s->experiment;
}

const char *scenario_samples_file(const struct scenario *s)
{
    return s->file->samples.file;
}
