/* SPDX-License-Identifier: BSD-3-Clause */
#include "tests/simulation/accuracy/transport_run.h"

#include <stdlib.h>
#include <string.h>

#include "dataplane/transport/congestion.h"
#include "tools/sim/experiment.h"

#define COMPUTE_NS (200 * NSEC_PER_USEC)

enum {
    FOREIGN_IDENTITY = 500
};

/* ---- the fabric ---- */

static uint32_t ports_of_leaf(const struct transport_shape *shape)
{
    return shape->hosts + shape->others;
}

static uint32_t all_ports(const struct transport_shape *shape)
{
    return shape->leaves * ports_of_leaf(shape);
}

static struct topology_config configure_topology(const struct transport_shape *shape, uint64_t seed)
{
    struct link_config host = {.rate_bytes_per_s = HOST_RATE_BYTES_PER_S,
                               .delay_ns = 500,
                               .queue_limit_bytes = 1 << 20,
                               .mark_from_bytes = 64 << 10,
                               .mark_full_bytes = 64 << 10};
    struct topology_config c = {
        .shape = {.pods = 1, .leaves = shape->leaves, .spines = shape->spines, .hosts = ports_of_leaf(shape)},
        .host_link = host,
        .fabric_link = host,
        .seed = seed,
        .turnaround_ns = 1000};
    c.fabric_link.rate_bytes_per_s = shape->fabric_rate_bytes_per_s;
    return c;
}

static struct simulation_config configure(const struct transport_shape *shape, uint64_t seed)
{
    struct simulation_config c = {.seed = seed, .topology = configure_topology(shape, seed)};
    c.base_rtt_ns = simulation_base_rtt_ns(&c.topology, 4096 + 100);
    transport_config_default(&c.transport, HOST_RATE_BYTES_PER_S, c.base_rtt_ns);
    c.transport.peers_max = (uint16_t)all_ports(shape);
    c.transport.paths_max = (uint8_t)shape->spines;
    c.transport.messages_max = 1024;
    c.transport.pieces_max = 8192;
    c.transport.communicators_max = WITNESS_PROBES_MAX + 8;
    return c;
}

static struct localiser *create_localiser(const struct transport_run *r)
{
    struct localiser_port ports[RUN_PORTS_MAX];
    struct localiser_config config;
    char error[LOCALISER_ERROR_BYTES];
    struct localiser *l;
    for (uint32_t i = 0; i < all_ports(&r->shape); i++)
        ports[i] = (struct localiser_port){.address = r->simulation->hosts[i].address,
                                           .leaf = i / ports_of_leaf(&r->shape)};
    struct localiser_fabric fabric = {.leaf_count = r->shape.leaves,
                                      .spine_count = r->shape.spines,
                                      .port_count = all_ports(&r->shape),
                                      .ports = ports};
    localiser_config_default(&config);
    config.round_ns_min = TRANSPORT_TICK_NS;
    config.settle_ns = 5 * NSEC_PER_MSEC;
    config.probe_timeout_ns = 20 * NSEC_PER_MSEC;
    config.silence_settle_ns = 500 * NSEC_PER_USEC;
    config.hang_ns = 100 * NSEC_PER_MSEC;
    config.lone_probes = true;
    if (localiser_create(&fabric, &config, &l, error) != 0)
        abort();
    return l;
}

void transport_run_create(struct transport_run *r, const struct transport_shape *shape, uint64_t seed)
{
    memset(r, 0, sizeof(*r));
    r->shape = *shape;
    if (all_ports(shape) > RUN_PORTS_MAX)
        abort();
    struct simulation_config config = configure(shape, seed);
    r->simulation = simulation_create(&config);
    r->localiser = create_localiser(r);
    witness_begin(&r->witness, r->simulation, r->localiser, RUN_JOBS_MAX);
}

void transport_run_destroy(struct transport_run *r)
{
    simulation_destroy(r->simulation);
    localiser_destroy(r->localiser);
}

uint32_t transport_run_host(const struct transport_run *r, uint32_t leaf, uint32_t i)
{
    return leaf * ports_of_leaf(&r->shape) + i;
}

uint32_t transport_run_other(const struct transport_run *r, uint32_t leaf, uint32_t i)
{
    return transport_run_host(r, leaf, r->shape.hosts + i);
}

/* ---- jobs ---- */

static void shuffle(uint32_t *items, uint32_t count, uint64_t seed)
{
    struct random_stream random = {.state = seed};
    for (uint32_t i = count; i > 1; i--) {
        uint32_t k = (uint32_t)random_below(&random, i), kept = items[k];
        items[k] = items[i - 1];
        items[i - 1] = kept;
    }
}

void transport_run_add_job(struct transport_run *r, const struct transport_job *j)
{
    uint32_t all = r->shape.leaves * r->shape.hosts, ranks = all / j->count;
    struct workload *w = &r->workloads[j->number];
    *w = (struct workload){.kind = WORKLOAD_ALL_TO_ALL, .ranks = ranks, .bytes = j->bytes};
    for (uint32_t i = 0; i < ranks; i++) {
        uint32_t host = i * j->count + j->number;
        r->hosts[j->number][i] = transport_run_host(r, host / r->shape.hosts, host % r->shape.hosts);
    }
    shuffle(r->hosts[j->number], ranks, j->seed);
    job_add(r->simulation, &(struct job_config){.name = "job",
                                                .identity = 1 + j->number,
                                                .rank_hosts = r->hosts[j->number],
                                                .rank_count = ranks,
                                                .path_mode = PATH_MODE_WRAP,
                                                .iterations = j->steps,
                                                .open_at = NSEC_PER_USEC,
                                                .start_at = EXPERIMENT_START_NS,
                                                .gap_ns = COMPUTE_NS,
                                                .deadline_at = NSEC_NEVER,
                                                .may_fail = true,
                                                .workload = w});
}

void transport_run_add_foreign(struct transport_run *r, const struct transport_foreign *f)
{
    unsigned number = r->foreign_count++;
    nsec_t now = simulation_now(r->simulation);
    r->foreign[number] = f->workload;
    memcpy(r->foreign_hosts[number], f->hosts, f->workload.ranks * sizeof(f->hosts[0]));
    job_add(r->simulation,
            &(struct job_config){.name = "others",
                                 .identity = FOREIGN_IDENTITY + number,
                                 .rank_hosts = r->foreign_hosts[number],
                                 .rank_count = f->workload.ranks,
                                 .path_mode = PATH_MODE_HASH,
                                 .hash_seed = f->hash_seed,
                                 .iterations = f->iterations,
                                 .open_at = now + NSEC_PER_USEC,
                                 .start_at = now < EXPERIMENT_START_NS ? EXPERIMENT_START_NS
                                                                       : now + 20 * NSEC_PER_USEC,
                                 .gap_ns = f->gap_ns,
                                 .deadline_at = NSEC_NEVER,
                                 .may_fail = true,
                                 .workload = &r->foreign[number]});
}

/* ---- time ---- */

static void tick_call(struct simulation *s, void *context, uint64_t argument)
{
    (void)argument;
    struct transport_run *r = context;
    localiser_tick(r->localiser, simulation_now(s));
    witness_serve_probes(&r->witness);
    if (r->on_tick(r) && s->jobs[0]->ranks_left > 0)
        simulation_call_at(s, simulation_now(s) + TRANSPORT_TICK_NS, tick_call, r, 0);
    else
        simulation_stop(s);
}

void transport_run_go(struct transport_run *r)
{
    simulation_call_at(r->simulation, EXPERIMENT_START_NS, tick_call, r, 0);
    simulation_run(r->simulation, NSEC_NEVER);
}
