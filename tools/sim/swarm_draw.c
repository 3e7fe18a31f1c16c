/* SPDX-License-Identifier: BSD-3-Clause */
/* What a seed stands for. */
#include <string.h>

#include "dataplane/transport/congestion.h"
#include "tools/sim/swarm.h"

#define START_NS           (2 * NSEC_PER_MSEC)
#define HURRIED_CONTROL_NS (100 * NSEC_PER_USEC) /* plans change in the middle of what a seed stands for */

static uint64_t between(struct random_stream *r, uint64_t least, uint64_t most)
{
    return least + random_below(r, most - least + 1);
}

static bool chance(struct random_stream *r, unsigned percent)
{
    return random_below(r, 100) < percent;
}

/* Spread over orders of magnitude: most are small. */
static uint64_t scaled(struct random_stream *r, uint64_t least, uint64_t most)
{
    uint64_t ceiling = least;
    while (ceiling < most && chance(r, 75))
        ceiling *= 2;
    return between(r, least, ceiling < most ? ceiling : most);
}

/* ---- the fabric ---- */

static void draw_shape(struct random_stream *r, struct topology_shape *shape)
{
    shape->pods = chance(r, 15) ? 2 : 1;
    shape->leaves = (unsigned)between(r, 1, shape->pods > 1 ? 2 : 4);
    shape->spines = (unsigned)between(r, 1, shape->pods > 1 ? 2 : 5);
    shape->cores = shape->pods > 1 ? (unsigned)between(r, 1, 3) : 0;
    shape->hosts = (unsigned)between(r, shape->pods * shape->leaves > 1 ? 1 : 2, 5);
}

static void draw_link(struct random_stream *r, struct link_config *link)
{
    static const uint64_t rates[] = {25000000, 125000000, 1250000000, 12500000000};
    link->rate_bytes_per_s = rates[random_below(r, 4)];
    link->delay_ns = between(r, 100, 5000);
    link->queue_limit_bytes = scaled(r, 32 << 10, 4 << 20);
    link->mark_from_bytes = chance(r, 15) ? UINT64_MAX : link->queue_limit_bytes / between(r, 2, 10);
    link->trims = chance(r, 25);
    link->mark_full_bytes = chance(r, 50) && link->mark_from_bytes != UINT64_MAX
                                ? link->mark_from_bytes + link->queue_limit_bytes / 4
                                : link->mark_from_bytes;
}

static void draw_topology(struct random_stream *r, struct topology_config *t)
{
    draw_shape(r, &t->shape);
    draw_link(r, &t->host_link);
    t->fabric_link = t->host_link;
    if (chance(r, 30))
        t->fabric_link.rate_bytes_per_s /= between(r, 1, 4);
    t->turnaround_ns = scaled(r, 100, 50000);
    t->switches_spray = chance(r, 15);
}

/* ---- the transport ---- */

static uint32_t hosts_of(const struct swarm_case *c)
{
    const struct topology_shape *s = &c->config.topology.shape;
    return s->pods * s->leaves * s->hosts;
}

/* A peer is not dead because full queues delay it: a path has five queues at most, and an answer comes back.
 */
static nsec_t longest_queueing_ns(const struct topology_config *fabric)
{
    const struct link_config *link = &fabric->fabric_link;
    return 10 * link->queue_limit_bytes * NSEC_PER_SEC / link->rate_bytes_per_s;
}

static void draw_timers(struct random_stream *r, struct transport_config *t, nsec_t longest_ns)
{
    t->rto_min_ns = between(r, 2, 20) * t->base_rtt_ns;
    t->rto_max_ns = t->rto_min_ns * between(r, 2, 16);
    t->ack_delay_ns = chance(r, 20) ? 0 : between(r, 0, t->base_rtt_ns);
    t->peer_timeout_ns = t->rto_max_ns * between(r, 8, 20);
    if (t->peer_timeout_ns < longest_ns)
        t->peer_timeout_ns = longest_ns;
    t->probe_interval_min_ns = between(r, 1, 4) * t->rto_max_ns;
    t->probe_interval_max_ns = t->probe_interval_min_ns * between(r, 1, 8);
}

static void draw_limits(struct random_stream *r, struct transport_config *t, uint32_t hosts)
{
    t->payload_bytes_max = (uint16_t)scaled(r, 256, 9000);
    t->window_packets = (uint16_t)(8u << random_below(r, 6));
    t->peers_max = (uint16_t)hosts;
    t->paths_max = 16;
    t->messages_max = (uint32_t)scaled(r, SWARM_RANKS_MAX, 1024);
    t->pieces_max = (uint32_t)scaled(r, SWARM_RANKS_MAX * 16, 8192);
    t->communicators_max = 16;
    t->credit_budget_bytes = (uint32_t)scaled(r, t->payload_bytes_max, 4 << 20);
}

static const struct congestion_control *draw_control(struct random_stream *r)
{
    unsigned count = 0;
    while (congestion_control_at(count) != NULL)
        count++;
    return congestion_control_at((unsigned)random_below(r, count));
}

static void draw_transport(struct random_stream *r, struct swarm_case *c)
{
    struct transport_config *t = &c->config.transport;
    const struct topology_config *fabric = &c->config.topology;
    transport_config_default(t, fabric->host_link.rate_bytes_per_s, simulation_base_rtt_ns(fabric, 4096));
    draw_limits(r, t, hosts_of(c));
    t->base_rtt_ns = simulation_base_rtt_ns(fabric, t->payload_bytes_max + 100u);
    c->config.base_rtt_ns = t->base_rtt_ns;
    if (chance(r, 20)) /* configured by a guess */
        t->base_rtt_ns = t->base_rtt_ns * between(r, 25, 400) / 100;
    draw_timers(r, t, longest_queueing_ns(fabric));
    t->congestion = draw_control(r);
}

/* ---- jobs ---- */

static void draw_hosts(struct random_stream *r, struct swarm_job *j, uint32_t hosts)
{
    unsigned on_each = chance(r, 15) ? 2 : 1;
    uint32_t count = (uint32_t)between(r, 1, hosts), order[SWARM_HOSTS_MAX];
    for (uint32_t i = 0; i < hosts; i++)
        order[i] = i;
    for (uint32_t i = 0; i < hosts; i++) {
        uint32_t k = (uint32_t)between(r, i, hosts - 1), swap = order[i];
        order[i] = order[k];
        order[k] = swap;
    }
    if (count * on_each < 2)
        count = 2;
    j->workload.ranks = count * on_each;
    for (uint32_t i = 0; i < j->workload.ranks; i++)
        j->hosts[i] = order[i % count];
}

/* How many times its bytes a rank sends in an iteration, about. */
static uint64_t volume_of(const struct workload *w)
{
    switch (w->kind) {
    case WORKLOAD_ALL_TO_ALL:
    case WORKLOAD_ALL_GATHER:
    case WORKLOAD_REDUCE_SCATTER:
    case WORKLOAD_SKEWED_ALL_TO_ALL:
        return w->ranks;
    case WORKLOAD_PIPELINE:
    case WORKLOAD_DOUBLE_TREE:
        return w->factor;
    case WORKLOAD_EXPERT_PARALLEL:
        return (uint64_t)workload_phases(w) * w->ranks * w->factor;
    case WORKLOAD_FSDP:
    case WORKLOAD_ULYSSES:
        return (uint64_t)workload_phases(w) * w->ranks;
    case WORKLOAD_TENSOR_PARALLEL:
        return workload_phases(w);
    default:
        return 1;
    }
}

/* So much that the whole case stays within a few thousand packets. */
static void draw_workload(struct random_stream *r, struct swarm_job *j, uint32_t payload_bytes)
{
    struct workload *w = &j->workload;
    w->kind = (enum workload_kind)random_below(r, WORKLOAD_KINDS);
    w->algorithm = (enum weft_algorithm)between(r, WEFT_ALGORITHM_AUTO, WEFT_ALGORITHM_DIRECT);
    w->stride = (uint32_t)between(r, 1, w->ranks);
    w->factor = (uint32_t)between(r, 1, 5);
    w->layers = (uint32_t)between(r, 1, 3);
    w->compute_ns = chance(r, 50) ? 0 : scaled(r, 100, NSEC_PER_MSEC);
    w->seed = random_next(r);
    uint64_t packets = 1500 / w->ranks / volume_of(w);
    w->bytes = scaled(r, 1, (packets + 1) * payload_bytes);
    if (chance(r, 5))
        w->bytes = 0;
}

static void draw_job(struct random_stream *r, struct swarm_case *c, unsigned number)
{
    struct swarm_job *j = &c->jobs[number];
    draw_hosts(r, j, hosts_of(c));
    draw_workload(r, j, c->config.transport.payload_bytes_max);
    snprintf(j->name, sizeof(j->name), "job%u", number);
    j->config = (struct job_config){.name = j->name,
                                    .identity = 0x1000 + number,
                                    .rank_hosts = j->hosts,
                                    .rank_count = j->workload.ranks,
                                    .path_mode = (enum path_mode)random_below(r, PATH_MODES),
                                    .hash_seed = (uint32_t)random_next(r),
                                    .iterations = (unsigned)between(r, 1, 4),
                                    .open_at = chance(r, 50) ? START_NS / 2 : START_NS,
                                    .start_at = START_NS + scaled(r, 1, NSEC_PER_MSEC),
                                    .gap_ns = chance(r, 50) ? 0 : scaled(r, 100, NSEC_PER_MSEC),
                                    .chunks = chance(r, 30) ? (unsigned)between(r, 1, 64) : 0,
                                    .workload = &j->workload};
}

/* All hosts to all hosts, a few packets each. */
static void add_final_job(struct swarm_case *c, const char *name, nsec_t open_at)
{
    struct swarm_job *j = &c->jobs[c->job_count];
    const struct topology_config *fabric = &c->config.topology;
    uint32_t hosts = hosts_of(c);
    for (uint32_t i = 0; i < hosts; i++)
        j->hosts[i] = i;
    j->workload = (struct workload){
        .kind = WORKLOAD_ALL_TO_ALL, .ranks = hosts, .bytes = 3u * c->config.transport.payload_bytes_max / 2};
    snprintf(j->name, sizeof(j->name), "%s", name);
    j->config = (struct job_config){.name = j->name,
                                    .identity = 0x2000 + c->job_count,
                                    .rank_hosts = j->hosts,
                                    .rank_count = hosts,
                                    .path_mode = c->jobs[0].config.path_mode,
                                    .iterations = 1,
                                    .open_at = open_at,
                                    .start_at = open_at + 100 * fabric->fabric_link.delay_ns,
                                    .workload = &j->workload};
    c->job_count++;
}

/* ---- faults ---- */

static void draw_amount(struct random_stream *r, struct sim_fault *f, nsec_t base_rtt_ns)
{
    f->amount = (uint32_t)scaled(r, 100, 200000);
    f->amount_ns = scaled(r, base_rtt_ns / 16 + 1, 16 * base_rtt_ns);
    if (f->kind == SIM_FAULT_RATE)
        f->amount = (uint32_t)between(r, 5, 90);
    if (f->kind == SIM_FAULT_FLAP)
        f->amount_ns = between(r, base_rtt_ns, 50 * base_rtt_ns);
}

static void draw_place(struct random_stream *r, struct sim_fault *f, const struct topology *t)
{
    static const enum sim_fault_direction directions[] = {SIM_FAULT_BOTH, SIM_FAULT_BOTH, SIM_FAULT_UP,
                                                          SIM_FAULT_ONLY_DOWN};
    uint32_t fabric_links = t->first_spine_to_leaf - t->first_leaf_to_spine;
    f->direction = directions[random_below(r, 4)];
    f->host = (uint32_t)random_below(r, t->host_count);
    f->up_link = f->host;
    f->down_link = t->first_leaf_to_host + f->host;
    if (chance(r, 20))
        return;
    uint32_t i = (uint32_t)random_below(r, fabric_links), leaf = i / t->shape.spines;
    uint32_t spine = leaf / t->shape.leaves * t->shape.spines + i % t->shape.spines;
    f->up_link = t->first_leaf_to_spine + i;
    f->down_link = t->first_spine_to_leaf + spine * t->shape.leaves + leaf % t->shape.leaves;
}

/* A link between switches that is gone for good leaves a way around; not where switches go on spraying over
 * it, which loses a share of everything for ever. One such link at most. */
static bool may_last_for_ever(const struct swarm_case *c, const struct topology *t, const struct sim_fault *f)
{
    for (unsigned i = 0; i < c->fault_count; i++) {
        if (c->faults[i].until == NSEC_NEVER)
            return false;
    }
    return (f->kind == SIM_FAULT_DOWN || f->kind == SIM_FAULT_BLACK_HOLE) && t->shape.spines > 1 &&
           !t->sprays && topology_is_fabric_link(t, f->up_link);
}

static void draw_fault(struct random_stream *r, const struct swarm_case *c, const struct topology *t,
                       struct sim_fault *f)
{
    nsec_t rtt = c->config.base_rtt_ns, patience = c->config.transport.peer_timeout_ns;
    f->kind = (enum sim_fault_kind)random_below(r, SIM_FAULT_KINDS);
    draw_place(r, f, t);
    draw_amount(r, f, rtt);
    f->at = START_NS + scaled(r, rtt, 200 * rtt);
    f->until =
        f->at + (chance(r, 20) ? between(r, patience / 4, 2 * patience) : scaled(r, rtt, patience / 4));
    if (chance(r, 30) && may_last_for_ever(c, t, f))
        f->until = NSEC_NEVER;
    f->converges_after_ns = chance(r, 50) ? NSEC_NEVER : scaled(r, rtt, patience);
}

static bool cuts_off(const struct sim_fault *f)
{
    return f->kind == SIM_FAULT_DOWN || f->kind == SIM_FAULT_FLAP || f->kind == SIM_FAULT_BLACK_HOLE ||
           ((f->kind == SIM_FAULT_LOSS || f->kind == SIM_FAULT_CORRUPT || f->kind == SIM_FAULT_RATE) &&
            f->amount > 50000);
}

/* Which promises the faults leave: nobody may be believed dead unless it was silent for half of the patience.
 */
static void judge_faults(struct swarm_case *c, bool *may_fail)
{
    nsec_t silent_ns = 0;
    for (unsigned i = 0; i < c->fault_count; i++) {
        const struct sim_fault *f = &c->faults[i];
        nsec_t lasts_ns = f->until == NSEC_NEVER ? 0 : f->until - f->at;
        if (f->kind == SIM_FAULT_RESTART)
            *may_fail = true;
        else if (sim_fault_is_of_host(f->kind) || cuts_off(f) || f->kind == SIM_FAULT_RATE)
            silent_ns += lasts_ns;
    }
    if (silent_ns > c->config.transport.peer_timeout_ns / 4) {
        *may_fail = true;
        c->everybody_suspect = true;
    }
}

static nsec_t end_of_faults(const struct swarm_case *c)
{
    nsec_t end = START_NS + 2 * NSEC_PER_MSEC;
    for (unsigned i = 0; i < c->fault_count; i++) {
        const struct sim_fault *f = &c->faults[i];
        nsec_t until = f->until == NSEC_NEVER ? f->at : f->until;
        nsec_t converged = f->converges_after_ns == NSEC_NEVER ? until : until + f->converges_after_ns;
        end = converged > end ? converged : end;
    }
    return end;
}

/* Two faults of a host must not overlap, or the first end would end both. */
static bool clashes(const struct swarm_case *c, const struct sim_fault *f)
{
    for (unsigned i = 0; i < c->fault_count; i++) {
        const struct sim_fault *other = &c->faults[i];
        bool same_place =
            sim_fault_is_of_host(f->kind) ? other->host == f->host : other->up_link == f->up_link;
        if (sim_fault_is_of_host(other->kind) == sim_fault_is_of_host(f->kind) && same_place)
            return true;
    }
    return false;
}

static void draw_faults(struct random_stream *r, struct swarm_case *c)
{
    struct topology t;
    topology_init(&t, &c->config.topology);
    unsigned wanted = chance(r, 15) ? 0 : (unsigned)between(r, 1, 4);
    for (unsigned i = 0; i < wanted && c->fault_count < SWARM_FAULTS_MAX; i++) {
        struct sim_fault *f = &c->faults[c->fault_count];
        draw_fault(r, c, &t, f);
        if (clashes(c, f))
            continue;
        c->fault_count++;
    }
    topology_destroy(&t);
}

/* ---- the whole ---- */

/* Long enough for every timer to run its course several times. */
static nsec_t patience_after_faults(const struct swarm_case *c)
{
    const struct transport_config *t = &c->config.transport;
    return 20 * t->peer_timeout_ns + 20 * t->probe_interval_max_ns + 4 * NSEC_PER_SEC;
}

static void set_deadlines(struct swarm_case *c, bool may_fail)
{
    nsec_t calm_at = end_of_faults(c), patience = patience_after_faults(c);
    for (unsigned i = 0; i < c->job_count; i++) {
        c->jobs[i].config.deadline_at = calm_at + patience;
        c->jobs[i].config.may_fail = may_fail;
    }
    add_final_job(c, "reunion", calm_at + patience);
    c->jobs[c->job_count - 1].config.deadline_at = calm_at + 2 * patience;
    c->jobs[c->job_count - 1].config.may_fail = may_fail;
    add_final_job(c, "proof", calm_at + 2 * patience);
    c->jobs[c->job_count - 1].config.deadline_at = calm_at + 3 * patience;
    c->settled_at = calm_at + 4 * patience;
}

void swarm_draw(struct swarm_case *c, uint64_t seed)
{
    struct random_stream r = {mix64_pair(seed, 77)};
    bool may_fail = false;
    memset(c, 0, sizeof(*c));
    c->seed = seed;
    c->config.seed = seed;
    c->config.control_delay_ns = HURRIED_CONTROL_NS;
    c->config.content = true;
    draw_topology(&r, &c->config.topology);
    draw_transport(&r, c);
    c->job_count = (unsigned)between(&r, 1, SWARM_JOBS_MAX);
    for (unsigned i = 0; i < c->job_count; i++)
        draw_job(&r, c, i);
    draw_faults(&r, c);
    judge_faults(c, &may_fail);
    set_deadlines(c, may_fail);
}
