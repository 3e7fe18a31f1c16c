/* SPDX-License-Identifier: BSD-3-Clause */
/* Probes for diagnosis are path probes of agents (core_probe()): an agent looks for its paths to a peer anew,
 * by packets that the spine's router answers, and its next report says over which spines it was heard, which
 * paths are dead, and over which bytes were acknowledged. That decides whose a silence is, and whether a link
 * is well again. Where no traffic tells of a path, its two ends do: both links to the spine are well if both
 * ends hear it. Small losses and rates it does not show: a probe that would need a train of packets is not
 * made, and the localiser goes on with what it knows. */
#include <stdlib.h>
#include <string.h>

#include "control/core/diagnosis_state.h"

enum {
    SILENCE_PACKETS_MAX = 64, /* of a request that asks only whether anything comes back */
    RECOVERY_REPORTS = 3      /* after so many an agent that was asked has told, or will not */
};

/* ---- asking ---- */

static uint64_t patience_ns(const struct core *core)
{
    return RECOVERY_REPORTS * core->config.report_every_ns;
}

/* False: the agent is away, or has too much to do. */
static bool ask(struct core *core, uint32_t port, uint32_t peer, uint64_t now_ns)
{
    struct agent *a = core->agents[port];
    if (a == NULL || !a->present)
        return false;
    const struct asked_probe *asked = agent_asked(a, peer);
    return (asked != NULL && asked->pending) || agent_ask(a, peer, now_ns) != NULL;
}

static const struct core_path *path_of(const struct core *core, uint32_t port, uint32_t peer, uint32_t spine)
{
    const struct agent *a = core->agents[port];
    unsigned first, count = a != NULL ? agent_paths_to(a, peer, &first) : 0;
    for (unsigned i = 0; i < count; i++)
        if (a->paths[first + i].spine == core->map->spine_addresses[spine])
            return &a->paths[first + i];
    return NULL;
}

/* A peer on another leaf, best one with a path over this spine; 0: the agent has none. */
static uint32_t choose_peer(const struct core *core, uint32_t port, uint32_t spine)
{
    const struct agent *a = core->agents[port];
    uint32_t peer = 0;
    for (unsigned i = 0; a != NULL && a->present && i < a->path_count; i++) {
        if (a->marks[i].peer_leaf == MAP_NONE)
            continue;
        peer = peer == 0 ? a->paths[i].peer : peer;
        if (a->paths[i].spine == core->map->spine_addresses[spine])
            return a->paths[i].peer;
    }
    return peer;
}

/* Whether the spine has answered on the path since then. */
static bool was_heard(const struct core_path *path, uint64_t since_ns, uint64_t now_ns)
{
    return path != NULL && path->heard_ms != CORE_NEVER_HEARD &&
           now_ns - since_ns >= path->heard_ms * 1000000ull;
}

/* ---- tie classes ---- */

static void add_end(struct core *core, struct tie_probe *t, uint32_t port, uint32_t peer, uint64_t now_ns)
{
    if (port != TOPOLOGY_NONE && peer != 0 && ask(core, port, peer, now_ns))
        t->ends[t->end_count++] = (struct tie_end){.port = port, .peer = peer};
}

void diagnosis_ask_tie(struct core *core, const struct probe_request *q, uint64_t now_ns)
{
    struct diagnosis *d = core->diagnosis;
    uint32_t port = fabric_map_port(core->map, q->source), far = fabric_map_port(core->map, q->destination);
    bool asks_for_silence = q->repeats == 1 && q->packets <= SILENCE_PACKETS_MAX;
    if (!asks_for_silence || port == TOPOLOGY_NONE || far == TOPOLOGY_NONE ||
        q->path >= core->map->spine_count || d->tie_probe_count == TIE_PROBES_MAX)
        return;
    struct tie_probe t = {.request = *q, .asked_ns = now_ns};
    add_end(core, &t, port, q->turns_at_spine ? choose_peer(core, port, q->path) : q->destination, now_ns);
    if (t.end_count == 0)
        return;
    if (!q->turns_at_spine)
        add_end(core, &t, far, choose_peer(core, far, q->path), now_ns);
    const struct core_path *path = path_of(core, port, t.ends[0].peer, q->path);
    t.acked_bytes = path != NULL ? path->acked_bytes : 0;
    d->tie_probes[d->tie_probe_count++] = t;
}

enum outcome {
    OUTCOME_UNKNOWN,
    OUTCOME_WELL,
    OUTCOME_SILENT
};

/* One that turns is well when the spine was heard; one that goes through when bytes came through since, or
 * both ends have heard the spine. That an end does not hear it says nothing of the direction that the probe
 * is of. */
static enum outcome outcome_of(const struct core *core, const struct tie_probe *t)
{
    const struct tie_end *near = &t->ends[0], *far = &t->ends[1];
    const struct core_path *path = path_of(core, near->port, near->peer, t->request.path);
    if (!near->answered)
        return OUTCOME_UNKNOWN;
    if (t->request.turns_at_spine)
        return near->heard ? OUTCOME_WELL : OUTCOME_SILENT;
    if (path == NULL || !path->alive)
        return OUTCOME_SILENT;
    bool is_well = path->acked_bytes > t->acked_bytes || (near->heard && far->heard);
    return is_well ? OUTCOME_WELL : OUTCOME_UNKNOWN;
}

void diagnosis_tell_probe(struct core *core, const struct probe_request *q,
                          const struct timing_record *outcome)
{
    struct timing_record record = *outcome;
    record.kind = TIMING_PROBE;
    record.sequence = q->number;
    record.source = q->source;
    record.destination = q->destination;
    record.packets = q->packets;
    record.path = q->path;
    record.pieces = 1;
    localiser_take_record(core->diagnosis->localiser, q->source, &record, record.at_ns);
}

static void tell_localiser(struct core *core, const struct tie_probe *t, enum outcome outcome,
                           uint64_t now_ns)
{
    uint32_t lost = outcome == OUTCOME_SILENT ? t->request.packets : 0;
    diagnosis_tell_probe(
        core, &t->request,
        &(struct timing_record){.at_ns = now_ns, .network_ns = now_ns - t->asked_ns, .retransmits = lost});
}

/* Returns whether all its ends have answered. */
static bool take_answer(const struct core *core, struct tie_probe *t, uint32_t port, uint32_t peer,
                        uint64_t now_ns)
{
    bool complete = true;
    for (unsigned i = 0; i < t->end_count; i++) {
        struct tie_end *end = &t->ends[i];
        if (end->port == port && end->peer == peer && !end->answered) {
            end->answered = true;
            end->heard = was_heard(path_of(core, port, peer, t->request.path), t->asked_ns, now_ns);
        }
        complete &= end->answered;
    }
    return complete;
}

static void answer_ties(struct core *core, uint32_t port, uint32_t peer, uint64_t now_ns)
{
    struct diagnosis *d = core->diagnosis;
    for (unsigned i = 0; i < d->tie_probe_count;) {
        bool is_over = take_answer(core, &d->tie_probes[i], port, peer, now_ns);
        struct tie_probe t = d->tie_probes[i];
        enum outcome outcome = outcome_of(core, &t);
        if (outcome == OUTCOME_UNKNOWN && !is_over && now_ns < t.asked_ns + patience_ns(core)) {
            i++;
            continue;
        }
        d->tie_probes[i] = d->tie_probes[--d->tie_probe_count];
        if (outcome != OUTCOME_UNKNOWN)
            tell_localiser(core, &t, outcome, now_ns);
    }
}

/* ---- links that may come back ---- */

static struct recovery *recovery_of(struct diagnosis *d, uint32_t leaf, uint32_t spine)
{
    for (unsigned i = 0; i < d->recovery_count; i++)
        if (d->recoveries[i].leaf == leaf && d->recoveries[i].spine == spine)
            return &d->recoveries[i];
    return NULL;
}

/* So often that as many probes as are wanted fit the time for which they must be clean. */
static uint64_t interval_ns(const struct core *core)
{
    struct guard_config c;
    const struct core_diagnosis_config *given = &core->config.diagnosis;
    guard_config_default(&c, &core->diagnosis->shape);
    uint64_t clean_ns = given->clean_ns > 0 ? given->clean_ns : c.clean_ns;
    return clean_ns / (given->clean_probes > 0 ? given->clean_probes : c.clean_probes);
}

void diagnosis_watch_link(struct core *core, uint32_t leaf, uint32_t spine, uint64_t now_ns)
{
    struct diagnosis *d = core->diagnosis;
    if (recovery_of(d, leaf, spine) == NULL && d->recovery_count < RECOVERIES_MAX)
        d->recoveries[d->recovery_count++] =
            (struct recovery){.leaf = leaf, .spine = spine, .next_ns = now_ns + interval_ns(core)};
}

void diagnosis_forget_link(struct core *core, uint32_t leaf, uint32_t spine)
{
    struct diagnosis *d = core->diagnosis;
    struct recovery *r = recovery_of(d, leaf, spine);
    if (r != NULL)
        *r = d->recoveries[--d->recovery_count];
}

/* The next agent of the leaf that can look: its port, with `peer`; TOPOLOGY_NONE. */
static uint32_t next_agent(const struct core *core, struct recovery *r, uint32_t *peer)
{
    for (uint32_t tried = 0; tried < core->map->port_count; tried++) {
        uint32_t port = r->turn++ % core->map->port_count;
        if (fabric_map_leaf(core->map, port) != r->leaf)
            continue;
        *peer = choose_peer(core, port, r->spine);
        if (*peer != 0)
            return port;
    }
    return TOPOLOGY_NONE;
}

static void probe_link(struct core *core, struct recovery *r, uint64_t now_ns)
{
    uint32_t peer = 0, port = next_agent(core, r, &peer);
    r->next_ns = now_ns + interval_ns(core);
    r->asked_ns = 0;
    if (port == TOPOLOGY_NONE || !ask(core, port, peer, now_ns))
        return;
    r->port = port;
    r->peer = peer;
    r->asked_ns = now_ns;
    if (r->next_ns < now_ns + patience_ns(core))
        r->next_ns = now_ns + patience_ns(core);
}

void diagnosis_probe_links(struct core *core, uint64_t now_ns)
{
    struct diagnosis *d = core->diagnosis;
    for (unsigned i = 0; i < d->recovery_count; i++)
        if (now_ns >= d->recoveries[i].next_ns)
            probe_link(core, &d->recoveries[i], now_ns);
}

/* Well: heard since it was asked, and nobody reports a dead path over it. */
static void judge_link(struct core *core, struct recovery *r, uint64_t now_ns)
{
    struct component link = {.kind = COMPONENT_UP, .place = r->leaf, .spine = r->spine};
    bool heard = was_heard(path_of(core, r->port, r->peer, r->spine), r->asked_ns, now_ns);
    bool accused = core->evidence.blame[fabric_map_uplink(core->map, r->leaf, r->spine)] != CORE_LINK_UP;
    guard_on_probe(core->diagnosis->guard, &link, heard && !accused, now_ns);
    r->next_ns = r->asked_ns + interval_ns(core);
    r->asked_ns = 0;
}

static void judge_links(struct core *core, uint32_t port, uint32_t peer, uint64_t now_ns)
{
    struct diagnosis *d = core->diagnosis;
    for (unsigned i = 0; i < d->recovery_count; i++) {
        struct recovery *r = &d->recoveries[i];
        if (r->asked_ns != 0 && r->port == port && r->peer == peer)
            judge_link(core, r, now_ns);
    }
}

/* ---- both ---- */

void diagnosis_on_probed(struct core *core, uint32_t port, const struct asked_probe *probe, uint64_t now_ns)
{
    if (core->diagnosis->localiser != NULL)
        answer_ties(core, port, probe->peer, now_ns);
    judge_links(core, port, probe->peer, now_ns);
}

uint64_t diagnosis_probes_wakeup(const struct core *core)
{
    const struct diagnosis *d = core->diagnosis;
    uint64_t at_ns = UINT64_MAX;
    for (unsigned i = 0; i < d->recovery_count; i++)
        if (d->recoveries[i].next_ns < at_ns)
            at_ns = d->recoveries[i].next_ns;
    return at_ns;
}
