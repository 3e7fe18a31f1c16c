/* SPDX-License-Identifier: BSD-3-Clause */
/* From what stands in the file to an experiment; whatever is wrong is named with its place. */
#include "tools/sim/scenario.h"

#include <stdlib.h>

#include "dataplane/transport/congestion.h"
#include "tools/sim/memory.h"
#include "tools/sim/scenario_reading.h"

struct scenario {
    struct scenario_file *file;
    struct experiment experiment;
};

enum {
    NAMES_MAX = 32,
    PHASES_MAX = 1000000,   /* of a job */
    MESSAGES_MOST = 1 << 19 /* what a name has room for */
};

static enum path_mode path_mode(struct yaml_check *r, const char *path, const char *text)
{
    const char *names[NAMES_MAX];
    unsigned count = 0;
    while (count < NAMES_MAX && path_mode_name(count) != NULL) {
        names[count] = path_mode_name(count);
        count++;
    }
    return text == NULL ? PATH_MODE_WRAP : (enum path_mode)reading_choice(r, path, text, names, count);
}

static const struct congestion_control *congestion(struct yaml_check *r, const char *path, const char *text,
                                                   const struct congestion_control *otherwise)
{
    const char *names[NAMES_MAX];
    unsigned count = 0;
    while (count < NAMES_MAX && congestion_control_at(count) != NULL) {
        names[count] = congestion_control_at(count)->name;
        count++;
    }
    return text == NULL ? otherwise : congestion_control_at(reading_choice(r, path, text, names, count));
}

/* ---- fabric and transport ---- */

static void read_fabric(struct yaml_check *r, const struct scenario_fabric *f, struct topology_config *t)
{
    static const char *const routings[] = {"hash", "spray"};
    char wrong[128];
    t->shape = (struct topology_shape){.pods = f->pods ? f->pods : 1,
                                       .leaves = f->leaves,
                                       .spines = f->spines,
                                       .cores = f->cores,
                                       .hosts = f->hosts};
    if (!topology_shape_is_valid(&t->shape, wrong, sizeof(wrong)))
        yaml_check_refuse(r, "fabric", "%s", wrong);
    struct link_config *host = &t->host_link;
    host->rate_bytes_per_s = reading_rate(r, "fabric.rate", f->rate, 50000000000);
    host->delay_ns = reading_duration(r, "fabric.delay", f->delay, 500);
    host->queue_limit_bytes = reading_size(r, "fabric.queue", f->queue, 8 << 20);
    host->mark_from_bytes = reading_size(r, "fabric.mark_from", f->mark_from, 800000);
    host->mark_full_bytes = reading_size(r, "fabric.mark_full", f->mark_full, host->mark_from_bytes);
    if (host->mark_full_bytes < host->mark_from_bytes)
        yaml_check_refuse(r, "fabric.mark_full", "less than mark_from");
    host->trims = f->trimming;
    t->fabric_link = *host;
    t->fabric_link.rate_bytes_per_s =
        reading_rate(r, "fabric.fabric_rate", f->fabric_rate, host->rate_bytes_per_s);
    t->switches_spray = reading_choice(r, "fabric.routing", f->routing, routings, 2) == 1;
    t->turnaround_ns = reading_duration(r, "fabric.turnaround", f->turnaround, NSEC_PER_USEC);
}

static uint32_t size_32(struct yaml_check *r, const char *path, const char *text, uint64_t otherwise)
{
    uint64_t bytes = reading_size(r, path, text, otherwise);
    if (text != NULL && bytes > UINT32_MAX)
        yaml_check_refuse(r, path, "less than 4G");
    return bytes > UINT32_MAX ? UINT32_MAX : (uint32_t)bytes;
}

static void read_transport(struct yaml_check *r, const struct scenario_transport *f,
                           struct simulation_config *c)
{
    static const char *const orders[] = {"of_mode", "fair", "batches"};
    struct transport_config *t = &c->transport;
    uint32_t payload = f->payload ? f->payload : 4096;
    if (payload > 65000)
        yaml_check_refuse(r, "transport.payload", "at most 65000 bytes");
    c->base_rtt_ns =
        simulation_base_rtt_ns(&c->topology, payload + 42 + (uint32_t)sizeof(struct packet_data));
    if (c->base_rtt_ns > NSEC_PER_SEC)
        yaml_check_refuse(r, "fabric", "a round trip takes more than a second: less delay, or a higher rate");
    transport_config_default(t, c->topology.host_link.rate_bytes_per_s, c->base_rtt_ns);
    t->payload_bytes_max = (uint16_t)payload;
    uint32_t window = f->window_packets ? f->window_packets : t->window_packets;
    if (window < 8 || window > PACKET_WINDOW_MAX || (window & (window - 1)))
        yaml_check_refuse(r, "transport.window_packets", "a power of two from 8 to %d", PACKET_WINDOW_MAX);
    t->window_packets = (uint16_t)window;
    t->credit_budget_bytes = size_32(r, "transport.credit_budget", f->credit_budget, t->credit_budget_bytes);
    t->credit_order =
        (enum credit_order)reading_choice(r, "transport.credit_order", f->credit_order, orders, 3);
    t->burst_bytes = size_32(r, "transport.burst", f->burst, t->burst_bytes);
    t->rto_min_ns = reading_duration(r, "transport.rto_min", f->rto_min, t->rto_min_ns);
    t->rto_max_ns = reading_duration(r, "transport.rto_max", f->rto_max, t->rto_max_ns);
    t->ack_delay_ns = reading_duration(r, "transport.ack_delay", f->ack_delay, t->ack_delay_ns);
    t->peer_timeout_ns = reading_duration(r, "transport.peer_timeout", f->peer_timeout, t->peer_timeout_ns);
    if (t->rto_min_ns == 0 || t->rto_max_ns < t->rto_min_ns)
        yaml_check_refuse(r, "transport.rto_max", "rto_max is less than rto_min, or rto_min is 0");
    t->congestion = congestion(r, "transport.congestion_control", f->congestion_control, t->congestion);
}

/* Otherwise the tables have room for all that the ranks of a host may post at once. */
static void read_messages(struct yaml_check *r, uint32_t messages, struct transport_config *t)
{
    if (messages > MESSAGES_MOST)
        yaml_check_refuse(r, "transport.messages", "at most %d", MESSAGES_MOST);
    else if (messages > 0)
        t->messages_max = messages;
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
static bool place_ranks(struct yaml_check *r, const struct scenario_job *f, const char *path, uint32_t hosts,
                        struct experiment_job *j)
{
    if (f->first_host >= hosts || f->ranks > hosts - f->first_host) {
        yaml_check_refuse(
            r, path, "hosts %u to %llu are wanted, there are %u: fewer ranks, or another first_host",
            f->first_host, (unsigned long long)f->first_host + f->ranks - (f->ranks > 0), hosts);
        return false;
    }
    if (f->hosts != NULL && (f->ranks != 0 || f->first_host != 0))
        yaml_check_refuse(r, path, "a job has either hosts or ranks and first_host");
    j->workload.ranks = f->hosts ? f->hosts_count : f->ranks ? f->ranks : hosts - f->first_host;
    j->hosts = memory_take(j->workload.ranks, sizeof(*j->hosts));
    for (uint32_t i = 0; i < j->workload.ranks; i++) {
        j->hosts[i] = f->hosts ? f->hosts[i] : f->first_host + i;
        if (j->hosts[i] >= hosts)
            yaml_check_refuse(r, path, "%u is no host: 0 to %u", j->hosts[i], hosts - 1);
    }
    return !r->failed;
}

static void read_workload(struct yaml_check *r, const struct scenario_job *f, const char *path,
                          struct workload *w)
{
    static const char *const algorithms[] = {"auto", "ring", "halving_doubling", "direct"};
    const char *kinds[WORKLOAD_KINDS];
    char wrong[128];
    for (unsigned i = 0; i < WORKLOAD_KINDS; i++)
        kinds[i] = workload_kind_name((enum workload_kind)i);
    if (f->workload == NULL)
        yaml_check_refuse(r, path, "a job needs a workload");
    w->kind = (enum workload_kind)reading_choice(r, reading_member(path, "workload"), f->workload, kinds,
                                                 WORKLOAD_KINDS);
    w->algorithm = (enum weft_algorithm)reading_choice(r, reading_member(path, "algorithm"), f->algorithm,
                                                       algorithms, 4);
    w->bytes = reading_size(r, reading_member(path, "bytes"), f->bytes, 1 << 20);
    w->stride = f->stride ? f->stride : 1;
    w->factor = f->factor ? f->factor : 1;
    w->layers = f->layers;
    w->compute_ns = reading_duration(r, reading_member(path, "compute"), f->compute, 0);
    if (!r->failed && !workload_is_valid(w, wrong, sizeof(wrong)))
        yaml_check_refuse(r, path, "%s", wrong);
}

static void read_iterations(struct yaml_check *r, const struct scenario_job *f, const char *path,
                            struct experiment_job *j)
{
    j->iterations = f->iterations ? f->iterations : 1;
    if ((uint64_t)j->iterations * workload_phases(&j->workload) > PHASES_MAX)
        yaml_check_refuse(r, path, "iterations times layers: at most a million phases");
}

static void read_job(struct yaml_check *r, const struct scenario_file *file, unsigned number,
                     struct experiment *e)
{
    static const char *const placements[] = {"in_order", "random"};
    const struct scenario_job *f = &file->jobs[number];
    struct experiment_job *j = &e->jobs[number];
    const struct topology_shape *s = &e->config.topology.shape;
    char path[32];
    snprintf(path, sizeof(path), "jobs[%u]", number);
    j->name = f->name != NULL ? f->name : "job";
    j->workload.seed = mix64_pair(file->seed, number);
    j->hash_seed = (uint32_t)file->seed;
    if (!place_ranks(r, f, path, s->pods * s->leaves * s->hosts, j))
        return;
    read_workload(r, f, path, &j->workload);
    read_iterations(r, f, path, j);
    j->path_mode = path_mode(r, reading_member(path, "path_mode"), f->path_mode);
    j->start_ns = reading_duration(r, reading_member(path, "start"), f->start, 0);
    j->gap_ns = reading_duration(r, reading_member(path, "gap"), f->gap, 0);
    if (reading_choice(r, reading_member(path, "placement"), f->placement, placements, 2) == 1)
        shuffle_hosts(j, file->seed + number);
}

/* ---- the whole ---- */

static void read_all(struct yaml_check *r, const struct scenario_file *file, struct experiment *e)
{
    e->config.seed = file->seed;
    e->config.content = file->check_content;
    e->limit_ns = reading_duration(r, "limit", file->limit, NSEC_PER_SEC);
    e->config.control_delay_ns = reading_duration(r, "control_delay", file->control_delay, PLANNING_DELAY_NS);
    e->sample_every_ns = reading_duration(r, "samples.every", file->samples.every, 0);
    if (file->samples.file != NULL && e->sample_every_ns == 0)
        yaml_check_refuse(r, "samples", "samples need a time: every");
    read_fabric(r, &file->fabric, &e->config.topology);
    if (r->failed)
        return;
    read_transport(r, &file->transport, &e->config);
    e->job_count = file->jobs_count;
    e->jobs = memory_take(e->job_count, sizeof(*e->jobs));
    for (unsigned i = 0; i < file->jobs_count; i++)
        read_job(r, file, i, e);
    reading_faults(r, file, e);
    if (r->failed)
        return;
    experiment_size_transport(e);
    read_messages(r, file->transport.messages, &e->config.transport);
}

struct scenario *scenario_load(const char *file, char error[YAML_ERROR_BYTES])
{
    struct yaml_check r = {.file = file, .error = error};
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
