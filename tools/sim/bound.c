/* SPDX-License-Identifier: BSD-3-Clause */
#include "tools/sim/bound.h"

#include <stdlib.h>

#include "tools/sim/memory.h"

/* Wire bytes of one step through every host, leaf and pod. */
struct loads {
    double *out, *in;
};

struct bound_work {
    const struct bound_case *c;
    struct loads hosts, leaves, pods;
    struct workload_turn turn;
    struct schedule_step step;
};

static struct loads take_loads(unsigned count)
{
    return (struct loads){memory_take(count, sizeof(double)), memory_take(count, sizeof(double))};
}

static void clear(struct loads *l, unsigned count)
{
    for (unsigned i = 0; i < count; i++)
        l->out[i] = l->in[i] = 0;
}

static void add(struct loads *l, uint32_t from, uint32_t to, double bytes)
{
    if (from == to)
        return;
    l->out[from] += bytes;
    l->in[to] += bytes;
}

static void add_flow(struct bound_work *w, const struct schedule_send *send)
{
    const struct topology *t = w->c->topology;
    uint64_t packets = (send->bytes + w->c->payload_bytes - 1) / w->c->payload_bytes;
    double bytes = (double)(send->bytes + packets * w->c->overhead_bytes);
    uint32_t from = w->c->rank_hosts[w->turn.at.rank], to = w->c->rank_hosts[send->peer];
    uint32_t from_leaf = topology_leaf_of(t, from), to_leaf = topology_leaf_of(t, to);
    add(&w->hosts, from, to, bytes);
    add(&w->leaves, from_leaf, to_leaf, bytes);
    add(&w->pods, from_leaf / t->shape.leaves, to_leaf / t->shape.leaves, bytes);
}

static double rate(const struct link *link)
{
    bool works = !link->fault.down && !link->fault.black_hole;
    return works ? (double)link->config.rate_bytes_per_s * link->fault.rate_percent / 100 : 0;
}

static double longest(double time, double bytes, double bytes_per_s)
{
    double this_time = bytes > 0 ? bytes / bytes_per_s : 0;
    return this_time > time ? this_time : time;
}

static double time_of_hosts(const struct bound_work *w)
{
    const struct topology *t = w->c->topology;
    double time = 0;
    for (uint32_t h = 0; h < t->host_count; h++) {
        time = longest(time, w->hosts.out[h], rate(&t->links[h]));
        time = longest(time, w->hosts.in[h], rate(&t->links[t->first_leaf_to_host + h]));
    }
    return time;
}

static double time_of_leaves(const struct bound_work *w)
{
    const struct topology *t = w->c->topology;
    const struct topology_shape *shape = &t->shape;
    double time = 0;
    for (uint32_t l = 0; l < t->leaf_count; l++) {
        double up = 0, down = 0;
        for (uint32_t s = 0; s < shape->spines; s++) {
            uint32_t spine = l / shape->leaves * shape->spines + s;
            up += rate(&t->links[t->first_leaf_to_spine + l * shape->spines + s]);
            down += rate(&t->links[t->first_spine_to_leaf + spine * shape->leaves + l % shape->leaves]);
        }
        time = longest(time, w->leaves.out[l], up);
        time = longest(time, w->leaves.in[l], down);
    }
    return time;
}

static double time_of_pods(const struct bound_work *w)
{
    const struct topology *t = w->c->topology;
    const struct topology_shape *shape = &t->shape;
    uint32_t links = shape->spines * shape->cores;
    double time = 0;
    for (uint32_t p = 0; p < shape->pods && shape->cores > 0; p++) {
        double up = 0, down = 0;
        for (uint32_t i = 0; i < links; i++) {
            up += rate(&t->links[t->first_spine_to_core + p * links + i]);
            down += rate(&t->links[t->first_core_to_spine + i * shape->pods + p]);
        }
        time = longest(time, w->pods.out[p], up);
        time = longest(time, w->pods.in[p], down);
    }
    return time;
}

static void add_flows(struct bound_work *w, unsigned step)
{
    for (unsigned lane = 0; lane < w->turn.lanes && step < w->turn.steps; lane++) {
        workload_step(&w->turn, lane, step, &w->step);
        for (unsigned i = 0; i < w->step.send_count; i++)
            add_flow(w, &w->step.sends[i]);
    }
}

static double time_of_step(struct bound_work *w, struct workload_place place, unsigned step)
{
    const struct topology *t = w->c->topology;
    clear(&w->hosts, t->host_count);
    clear(&w->leaves, t->leaf_count);
    clear(&w->pods, t->shape.pods);
    for (place.rank = 0; place.rank < w->c->workload->ranks; place.rank++) {
        workload_begin(&w->turn, w->c->workload, place);
        add_flows(w, step);
    }
    double time = time_of_hosts(w), leaves = time_of_leaves(w), pods = time_of_pods(w);
    time = leaves > time ? leaves : time;
    return pods > time ? pods : time;
}

static double time_of_phase(struct bound_work *w, struct workload_place place)
{
    double time = 0;
    workload_begin(&w->turn, w->c->workload, place);
    unsigned steps = w->turn.steps;
    for (unsigned step = 0; step < steps; step++)
        time += time_of_step(w, place, step);
    return time;
}

static void give_loads(struct loads *l)
{
    free(l->out);
    free(l->in);
}

double bound_ns(const struct bound_case *c)
{
    struct bound_work *w = memory_take(1, sizeof(*w));
    *w = (struct bound_work){.c = c,
                             .hosts = take_loads(c->topology->host_count),
                             .leaves = take_loads(c->topology->leaf_count),
                             .pods = take_loads(c->topology->shape.pods)};
    double time_s = 0;
    unsigned phases = workload_phases(c->workload);
    for (unsigned i = 0; i < c->iterations * phases; i++)
        time_s += time_of_phase(w, (struct workload_place){.iteration = i / phases, .phase = i % phases});
    give_loads(&w->hosts);
    give_loads(&w->leaves);
    give_loads(&w->pods);
    free(w);
    return time_s * 1e9 + (double)c->base_rtt_ns;
}
