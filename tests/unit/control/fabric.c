/* SPDX-License-Identifier: BSD-3-Clause */
#include "tests/unit/control/fabric.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum {
    PATHS_MAX = 1 << 20
};

static void write_links(FILE *out, struct fabric_shape s)
{
    fprintf(out, "  links:\n");
    for (uint32_t leaf = 0; leaf < s.leaves; leaf++) {
        for (uint32_t i = 0; i < s.spines; i++)
            fprintf(out, "    - {endpoints: [leaf%u, spine%u], rate: %uG}\n", leaf, i,
                    s.spine_link_gbps > 0 ? s.spine_link_gbps : 100);
        for (uint32_t i = 0; i < s.hosts; i++)
            fprintf(out, "    - {endpoints: [\"host%u:eth0\", leaf%u], rate: 100G}\n", leaf * s.hosts + i,
                    leaf);
    }
}

static struct topology *make_topology(struct fabric_shape s)
{
    char *text;
    size_t bytes;
    struct topology *topology;
    struct topology_error error;
    FILE *out = open_memstream(&text, &bytes);
    fprintf(out, "topology:\n  nodes:\n");
    for (uint32_t i = 0; i < s.leaves; i++)
        fprintf(out, "    leaf%u: {kind: leaf}\n", i);
    for (uint32_t i = 0; i < s.spines; i++)
        fprintf(out, "    spine%u: {kind: spine, address: 10.255.1.%u}\n", i, i + 1);
    for (uint32_t i = 0; i < s.leaves * s.hosts; i++) {
        uint32_t leaf = i / s.hosts;
        fprintf(out, "    host%u: {kind: host, addresses: {eth0: 10.%u.%u.%u}}\n", i, leaf % 250 + 1,
                leaf / 250, i % s.hosts + 1);
    }
    write_links(out, s);
    fclose(out);
    if (topology_parse("fabric", text, bytes, &topology, &error) != 0)
        fail_msg("%s", error.text);
    free(text);
    return topology;
}

static void start(struct fabric *f, const char *store)
{
    char text[STORE_ERROR_BYTES];
    struct core_error error;
    if (store_sqlite_open(store, &f->store, text) != 0)
        fail_msg("%s", text);
    struct core_config config = {.topology = f->topology,
                                 .store = f->store,
                                 .leaf_prefix_bits = 24,
                                 .lease_ns = 10 * SECOND,
                                 .report_every_ns = 2 * SECOND,
                                 .plan_delay_ns = 5 * MS,
                                 .drained_uplinks_max = 0.125};
    if (core_create(&config, f->now_ns, &f->core, &error) != 0)
        fail_msg("%s", error.text);
}

void fabric_open(struct fabric *f, struct fabric_shape shape, const char *store)
{
    *f = (struct fabric){.shape = shape,
                         .host_count = shape.leaves * shape.hosts,
                         .now_ns = 1700000000 * SECOND,
                         .incarnation = 1,
                         .topology = make_topology(shape)};
    f->dead = calloc(shape.leaves * shape.spines, sizeof(*f->dead));
    start(f, store);
}

static void stop(struct fabric *f)
{
    core_destroy(f->core);
    f->store->operations->close(f->store);
}

void fabric_close(struct fabric *f)
{
    stop(f);
    for (unsigned i = 0; i < f->job_count; i++) {
        free(f->jobs[i].hosts);
        free(f->jobs[i].addresses);
        free(f->jobs[i].ranks);
    }
    topology_free(f->topology);
    free(f->dead);
}

void fabric_restart(struct fabric *f, const char *store)
{
    stop(f);
    start(f, store);
}

uint32_t fabric_address(const struct fabric *f, uint32_t host)
{
    uint32_t leaf = host / f->shape.hosts;
    return 10u << 24 | (leaf % 250 + 1) << 16 | leaf / 250 << 8 | (host % f->shape.hosts + 1);
}

uint32_t fabric_spine_address(uint32_t spine)
{
    return 10u << 24 | 255u << 16 | 1u << 8 | (spine + 1);
}

uint32_t fabric_link(const struct fabric *f, uint32_t leaf, uint32_t spine)
{
    char name[64];
    snprintf(name, sizeof(name), "leaf%u-spine%u", leaf, spine);
    return topology_link_by_name(f->topology, name);
}

void fabric_kill(struct fabric *f, uint32_t leaf, uint32_t spine)
{
    f->dead[leaf * f->shape.spines + spine] = true;
}

void fabric_mend(struct fabric *f, uint32_t leaf, uint32_t spine)
{
    f->dead[leaf * f->shape.spines + spine] = false;
}

struct fabric_job *fabric_add_job(struct fabric *f, uint64_t identity, const uint32_t *hosts, uint32_t count)
{
    struct fabric_job *job = &f->jobs[f->job_count++];
    job->identity = identity;
    job->rank_count = hosts != NULL ? count : f->host_count;
    job->hosts = calloc(job->rank_count, sizeof(*job->hosts));
    job->addresses = calloc(job->rank_count, sizeof(*job->addresses));
    job->ranks = calloc(f->host_count, sizeof(*job->ranks));
    for (uint32_t i = 0; i < job->rank_count; i++) {
        job->hosts[i] = hosts != NULL ? hosts[i] : i;
        job->ranks[job->hosts[i]] = i + 1;
        job->addresses[i] = fabric_address(f, job->hosts[i]);
    }
    return job;
}

void fabric_add_demand(struct fabric_job *job, enum step_shape shape, uint64_t flow_bytes)
{
    job->demands[job->demand_count++] = (struct core_demand){shape, flow_bytes};
}

struct core_report fabric_begin_report(struct fabric *f, uint32_t host)
{
    return (struct core_report){.address = fabric_address(f, host),
                                .incarnation = f->incarnation,
                                .sequence = ++f->sequence,
                                .plan_epoch = core_epoch(f->core),
                                .rate_bits_per_s = 100000000000};
}

static void take(struct fabric *f, const struct core_report *report)
{
    struct core_error error;
    if (core_report(f->core, report, f->now_ns, &f->reply, &error) != 0)
        fail_msg("%s", error.text);
}

static unsigned add_paths(struct fabric *f, struct core_path *paths, unsigned count, uint32_t host,
                          uint32_t peer)
{
    uint32_t from = host / f->shape.hosts, to = peer / f->shape.hosts;
    for (uint32_t spine = 0; from != to && spine < f->shape.spines; spine++) {
        bool near = f->dead[from * f->shape.spines + spine], far = f->dead[to * f->shape.spines + spine];
        if (f->routed && (near || far))
            continue;
        paths[count++] = (struct core_path){.peer = fabric_address(f, peer),
                                            .spine = fabric_spine_address(spine),
                                            .source_port = (uint16_t)(49152 + spine),
                                            .alive = !near && !far,
                                            .complete = !f->hasty,
                                            .heard_ms = near || f->deaf ? CORE_NEVER_HEARD : 0,
                                            .acked_bytes = f->acked_bytes};
    }
    return count;
}

/* All that the host knows; `report` has what is more than that. */
static void report_as(struct fabric *f, uint32_t host, struct core_report report)
{
    static struct core_communicator communicators[FABRIC_JOBS_MAX];
    static struct core_path paths[PATHS_MAX];
    for (unsigned i = 0; i < f->job_count; i++) {
        const struct fabric_job *job = &f->jobs[i];
        if (job->ranks[host] == 0)
            continue;
        uint32_t rank = job->ranks[host] - 1;
        struct core_communicator *c = &communicators[report.communicator_count++];
        *c = (struct core_communicator){.identity = job->identity,
                                        .rank = rank,
                                        .rank_count = job->rank_count,
                                        .addresses = job->addresses,
                                        .name = "test",
                                        .planned = true,
                                        .demand_count = job->demand_count};
        memcpy(c->demands, job->demands, sizeof(c->demands));
        report.path_count =
            add_paths(f, paths, report.path_count, host, job->hosts[(rank + 1) % job->rank_count]);
    }
    report.communicators = communicators;
    report.paths = paths;
    take(f, &report);
}

void fabric_report(struct fabric *f, uint32_t host)
{
    report_as(f, host, fabric_begin_report(f, host));
}

void fabric_report_probed(struct fabric *f, uint32_t host, const uint32_t *peers, unsigned count)
{
    struct core_report report = fabric_begin_report(f, host);
    report.probed = peers;
    report.probed_count = count;
    report_as(f, host, report);
}

void fabric_report_timed(struct fabric *f, uint32_t host, const struct core_timed *timed, unsigned count)
{
    struct core_report report = fabric_begin_report(f, host);
    report.timed = timed;
    report.timed_count = count;
    report_as(f, host, report);
}

void fabric_report_all(struct fabric *f)
{
    f->acked_bytes += MIB;
    for (uint32_t host = 0; host < f->host_count; host++)
        fabric_report(f, host);
}

void fabric_pass(struct fabric *f, uint64_t duration_ns)
{
    f->now_ns += duration_ns;
    core_tick(f->core, f->now_ns);
}

unsigned fabric_plan(struct fabric *f)
{
    unsigned epochs = 0;
    fabric_pass(f, 6 * MS);
    for (struct core_planning *p; (p = core_plan_begin(f->core, f->now_ns)) != NULL;) {
        core_plan_compute(p);
        epochs += core_plan_publish(f->core, p, MS, f->now_ns);
    }
    fabric_pass(f, 6 * MS);
    return epochs;
}

enum core_link_state fabric_state(struct fabric *f, uint32_t leaf, uint32_t spine)
{
    struct core_link_info info;
    core_link_info(f->core, fabric_link(f, leaf, spine), &info);
    return info.state;
}

unsigned fabric_events(struct fabric *f, const char *kind)
{
    const struct store_event *events;
    unsigned found = 0, count = core_events(f->core, 0, &events, CORE_EVENTS_KEPT);
    for (unsigned i = 0; i < count; i++)
        found += strcmp(events[i].kind, kind) == 0;
    return found;
}

struct plan_view fabric_block(struct fabric *f, uint32_t host)
{
    const struct plan_header *block;
    struct plan_view view;
    char error[PLAN_ERROR_BYTES];
    assert_int_equal(core_plan_block(f->core, fabric_address(f, host), &block), 0);
    if (plan_check(block, block->bytes, fabric_address(f, host), &view, error) != 0)
        fail_msg("%s", error);
    return view;
}
