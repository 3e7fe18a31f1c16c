/* SPDX-License-Identifier: BSD-3-Clause */
#include "control/core/link_evidence.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

int link_evidence_create(struct link_evidence *e, const struct fabric_map *map)
{
    *e = (struct link_evidence){.map = map};
    bool whole = true;
    for (unsigned i = 0; i < LINK_DIRECTIONS; i++) {
        e->proven_ns[i] = calloc(map->uplink_count + 1, sizeof(*e->proven_ns[i]));
        whole = whole && e->proven_ns[i] != NULL;
    }
    e->crossing = calloc(map->uplink_count + 1, sizeof(*e->crossing));
    e->blame = calloc(map->uplink_count + 1, sizeof(*e->blame));
    e->acquitted = calloc(map->uplink_count + 1, sizeof(*e->acquitted));
    e->accuses = calloc(map->port_count + 1, sizeof(*e->accuses));
    e->accusers = calloc(map->port_count + 1, sizeof(*e->accusers));
    whole = whole && e->crossing != NULL && e->blame != NULL && e->accuses != NULL;
    return whole && e->acquitted != NULL && e->accusers != NULL ? 0 : -ENOMEM;
}

void link_evidence_destroy(struct link_evidence *e)
{
    for (unsigned i = 0; i < LINK_DIRECTIONS; i++)
        free(e->proven_ns[i]);
    free(e->crossing);
    free(e->blame);
    free(e->acquitted);
    free(e->accuses);
    free(e->accusers);
}

/* ---- what paths say ---- */

static unsigned end_of_group(const struct core_path *paths, unsigned first, unsigned count)
{
    unsigned end = first + 1;
    while (end < count && paths[end].peer == paths[first].peer)
        end++;
    return end;
}

static bool some_is_alive(const struct core_path *paths, unsigned count)
{
    for (unsigned i = 0; i < count; i++) {
        if (paths[i].alive)
            return true;
    }
    return false;
}

/* The spines between the leaf and that of the marked paths to one peer which none of them crosses; none are
 * missing where the agent has not looked for all. */
static uint64_t missing_spines(const struct fabric_map *map, uint32_t leaf, const struct core_path *paths,
                               const struct path_mark *marks, unsigned count)
{
    if (marks[0].peer_leaf == MAP_NONE || !paths[0].complete)
        return 0;
    uint64_t missing = map->leaf_spines[leaf] & map->leaf_spines[marks[0].peer_leaf];
    for (unsigned i = 0; i < count; i++) {
        if (marks[i].spine != NO_SPINE)
            missing &= ~(1ull << marks[i].spine);
    }
    return missing;
}

/* The paths to one peer. */
static void mark_group(const struct fabric_map *map, uint32_t leaf, const struct core_path *paths,
                       struct path_mark *marks, unsigned count)
{
    uint32_t peer = fabric_map_port(map, paths[0].peer);
    uint32_t peer_leaf = peer != TOPOLOGY_NONE ? fabric_map_leaf(map, peer) : leaf;
    bool speaks = peer_leaf != leaf && some_is_alive(paths, count);
    for (unsigned i = 0; i < count; i++) {
        uint32_t spine = fabric_map_spine(map, paths[i].spine);
        marks[i].peer_leaf = peer_leaf != leaf ? peer_leaf : MAP_NONE;
        marks[i].spine = (uint8_t)(spine != MAP_NONE ? spine : NO_SPINE);
        marks[i].evidence = PATH_SAYS_NOTHING;
        if (speaks && spine != MAP_NONE)
            marks[i].evidence = paths[i].alive ? PATH_ALIVE : PATH_DEAD;
    }
}

unsigned link_evidence_mark(const struct fabric_map *map, uint32_t port, const struct core_path *paths,
                            struct path_mark *marks, unsigned count)
{
    uint32_t leaf = fabric_map_leaf(map, port);
    unsigned lacking = 0;
    for (unsigned first = 0, end; first < count; first = end) {
        end = end_of_group(paths, first, count);
        mark_group(map, leaf, &paths[first], &marks[first], end - first);
        lacking += missing_spines(map, leaf, &paths[first], &marks[first], end - first) != 0;
    }
    return lacking;
}

/* ---- adding it up ---- */

/* The uplinks of a path between two leaves. */
struct path_links {
    uint32_t up, down;
};

static struct path_links links_over(const struct fabric_map *map, uint32_t port, uint32_t peer_leaf,
                                    uint32_t spine)
{
    return (struct path_links){.up = fabric_map_uplink(map, fabric_map_leaf(map, port), spine),
                               .down = fabric_map_uplink(map, peer_leaf, spine)};
}

static struct path_links links_of(const struct fabric_map *map, uint32_t port, const struct path_mark *mark)
{
    return links_over(map, port, mark->peer_leaf, mark->spine);
}

static bool has_links(const struct path_mark *mark)
{
    return mark->peer_leaf != MAP_NONE && mark->spine != NO_SPINE;
}

void link_evidence_add(struct link_evidence *e, uint32_t port, const struct agent *a, int sign)
{
    e->accuses[port] = sign > 0 && (a->dead_count > 0 || a->lacking_count > 0);
    for (unsigned i = 0; i < a->path_count; i++) {
        if (!has_links(&a->marks[i]))
            continue;
        struct path_links links = links_of(e->map, port, &a->marks[i]);
        e->crossing[links.up] += (uint32_t)sign;
        e->crossing[links.down] += (uint32_t)sign;
    }
}

/* True when that helps a link that is blamed. */
static bool prove(struct link_evidence *e, enum link_direction direction, uint32_t uplink, uint64_t at_ns)
{
    if (e->proven_ns[direction][uplink] >= at_ns)
        return false;
    e->proven_ns[direction][uplink] = at_ns;
    return e->blame[uplink] != CORE_LINK_UP;
}

static bool prove_by_answer(struct link_evidence *e, uint32_t uplink, uint32_t heard_ms, uint64_t now_ns)
{
    uint64_t heard_ns = (uint64_t)heard_ms * 1000000;
    if (heard_ms == CORE_NEVER_HEARD || heard_ns > now_ns)
        return false;
    bool helps = prove(e, LINK_UPWARDS, uplink, now_ns - heard_ns);
    return prove(e, LINK_DOWNWARDS, uplink, now_ns - heard_ns) || helps;
}

bool link_evidence_prove(struct link_evidence *e, uint32_t port, const struct agent *a,
                         struct evidence_times times)
{
    bool helps = false;
    for (unsigned i = 0; i < a->path_count; i++) {
        if (!has_links(&a->marks[i]))
            continue;
        struct path_links links = links_of(e->map, port, &a->marks[i]);
        helps |= prove_by_answer(e, links.up, a->paths[i].heard_ms, times.now_ns);
        if (!a->marks[i].grew || !a->paths[i].alive)
            continue;
        helps |= prove(e, LINK_UPWARDS, links.up, times.before_ns);
        helps |= prove(e, LINK_DOWNWARDS, links.down, times.before_ns);
    }
    return helps;
}

/* ---- judging ---- */

static bool works_since(const struct link_evidence *e, enum link_direction direction, uint32_t uplink,
                        uint64_t died_ns)
{
    return e->proven_ns[direction][uplink] > died_ns + LINK_PROOF_MARGIN_NS;
}

static unsigned clearance(const struct link_evidence *e, uint32_t uplink, enum link_direction direction,
                          uint64_t died_ns)
{
    if (works_since(e, direction, uplink, died_ns))
        return 2;
    return works_since(e, !direction, uplink, died_ns);
}

static void blame(struct link_evidence *e, uint32_t uplink, enum core_link_state state)
{
    if (e->blame[uplink] != CORE_LINK_DOWN)
        e->blame[uplink] = (uint8_t)state;
}

/* By a path that died. */
static void accuse(struct link_evidence *e, struct path_links links, uint64_t died_ns)
{
    unsigned up = clearance(e, links.up, LINK_UPWARDS, died_ns);
    unsigned down = clearance(e, links.down, LINK_DOWNWARDS, died_ns);
    if (up < down)
        blame(e, links.up, CORE_LINK_DOWN);
    if (down < up)
        blame(e, links.down, CORE_LINK_DOWN);
    e->acquitted[up < down ? links.down : links.up] |= up != down;
    if (up == down && up < 2) {
        blame(e, links.up, CORE_LINK_SUSPECT);
        blame(e, links.down, CORE_LINK_SUSPECT);
    }
}

/* By a path that is not there. */
static void accuse_uncrossed(struct link_evidence *e, struct path_links links)
{
    bool up = e->crossing[links.up] == 0, down = e->crossing[links.down] == 0;
    enum core_link_state state = up && down ? CORE_LINK_SUSPECT : CORE_LINK_DOWN;
    if (up)
        blame(e, links.up, state);
    if (down)
        blame(e, links.down, state);
}

static void judge_missing(struct link_evidence *e, uint32_t port, const struct agent *a)
{
    uint32_t leaf = fabric_map_leaf(e->map, port);
    for (unsigned first = 0, end; a->lacking_count > 0 && first < a->path_count; first = end) {
        end = end_of_group(a->paths, first, a->path_count);
        uint64_t missing = missing_spines(e->map, leaf, &a->paths[first], &a->marks[first], end - first);
        for (; missing != 0; missing &= missing - 1)
            accuse_uncrossed(
                e, links_over(e->map, port, a->marks[first].peer_leaf, (uint32_t)__builtin_ctzll(missing)));
    }
}

static void judge_dead(struct link_evidence *e, uint32_t port, const struct agent *a)
{
    for (unsigned i = 0; i < a->path_count; i++) {
        if (a->marks[i].evidence == PATH_DEAD)
            accuse(e, links_of(e->map, port, &a->marks[i]), a->marks[i].died_ns);
    }
}

void link_evidence_judge(struct link_evidence *e, struct agent *const *agents)
{
    memset(e->blame, CORE_LINK_UP, e->map->uplink_count);
    memset(e->acquitted, false, e->map->uplink_count);
    e->accuser_count = 0;
    for (uint32_t port = 0; port < e->map->port_count; port++) {
        if (!e->accuses[port])
            continue;
        e->accusers[e->accuser_count++] = port;
        judge_dead(e, port, agents[port]);
        judge_missing(e, port, agents[port]);
    }
}

/* ---- who says so ---- */

static bool lacks(const struct fabric_map *map, uint32_t port, const struct agent *a, uint32_t uplink)
{
    uint32_t leaf = fabric_map_leaf(map, port), end_leaf = uplink / map->spine_count;
    uint64_t spine = 1ull << uplink % map->spine_count;
    for (unsigned first = 0, end; a->lacking_count > 0 && first < a->path_count; first = end) {
        end = end_of_group(a->paths, first, a->path_count);
        if ((leaf == end_leaf || a->marks[first].peer_leaf == end_leaf) &&
            missing_spines(map, leaf, &a->paths[first], &a->marks[first], end - first) & spine)
            return true;
    }
    return false;
}

unsigned link_evidence_count_dead(const struct fabric_map *map, uint32_t port, const struct agent *a,
                                  uint32_t uplink)
{
    unsigned count = 0;
    for (unsigned i = 0; a->dead_count > 0 && i < a->path_count; i++) {
        if (a->marks[i].evidence != PATH_DEAD)
            continue;
        struct path_links links = links_of(map, port, &a->marks[i]);
        count += links.up == uplink || links.down == uplink;
    }
    return count;
}

bool link_evidence_accuses(const struct fabric_map *map, uint32_t port, const struct agent *a,
                           uint32_t uplink)
{
    for (unsigned i = 0; a->dead_count > 0 && i < a->path_count; i++) {
        if (a->marks[i].evidence != PATH_DEAD)
            continue;
        struct path_links links = links_of(map, port, &a->marks[i]);
        if (links.up == uplink || links.down == uplink)
            return true;
    }
    return lacks(map, port, a, uplink);
}
