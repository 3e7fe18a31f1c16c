/* SPDX-License-Identifier: BSD-3-Clause */
#include "tools/sim/swarm.h"

#include <stdlib.h>
#include <string.h>

#include "dataplane/formats/units.h"
#include "dataplane/transport/congestion.h"
#include "tools/sim/rest.h"

static void describe_transport(const struct transport_config *t, FILE *out)
{
    char size[UNITS_TEXT_BYTES];
    fprintf(out, "transport: %s, payload %u, window %u, messages %u, pieces %u, credit %s\n",
            t->congestion->name, t->payload_bytes_max, t->window_packets, t->messages_max, t->pieces_max,
            units_format_size(t->credit_budget_bytes, size));
    fprintf(out,
            "           base rtt %llu ns, rto %llu .. %llu ns, ack delay %llu ns, peer timeout %llu ns, "
            "probes %llu "
            ".. %llu ns\n",
            (unsigned long long)t->base_rtt_ns, (unsigned long long)t->rto_min_ns,
            (unsigned long long)t->rto_max_ns, (unsigned long long)t->ack_delay_ns,
            (unsigned long long)t->peer_timeout_ns, (unsigned long long)t->probe_interval_min_ns,
            (unsigned long long)t->probe_interval_max_ns);
}

static void describe_job(const struct swarm_job *j, FILE *out)
{
    fprintf(out,
            "%s: %s, %u ranks, %llu bytes, algorithm %d, stride %u, factor %u, layers %u, %u iterations, "
            "%s%s; hosts",
            j->name, workload_kind_name(j->workload.kind), j->workload.ranks,
            (unsigned long long)j->workload.bytes, (int)j->workload.algorithm, j->workload.stride,
            j->workload.factor, j->workload.layers, j->config.iterations, path_mode_name(j->config.path_mode),
            j->config.may_fail ? ", may fail" : "");
    for (uint32_t i = 0; i < j->workload.ranks; i++)
        fprintf(out, " %u", j->hosts[i]);
    fputc('\n', out);
}

static void describe_fault(const struct sim_fault *f, FILE *out)
{
    fprintf(out, "fault: %s of ", sim_fault_kind_name(f->kind));
    if (sim_fault_is_of_host(f->kind))
        fprintf(out, "host%u", f->host);
    else
        fprintf(out, "links %u, %u (direction %d, amount %u, %llu ns)", f->up_link, f->down_link,
                (int)f->direction, f->amount, (unsigned long long)f->amount_ns);
    fprintf(out, " from %.6f ms", (double)f->at / 1e6);
    if (f->until != NSEC_NEVER)
        fprintf(out, " to %.6f ms", (double)f->until / 1e6);
    fputc('\n', out);
}

void swarm_describe(const struct swarm_case *c, FILE *out)
{
    const struct topology_config *t = &c->config.topology;
    char host_rate[UNITS_TEXT_BYTES], fabric_rate[UNITS_TEXT_BYTES], queue[UNITS_TEXT_BYTES];
    fprintf(out,
            "seed %llu: %u pods, %u leaves, %u spines, %u cores, %u hosts a leaf; %s, %s, queues of %s%s%s\n",
            (unsigned long long)c->seed, t->shape.pods, t->shape.leaves, t->shape.spines, t->shape.cores,
            t->shape.hosts, units_format_rate(8 * t->host_link.rate_bytes_per_s, host_rate),
            units_format_rate(8 * t->fabric_link.rate_bytes_per_s, fabric_rate),
            units_format_size(t->host_link.queue_limit_bytes, queue), t->host_link.trims ? ", trimming" : "",
            t->switches_spray ? ", sprayed by switches" : "");
    describe_transport(&c->config.transport, out);
    for (unsigned i = 0; i < c->job_count; i++)
        describe_job(&c->jobs[i], out);
    for (unsigned i = 0; i < c->fault_count; i++)
        describe_fault(&c->faults[i], out);
}

static uint64_t digest_of(const struct simulation *s)
{
    struct transport_counters counters;
    simulation_counters(s, &counters);
    uint64_t digest = mix64_pair(s->events, s->hops), words[sizeof(counters) / sizeof(uint64_t)];
    memcpy(words, &counters, sizeof(words));
    for (size_t i = 0; i < sizeof(words) / sizeof(*words); i++)
        digest = mix64_pair(digest, words[i]);
    for (size_t i = 0; i < s->job_count; i++)
        digest = mix64_pair(digest, s->jobs[i]->ended_at);
    return digest;
}

void swarm_run(const struct swarm_case *c, FILE *story, struct swarm_outcome *outcome)
{
    struct simulation_config config = c->config;
    config.story = story;
    struct simulation *s = simulation_create(&config);
    for (unsigned i = 0; i < c->job_count; i++)
        job_add(s, &c->jobs[i].config);
    for (unsigned i = 0; i < c->fault_count; i++)
        sim_fault_schedule(s, &c->faults[i]);
    for (uint32_t i = 0; c->everybody_suspect && i < s->topology.host_count; i++)
        s->hosts[i].suspect = true;
    simulation_run(s, NSEC_NEVER);
    if (s->complaints.count == 0) {
        simulation_run(s, c->settled_at);
        rest_check(s);
    }
    outcome->failed_jobs = false;
    for (size_t i = 0; i < s->job_count; i++)
        outcome->failed_jobs |= s->jobs[i]->failed;
    outcome->complaints = s->complaints;
    outcome->events = s->events;
    outcome->hops = s->hops;
    outcome->digest = digest_of(s);
    simulation_destroy(s);
}
