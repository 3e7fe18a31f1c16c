/* SPDX-License-Identifier: BSD-3-Clause */
/* Links: between which nodes, whether those may be joined, in which plane, and that no port is used twice. */
#include <stdlib.h>
#include <string.h>

#include "control/topology/model.h"

/* One end of a link, or a whole link, for sorting. */
struct used_port {
    uint32_t node, other_node;
    const char *port, *other_port;
    uint32_t link;
};

static int find_end(const struct topology_builder *builder, const struct topology_link_entry *link, int end,
                    uint32_t *node, struct topology_error *error)
{
    char quote[TOPOLOGY_QUOTE_BYTES];
    const char *name = link->ends[end].node;
    *node = topology_node_by_name(builder->topology, name);
    if (*node != TOPOLOGY_NONE)
        return 0;
    return topology_fail(error, link->at, "unknown_node",
                         "there is no node of the name '%s': list it, or correct this link",
                         topology_quote(name, strlen(name), quote));
}

static int join(const struct topology_builder *builder, uint32_t number, struct topology_error *error)
{
    const struct topology_link_entry *entry = &builder->links[number];
    const struct topology *t = builder->topology;
    uint32_t nodes[2];
    int result = find_end(builder, entry, 0, &nodes[0], error);
    if (result == 0)
        result = find_end(builder, entry, 1, &nodes[1], error);
    if (result)
        return result;
    int low = t->nodes[nodes[0]].kind > t->nodes[nodes[1]].kind;
    const struct topology_node *lower = &t->nodes[nodes[low]], *upper = &t->nodes[nodes[!low]];
    if (upper->kind != lower->kind + 1)
        return topology_fail(error, entry->at, "miswired",
                             "%s is a %s and %s is a %s: only host and leaf, leaf and spine, spine and core "
                             "can be joined",
                             entry->ends[0].node, topology_kind_name(t->nodes[nodes[0]].kind),
                             entry->ends[1].node, topology_kind_name(t->nodes[nodes[1]].kind));
    t->links[number] = (struct topology_link){.lower = nodes[low],
                                              .upper = nodes[!low],
                                              .lower_port = entry->ends[low].port,
                                              .upper_port = entry->ends[!low].port,
                                              .rate_bits_per_s = entry->rate_bits_per_s,
                                              .plane = entry->plane};
    return 0;
}

int builder_join_links(struct topology_builder *builder, struct topology_error *error)
{
    struct topology *t = builder->topology;
    int result = 0;
    t->links = calloc(t->link_count + 1, sizeof(*t->links));
    if (!t->links)
        return topology_fail_memory(error);
    for (uint32_t i = 0; i < t->link_count && result == 0; i++)
        result = join(builder, i, error);
    return result;
}

static int compare_numbers(uint32_t a, uint32_t b)
{
    return (a > b) - (a < b);
}

static int compare_ports(const struct used_port *a, const struct used_port *b)
{
    int order = compare_numbers(a->node, b->node);
    return order ? order : strcmp(a->port, b->port);
}

static int compare_both_ends(const struct used_port *a, const struct used_port *b)
{
    int order = compare_ports(a, b);
    order = order ? order : compare_numbers(a->other_node, b->other_node);
    return order ? order : strcmp(a->other_port, b->other_port);
}

static int compare_used(const void *left, const void *right)
{
    const struct used_port *a = left, *b = right;
    int order = compare_both_ends(a, b);
    return order ? order : compare_numbers(a->link, b->link);
}

/* What was imported may have no lines. */
static void describe_place(struct topology_position at, char where[32])
{
    if (at.line)
        snprintf(where, 32, "that in line %u", at.line);
    else
        snprintf(where, 32, "another");
}

static int check_used(const struct topology_builder *builder, const struct used_port *first,
                      const struct used_port *second, struct topology_error *error)
{
    struct topology_position at = builder->links[second->link].at;
    const char *name = builder->topology->nodes[second->node].name;
    char where[32];
    describe_place(builder->links[first->link].at, where);
    if (compare_both_ends(first, second) == 0)
        return topology_fail(error, at, "duplicate_link",
                             "the same link as %s, between %s and %s: remove one, or name their ports", where,
                             name, builder->topology->nodes[second->other_node].name);
    if (second->port[0] && compare_ports(first, second) == 0)
        return topology_fail(error, at, "duplicate_endpoint",
                             "%s:%s is already an end of %s: a port takes one cable", name, second->port,
                             where);
    return 0;
}

int builder_check_duplicates(struct topology_builder *builder, struct topology_error *error)
{
    const struct topology *t = builder->topology;
    uint32_t count = 2 * t->link_count;
    struct used_port *used = calloc(count + 1, sizeof(*used));
    int result = 0;
    if (!used)
        return topology_fail_memory(error);
    for (uint32_t i = 0; i < t->link_count; i++) {
        const struct topology_link *l = &t->links[i];
        used[2 * i] = (struct used_port){l->lower, l->upper, l->lower_port, l->upper_port, i};
        used[2 * i + 1] = (struct used_port){l->upper, l->lower, l->upper_port, l->lower_port, i};
    }
    qsort(used, count, sizeof(*used), compare_used);
    for (uint32_t i = 1; i < count && result == 0; i++)
        result = check_used(builder, &used[i - 1], &used[i], error);
    free(used);
    return result;
}

static int assign_plane(struct topology_builder *builder, uint32_t link, uint32_t node,
                        struct topology_error *error)
{
    struct topology_node *n = &builder->topology->nodes[node];
    uint32_t plane = builder->topology->links[link].plane;
    if (n->kind == TOPOLOGY_HOST || n->plane == plane)
        return 0;
    if (n->plane != TOPOLOGY_NONE)
        return topology_fail(
            error, builder->links[link].at, "mixed_planes",
            "this link is in plane %u, but another link of %s is in plane %u: a switch is in "
            "one plane",
            plane, n->name, n->plane);
    n->plane = plane;
    return 0;
}

int builder_assign_planes(struct topology_builder *builder, struct topology_error *error)
{
    const struct topology *t = builder->topology;
    int result = 0;
    for (uint32_t i = 0; i < t->link_count && result == 0; i++) {
        result = assign_plane(builder, i, t->links[i].lower, error);
        if (result == 0)
            result = assign_plane(builder, i, t->links[i].upper, error);
    }
    return result;
}

static int check_joined(const struct topology_builder *builder, struct topology_error *error)
{
    const struct topology *t = builder->topology;
    for (uint32_t i = t->first_node[TOPOLOGY_LEAF]; i < t->node_count; i++)
        if (t->nodes[i].plane == TOPOLOGY_NONE)
            return topology_fail(error, builder->node_at[i], "unconnected_node",
                                 "%s has no link: add one, or remove it", t->nodes[i].name);
    for (uint32_t i = 0; i < t->first_node[TOPOLOGY_LEAF]; i++)
        if (t->first_link_up[i] == t->first_link_up[i + 1])
            return topology_fail(error, builder->node_at[i], "unconnected_node",
                                 "%s has no link: add one, or remove it", t->nodes[i].name);
    return 0;
}

/* `last` holds, for each node, the last link that led up to it, and is all TOPOLOGY_NONE. */
static void mark_parallel(struct topology *t, uint32_t *last)
{
    for (uint32_t i = 0; i < t->link_count; i++) {
        const struct topology_link *link = &t->links[t->links_up[i]];
        uint32_t before = last[link->upper];
        last[link->upper] = t->links_up[i];
        if (before != TOPOLOGY_NONE && t->links[before].lower == link->lower)
            t->is_parallel[before] = t->is_parallel[t->links_up[i]] = true;
    }
}

static int find_parallel(struct topology *t, struct topology_error *error)
{
    uint32_t *last = malloc(t->node_count * sizeof(*last));
    t->is_parallel = calloc(t->link_count + 1, sizeof(*t->is_parallel));
    if (!last || !t->is_parallel) {
        free(last);
        return topology_fail_memory(error);
    }
    for (uint32_t i = 0; i < t->node_count; i++)
        last[i] = TOPOLOGY_NONE;
    mark_parallel(t, last);
    free(last);
    return 0;
}

int builder_group_links(struct topology_builder *builder, struct topology_error *error)
{
    struct topology *t = builder->topology;
    t->links_up = calloc(t->link_count + 1, sizeof(*t->links_up));
    t->first_link_up = calloc(t->node_count + 2, sizeof(*t->first_link_up));
    if (!t->links_up || !t->first_link_up)
        return topology_fail_memory(error);
    for (uint32_t i = 0; i < t->link_count; i++)
        t->first_link_up[t->links[i].lower + 2]++;
    for (uint32_t i = 2; i < t->node_count + 2; i++)
        t->first_link_up[i] += t->first_link_up[i - 1];
    for (uint32_t i = 0; i < t->link_count; i++) /* moves each start to its place, one entry lower */
        t->links_up[t->first_link_up[t->links[i].lower + 1]++] = i;
    int result = find_parallel(t, error);
    return result ? result : check_joined(builder, error);
}
