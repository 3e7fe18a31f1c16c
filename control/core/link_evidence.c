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
        e->carrying[i] = calloc(map->uplink_count + 1, sizeof(*e->carrying[i]));
        whole = whole && e->carrying[i] != NULL;
    }
    e->blame = calloc(map->uplink_count + 1, sizeof(*e->blame));
    return whole && e->blame != NULL ? 0 : -ENOMEM;
}

void link_evidence_destroy(struct link_evidence *e)
{
    for (unsigned i = 0; i < LINK_DIRECTIONS; i++)
        free(e->carrying[i]);
    free(e->blame);
}

/* ---- what paths say ---- */

static bool some_is_alive(const struct core_path *paths, unsigned count)
{
    for (unsigned i = 0; i < count; i++) {
        if (paths[i].alive)
            return true;
    }
    return false;
}

/* Growth that is too old is forgotten, so that the clock may wrap around. */
static uint8_t evidence_of(const struct evidence_window *w, const struct core_path *path,
                           struct path_mark *mark)
{
    if (w->now_ms - mark->grown_ms > w->recent_ms)
        mark->grown_ms = 0;
    if (!path->alive)
        return PATH_DEAD;
    return mark->grown_ms != 0 ? PATH_CARRIES : PATH_SAYS_NOTHING;
}

/* The paths to one peer. */
static void mark_group(const struct fabric_map *map, const struct evidence_window *w,
                       const struct core_path *paths, struct path_mark *marks, unsigned count)
{
    uint32_t leaf = fabric_map_leaf(map, w->port), peer = fabric_map_port(map, paths[0].peer);
    uint32_t peer_leaf = peer != TOPOLOGY_NONE ? fabric_map_leaf(map, peer) : leaf;
    bool speaks = peer_leaf != leaf && some_is_alive(paths, count);
    for (unsigned i = 0; i < count; i++) {
        uint32_t spine = fabric_map_spine(map, paths[i].spine);
        marks[i].peer_leaf = peer_leaf != leaf ? peer_leaf : MAP_NONE;
        marks[i].spine = (uint8_t)(spine != MAP_NONE ? spine : NO_SPINE);
        marks[i].evidence = PATH_SAYS_NOTHING;
        if (speaks && spine != MAP_NONE)
            marks[i].evidence = evidence_of(w, &paths[i], &marks[i]);
    }
}

void link_evidence_mark(const struct fabric_map *map, const struct evidence_window *w,
                        const struct core_path *paths, struct path_mark *marks, unsigned count)
{
    for (unsigned first = 0, end; first < count; first = end) {
        for (end = first + 1; end < count && paths[end].peer == paths[first].peer;)
            end++;
        mark_group(map, w, &paths[first], &marks[first], end - first);
    }
}

/* ---- adding it up ---- */

/* The uplinks of a path that speaks. */
struct path_links {
    uint32_t up, down;
};

static struct path_links links_of(const struct fabric_map *map, uint32_t port, const struct path_mark *mark)
{
    return (struct path_links){.up = fabric_map_uplink(map, fabric_map_leaf(map, port), mark->spine),
                               .down = fabric_map_uplink(map, mark->peer_leaf, mark->spine)};
}

void link_evidence_add(struct link_evidence *e, uint32_t port, const struct agent *a, int sign)
{
    for (unsigned i = 0; i < a->path_count; i++) {
        if (a->marks[i].evidence != PATH_CARRIES)
            continue;
        struct path_links links = links_of(e->map, port, &a->marks[i]);
        e->carrying[LINK_UPWARDS][links.up] += (uint32_t)sign;
        e->carrying[LINK_DOWNWARDS][links.down] += (uint32_t)sign;
    }
}

static unsigned clearance(const struct link_evidence *e, uint32_t uplink, enum link_direction direction)
{
    if (e->carrying[direction][uplink] > 0)
        return 2;
    return e->carrying[!direction][uplink] > 0;
}

static void blame(struct link_evidence *e, uint32_t uplink, enum core_link_state state)
{
    if (e->blame[uplink] != CORE_LINK_DOWN)
        e->blame[uplink] = (uint8_t)state;
}

static void accuse(struct link_evidence *e, struct path_links links)
{
    unsigned up = clearance(e, links.up, LINK_UPWARDS), down = clearance(e, links.down, LINK_DOWNWARDS);
    if (up < down)
        blame(e, links.up, CORE_LINK_DOWN);
    if (down < up)
        blame(e, links.down, CORE_LINK_DOWN);
    if (up == down && up < 2) {
        blame(e, links.up, CORE_LINK_SUSPECT);
        blame(e, links.down, CORE_LINK_SUSPECT);
    }
}

void link_evidence_judge(struct link_evidence *e, struct agent *const *agents)
{
    memset(e->blame, CORE_LINK_UP, e->map->uplink_count);
    for (uint32_t port = 0; port < e->map->port_count; port++) {
        const struct agent *a = agents[port];
        for (unsigned i = 0; a != NULL && a->dead_count > 0 && i < a->path_count; i++) {
            if (a->marks[i].evidence == PATH_DEAD)
                accuse(e, links_of(e->map, port, &a->marks[i]));
        }
    }
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
    return false;
}
