/* SPDX-License-Identifier: BSD-3-Clause */
/* What reports say of paths: they enter the catalogue and the evidence, and where some are lacking the agent
 * is asked to look for them. */
#include <stdlib.h>

#include "control/core/report.h"

#define PROBE_AGAIN_NS 60000000000ull /* a host that lacks paths is asked once in this time */

/* ---- paths ---- */

static bool same_evidence(const struct agent *a, const struct intake *in, unsigned lacking_count)
{
    if (a->path_count != in->report->path_count || a->lacking_count != lacking_count)
        return false;
    for (unsigned i = 0; i < a->path_count; i++) {
        if (a->marks[i].evidence != in->marks[i].evidence || a->marks[i].spine != in->marks[i].spine ||
            a->marks[i].peer_leaf != in->marks[i].peer_leaf)
            return false;
    }
    return true;
}

static bool is_before(const struct core_path *a, const struct core_path *b)
{
    return a->peer != b->peer ? a->peer < b->peer : a->spine < b->spine;
}

/* Whether the agent had a path to this peer over this spine, but not by this port. *old grows from path to
 * path. */
static bool has_moved(const struct agent *a, const struct core_path *path, unsigned *old)
{
    while (*old < a->path_count && is_before(&a->paths[*old], path))
        ++*old;
    bool known = false;
    for (unsigned i = *old; i < a->path_count && !is_before(path, &a->paths[i]); i++) {
        if (a->paths[i].source_port == path->source_port)
            return false;
        known = true;
    }
    return known;
}

static void tell_moved(struct intake *in)
{
    unsigned moved = 0;
    for (unsigned i = 0, old = 0; i < in->report->path_count; i++)
        moved += has_moved(in->agent, &in->paths[i], &old);
    if (moved > 0 && in->agent->incarnation == in->report->incarnation)
        journal_add(&in->core->journal, in->now_ns,
                    &(struct happening){.kind = "path_changed",
                                        .host = fabric_map_host_name(in->core->map, in->port)},
                    "%u paths are taken by other source ports than before", moved);
}

static void tell_stranger(struct intake *in, const struct core_path *path)
{
    char spine[ADDRESS_TEXT_BYTES], peer[ADDRESS_TEXT_BYTES];
    if (in->agent->stranger == path->spine)
        return;
    in->agent->stranger = path->spine;
    journal_add(&in->core->journal, in->now_ns,
                &(struct happening){.level = STORE_WARNING,
                                    .kind = "miswired",
                                    .host = fabric_map_host_name(in->core->map, in->port)},
                "a path to %s goes over %s, to which its leaf has no link: correct the topology or the cable",
                address_text(path->peer, peer), address_text(path->spine, spine));
}

/* Enters the paths into the catalogue. */
static void catalogue(struct intake *in)
{
    const struct fabric_map *map = in->core->map;
    uint32_t leaf = fabric_map_leaf(map, in->port);
    for (unsigned i = 0; i < in->report->path_count; i++) {
        const struct path_mark *mark = &in->marks[i];
        if (mark->peer_leaf == MAP_NONE)
            continue;
        if (mark->spine == NO_SPINE ||
            map->nominal_bytes_per_s[fabric_map_uplink(map, leaf, mark->spine)] == 0)
            tell_stranger(in, &in->paths[i]);
        else
            path_table_saw(&in->core->paths, leaf, mark->peer_leaf, mark->spine);
    }
}

/* The agent's own copy. */
static void keep_paths(struct intake *in, unsigned lacking_count)
{
    struct agent *a = in->agent;
    free(a->paths);
    free(a->marks);
    a->paths = in->paths;
    a->marks = in->marks;
    a->path_count = in->report->path_count;
    a->lacking_count = lacking_count;
    a->dead_count = 0;
    for (unsigned i = 0; i < a->path_count; i++)
        a->dead_count += !a->paths[i].alive;
}

void report_take_paths(struct intake *in)
{
    struct core *core = in->core;
    struct agent *a = in->agent;
    unsigned lacking = link_evidence_mark(core->map, in->port, in->paths, in->marks, in->report->path_count);
    if (!same_evidence(a, in, lacking))
        core_want_judgement(core, in->now_ns);
    tell_moved(in);
    catalogue(in);
    link_evidence_add(&core->evidence, in->port, a, -1);
    keep_paths(in, lacking);
    link_evidence_add(&core->evidence, in->port, a, 1);
    if (link_evidence_prove(&core->evidence, in->port, a,
                            (struct evidence_times){.now_ns = in->now_ns, .before_ns = a->seen_ns}))
        core_want_judgement(core, in->now_ns);
    if (core->paths.unwritten_count > 0)
        journal_want_flush(&core->journal, in->now_ns);
}

/* ---- probes ---- */

static void take_probed(struct intake *in)
{
    char address[ADDRESS_TEXT_BYTES];
    for (unsigned i = 0; i < in->report->probed_count; i++) {
        struct asked_probe *p = agent_asked(in->agent, in->report->probed[i]);
        unsigned first;
        if (p == NULL || !p->pending)
            continue;
        p->pending = false;
        diagnosis_on_probed(in->core, in->port, p, in->now_ns);
        if (p->by_operator)
            journal_add(&in->core->journal, in->now_ns,
                        &(struct happening){.kind = "path_changed",
                                            .host = fabric_map_host_name(in->core->map, in->port)},
                        "has looked for its paths to %s anew and knows %u", address_text(p->peer, address),
                        agent_paths_to(in->agent, p->peer, &first));
    }
}

static uint64_t spines_of(const struct path_mark *marks, unsigned count)
{
    uint64_t spines = 0;
    for (unsigned i = 0; i < count; i++)
        spines |= marks[i].spine != NO_SPINE ? 1ull << marks[i].spine : 0;
    return spines;
}

/* Where others of its leaf see a spine that the host does not, it is asked to look again. */
static void ask_for_lacking(struct intake *in, unsigned first, unsigned end)
{
    struct core *core = in->core;
    struct agent *a = in->agent;
    uint32_t peer_leaf = a->marks[first].peer_leaf;
    if (peer_leaf == MAP_NONE)
        return;
    uint64_t known = path_table_spines(&core->paths, fabric_map_leaf(core->map, in->port), peer_leaf);
    if ((known & ~spines_of(&a->marks[first], end - first)) == 0)
        return;
    const struct asked_probe *asked = agent_asked(a, a->paths[first].peer);
    if (asked == NULL || (!asked->pending && in->now_ns - asked->asked_ns >= PROBE_AGAIN_NS))
        agent_ask(a, a->paths[first].peer, in->now_ns);
}

static void ask_for_paths(struct intake *in)
{
    const struct agent *a = in->agent;
    for (unsigned first = 0, end; first < a->path_count; first = end) {
        for (end = first + 1; end < a->path_count && a->paths[end].peer == a->paths[first].peer;)
            end++;
        ask_for_lacking(in, first, end);
    }
}

void report_take_probes(struct intake *in)
{
    take_probed(in);
    for (unsigned i = 0; i < in->report->timed_count; i++)
        diagnosis_on_timed(in->core, in->port, &in->report->timed[i], in->now_ns);
    ask_for_paths(in);
}
