/* SPDX-License-Identifier: BSD-3-Clause */
/* Pods, and that every two hosts of a plane have a way between them that goes up and then down: routers take
 * no other. Two leaves have one when some spine or core is above both. */
#include <stdlib.h>

#include "control/topology/model.h"

static uint32_t pod_root(uint32_t *parent, uint32_t node)
{
    while (parent[node] != node) {
        parent[node] = parent[parent[node]];
        node = parent[node];
    }
    return node;
}

/* Pods in the order of their first leaves. */
static void number_pods(struct topology *t, uint32_t *parent)
{
    uint32_t first = t->first_node[TOPOLOGY_LEAF], end = t->first_node[TOPOLOGY_CORE];
    for (uint32_t i = first; i < end; i++) {
        struct topology_node *root = &t->nodes[pod_root(parent, i)];
        if (root->pod == TOPOLOGY_NONE)
            root->pod = t->pod_count++;
        t->nodes[i].pod = root->pod;
    }
}

/* Numbers the nodes of one kind within their pods; `next` is all zero, one for each pod. */
static void number_in_pods(struct topology *t, enum topology_kind kind, uint32_t *next)
{
    for (uint32_t i = t->first_node[kind]; i < t->first_node[kind + 1]; i++)
        t->nodes[i].index_in_pod = next[t->nodes[i].pod]++;
}

int builder_find_pods(struct topology_builder *builder, struct topology_error *error)
{
    struct topology *t = builder->topology;
    uint32_t *parent = calloc(t->node_count, sizeof(*parent));
    uint32_t *next = calloc(2 * (size_t)t->node_count, sizeof(*next));
    if (parent && next) {
        for (uint32_t i = 0; i < t->node_count; i++)
            parent[i] = i;
        for (uint32_t i = 0; i < t->link_count; i++)
            if (t->nodes[t->links[i].lower].kind == TOPOLOGY_LEAF)
                parent[pod_root(parent, t->links[i].upper)] = pod_root(parent, t->links[i].lower);
        number_pods(t, parent);
        number_in_pods(t, TOPOLOGY_LEAF, next);
        number_in_pods(t, TOPOLOGY_SPINE, next + t->node_count);
    }
    int result = parent && next ? 0 : topology_fail_memory(error);
    free(parent);
    free(next);
    return result;
}

/* For every leaf and spine, a set of the spines and cores that are above it (a spine is above itself). */
struct above {
    const struct topology *topology;
    uint32_t first, first_member; /* the first leaf; the first spine */
    uint32_t words;               /* of one set */
    uint64_t *sets;
};

static uint64_t *set_of(const struct above *above, uint32_t node)
{
    return above->sets + (size_t)(node - above->first) * above->words;
}

static void include(const struct above *above, uint64_t *set, uint32_t node)
{
    uint32_t member = node - above->first_member;
    set[member / 64] |= 1ull << (member % 64);
}

/* From the top down, so that what is above a spine is known when a leaf asks for it. */
static void fill(const struct above *above)
{
    const struct topology *t = above->topology;
    for (uint32_t node = t->first_node[TOPOLOGY_CORE]; node-- > above->first;) {
        uint64_t *set = set_of(above, node);
        if (t->nodes[node].kind == TOPOLOGY_SPINE)
            include(above, set, node);
        for (uint32_t i = t->first_link_up[node]; i < t->first_link_up[node + 1]; i++) {
            uint32_t upper = t->links[t->links_up[i]].upper;
            include(above, set, upper);
            for (uint32_t w = 0; w < above->words && t->nodes[upper].kind == TOPOLOGY_SPINE; w++)
                set[w] |= set_of(above, upper)[w];
        }
    }
}

static bool meet(const struct above *above, uint32_t one, uint32_t other)
{
    const uint64_t *a = set_of(above, one), *b = set_of(above, other);
    for (uint32_t w = 0; w < above->words; w++)
        if (a[w] & b[w])
            return true;
    return false;
}

/* The leaves that hosts are joined to; returns how many. */
static uint32_t list_leaves_with_hosts(const struct topology *t, uint32_t *leaves, bool *has_hosts)
{
    uint32_t count = 0, first = t->first_node[TOPOLOGY_LEAF];
    for (uint32_t i = 0; i < t->port_count; i++)
        has_hosts[t->ports[i].leaf] = true;
    for (uint32_t i = first; i < t->first_node[TOPOLOGY_SPINE]; i++)
        if (has_hosts[i - first])
            leaves[count++] = i;
    return count;
}

static int check_pairs(const struct topology_builder *builder, const struct above *above,
                       const uint32_t *leaves, uint32_t count, struct topology_error *error)
{
    const struct topology_node *nodes = builder->topology->nodes;
    for (uint32_t i = 1; i < count; i++)
        for (uint32_t j = 0; j < i; j++)
            if (nodes[leaves[i]].plane == nodes[leaves[j]].plane && !meet(above, leaves[i], leaves[j]))
                return topology_fail(
                    error, builder->node_at[leaves[i]], "disconnected",
                    "there is no way up and down from %s to %s in plane %u: no spine or core "
                    "is above both",
                    nodes[leaves[j]].name, nodes[leaves[i]].name, nodes[leaves[i]].plane);
    return 0;
}

int builder_check_reach(struct topology_builder *builder, struct topology_error *error)
{
    const struct topology *t = builder->topology;
    uint32_t members = t->node_count - t->first_node[TOPOLOGY_SPINE];
    uint32_t lower = t->first_node[TOPOLOGY_CORE] - t->first_node[TOPOLOGY_LEAF];
    struct above above = {.topology = t,
                          .first = t->first_node[TOPOLOGY_LEAF],
                          .first_member = t->first_node[TOPOLOGY_SPINE],
                          .words = members / 64 + 1};
    above.sets = calloc((size_t)lower * above.words, sizeof(*above.sets));
    uint32_t *leaves = calloc(lower, sizeof(*leaves));
    bool *has_hosts = calloc(lower, sizeof(*has_hosts));
    int result = above.sets && leaves && has_hosts ? 0 : topology_fail_memory(error);
    if (result == 0) {
        fill(&above);
        result = check_pairs(builder, &above, leaves, list_leaves_with_hosts(t, leaves, has_hosts), error);
    }
    free(above.sets);
    free(leaves);
    free(has_hosts);
    return result;
}
