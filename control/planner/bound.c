/* SPDX-License-Identifier: BSD-3-Clause */
/* T*: what the ports, and all links of a leaf or of a pod together, must carry, over what they can. */
#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>

#include "control/planner/link_time.h"
#include "control/planner/plan_state.h"
#include "control/planner/refuse.h"

enum {
    BOUND_PS_MAX_BITS = 60 /* some 13 days: everything derived from it fits */
};

/* Bytes that leave and enter each of something. */
struct loads {
    uint64_t *bytes[SIDES];
};

static bool loads_take(struct loads *l, uint32_t count)
{
    l->bytes[SIDE_OUT] = calloc(count ? count : 1, sizeof(uint64_t));
    l->bytes[SIDE_IN] = calloc(count ? count : 1, sizeof(uint64_t));
    return l->bytes[SIDE_OUT] && l->bytes[SIDE_IN];
}

static void loads_give(struct loads *l)
{
    free(l->bytes[SIDE_OUT]);
    free(l->bytes[SIDE_IN]);
}

static void loads_add(struct loads *l, uint32_t from, uint32_t to, uint64_t bytes)
{
    l->bytes[SIDE_OUT][from] += bytes;
    l->bytes[SIDE_IN][to] += bytes;
}

struct bound_loads {
    struct loads ports, leaves, pods;
};

static void add_demand(struct bound_loads *l, const struct planner_plan *plan, uint32_t demand)
{
    const struct planner_demand *d = &plan->demands[demand];
    uint32_t from = plan_end_leaf(plan, demand, SIDE_OUT), to = plan_end_leaf(plan, demand, SIDE_IN);
    if (plan->stories[demand].reason == PLANNER_REASON_LOCAL || plan_needs_path(plan, demand))
        loads_add(&l->ports, d->source_port, d->destination_port, d->bytes);
    if (!plan_needs_path(plan, demand))
        return;
    loads_add(&l->leaves, from, to, d->bytes);
    if (plan_crosses_cores(plan, demand))
        loads_add(&l->pods, plan->fabric->leaf_pods[from], plan->fabric->leaf_pods[to], d->bytes);
}

static uint64_t total_rate(const uint64_t *rates, size_t count)
{
    uint64_t total = 0;
    for (size_t i = 0; i < count; i++)
        total += rates[i];
    return total;
}

/* Divides only for ports unlike the one before: most are alike. */
static uint64_t time_of_ports(const struct planner_fabric *f, const struct loads *l)
{
    uint64_t ps = 0, rate = 0, bytes = 0;
    for (uint32_t i = 0; i < f->port_count; i++) {
        uint64_t here =
            l->bytes[SIDE_OUT][i] > l->bytes[SIDE_IN][i] ? l->bytes[SIDE_OUT][i] : l->bytes[SIDE_IN][i];
        if (here == bytes && f->ports[i].rate_bytes_per_s == rate)
            continue;
        bytes = here;
        rate = f->ports[i].rate_bytes_per_s;
        ps = longer(ps, time_of(bytes, rate));
    }
    return ps;
}

/* Of `count` places with `links` links each. */
static uint64_t time_of_places(const struct loads *l, uint32_t count, uint64_t *const rates[SIDES],
                               size_t links)
{
    uint64_t ps = 0;
    for (uint32_t i = 0; i < count; i++) {
        for (int side = 0; side < SIDES; side++)
            ps = longer(ps, time_of(l->bytes[side][i], total_rate(&rates[side][i * links], links)));
    }
    return ps;
}

static int set_bounds(struct planner_plan *plan, const struct bound_loads *l, char *error)
{
    const struct planner_fabric *f = plan->fabric;
    struct planner_summary *s = &plan->summary;
    s->fabric_bound_ps = time_of_places(&l->leaves, f->leaf_count, f->rates, f->spine_count);
    s->fabric_bound_ps = longer(s->fabric_bound_ps, time_of_places(&l->pods, f->pod_count, f->core_rates,
                                                                   (size_t)f->spine_count * f->core_count));
    s->bound_ps = longer(s->fabric_bound_ps, time_of_ports(f, &l->ports));
    if (s->bound_ps >> BOUND_PS_MAX_BITS != 0)
        return planner_refuse(error,
                              "the demand takes longer than 13 days on this fabric: plan smaller steps");
    return 0;
}

int plan_measure_bounds(struct planner_plan *plan, char *error)
{
    struct bound_loads l = {0};
    bool taken = loads_take(&l.ports, plan->fabric->port_count);
    taken = loads_take(&l.leaves, plan->fabric->leaf_count) && taken;
    taken = loads_take(&l.pods, plan->fabric->pod_count) && taken;
    int result = taken ? 0 : planner_refuse_memory(error);
    if (taken) {
        for (uint32_t i = 0; i < plan->demand_count; i++)
            add_demand(&l, plan, i);
        result = set_bounds(plan, &l, error);
    }
    loads_give(&l.ports);
    loads_give(&l.leaves);
    loads_give(&l.pods);
    return result;
}
