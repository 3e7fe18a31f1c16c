/* SPDX-License-Identifier: BSD-3-Clause */
#include "tools/sim/path_reports.h"

#include <stdlib.h>

#include "tools/sim/memory.h"

struct path_reports {
    const struct topology *topology;
    uint64_t *dead; /* [host * hosts + other]: a bit each path */
};

struct path_reports *path_reports_create(const struct topology *t)
{
    struct path_reports *r = memory_take(1, sizeof(*r));
    *r = (struct path_reports){.topology = t,
                               .dead = memory_take((size_t)t->host_count * t->host_count, sizeof(*r->dead))};
    return r;
}

void path_reports_destroy(struct path_reports *r)
{
    if (r == NULL)
        return;
    free(r->dead);
    free(r);
}

static uint64_t *paths_of(const struct path_reports *r, uint32_t host, uint32_t other)
{
    return &r->dead[(size_t)host * r->topology->host_count + other];
}

void path_reports_note(struct path_reports *r, const struct path_report *report)
{
    uint64_t *dead = paths_of(r, report->host, report->other);
    *dead = report->dead ? *dead | 1ull << report->path : *dead & ~(1ull << report->path);
}

void path_reports_forget_host(struct path_reports *r, uint32_t host)
{
    for (uint32_t other = 0; other < r->topology->host_count; other++) {
        *paths_of(r, host, other) = 0;
        *paths_of(r, other, host) = 0;
    }
}

/* pairs[a * leaves + b]: the spines over which a path between them is dead, the same both ways round. */
static uint64_t *pairs_of_leaves(const struct path_reports *r)
{
    const struct topology *t = r->topology;
    uint64_t *pairs = memory_take((size_t)t->leaf_count * t->leaf_count, sizeof(*pairs));
    for (uint32_t host = 0; host < t->host_count; host++) {
        for (uint32_t other = 0; other < t->host_count; other++) {
            uint32_t a = topology_leaf_of(t, host), b = topology_leaf_of(t, other);
            uint64_t dead = *paths_of(r, host, other);
            if (a == b || __builtin_popcountll(dead) == (int)t->shape.spines)
                continue;
            pairs[a * t->leaf_count + b] |= dead;
            pairs[b * t->leaf_count + a] |= dead;
        }
    }
    return pairs;
}

/* Of how many other leaves the paths over the spine are dead and not explained yet. */
static unsigned count_pairs(const uint64_t *pairs, uint32_t leaves, uint32_t leaf, unsigned spine)
{
    unsigned count = 0;
    for (uint32_t other = 0; other < leaves; other++)
        count += pairs[leaf * leaves + other] >> spine & 1;
    return count;
}

static void explain(uint64_t *pairs, uint32_t leaves, uint32_t leaf, unsigned spine)
{
    for (uint32_t other = 0; other < leaves; other++) {
        pairs[leaf * leaves + other] &= ~(1ull << spine);
        pairs[other * leaves + leaf] &= ~(1ull << spine);
    }
}

/* Accuses the links to the spine that explain most, one after the other; where each of two would do, both. */
static void accuse(const struct path_reports *r, uint64_t *pairs, unsigned spine, bool *found)
{
    uint32_t leaves = r->topology->leaf_count, spines = r->topology->shape.spines;
    for (;;) {
        uint32_t worst = 0;
        unsigned most = 0;
        for (uint32_t leaf = 0; leaf < leaves; leaf++) {
            unsigned count = count_pairs(pairs, leaves, leaf, spine);
            worst = count > most ? leaf : worst;
            most = count > most ? count : most;
        }
        if (most == 0)
            return;
        for (uint32_t other = 0; other < leaves && most == 1; other++)
            found[other * spines + spine] |= pairs[worst * leaves + other] >> spine & 1;
        found[worst * spines + spine] = true;
        explain(pairs, leaves, worst, spine);
    }
}

bool path_reports_judge(const struct path_reports *r, bool *accused)
{
    size_t links = (size_t)r->topology->leaf_count * r->topology->shape.spines;
    uint64_t *pairs = pairs_of_leaves(r);
    bool *found = memory_take(links, sizeof(*found));
    for (unsigned spine = 0; spine < r->topology->shape.spines; spine++)
        accuse(r, pairs, spine, found);
    bool differs = memcmp(found, accused, links * sizeof(*found)) != 0;
    memcpy(accused, found, links * sizeof(*found));
    free(found);
    free(pairs);
    return differs;
}
