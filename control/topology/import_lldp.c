/* SPDX-License-Identifier: BSD-3-Clause */
#include <errno.h>
#include <fnmatch.h>
#include <stdlib.h>
#include <string.h>

#include "control/topology/builder.h"
#include "control/topology/cable_set.h"
#include "control/topology/import.h"

struct seen_node {
    const char *name;
    bool forwards, is_known; /* is_known: its kind is */
    enum topology_kind kind;
};

struct lldp_import {
    const struct topology_lldp_import *how;
    struct topology_builder *builder;
    struct cable_set cables;
    struct seen_node *nodes; /* in natural order of their names */
    size_t node_count;
    struct topology_error *error;
};

static bool matches(const char *pattern, const char *name)
{
    return pattern && fnmatch(pattern, name, 0) == 0;
}

static bool is_ignored(const struct lldp_import *import, const struct cable *cable)
{
    return matches(import->how->ignored, cable->ends[0].node) ||
           matches(import->how->ignored, cable->ends[1].node);
}

static void remove_ignored(struct lldp_import *import)
{
    size_t kept = 0;
    for (size_t i = 0; i < import->cables.count; i++)
        if (!is_ignored(import, &import->cables.cables[i]))
            import->cables.cables[kept++] = import->cables.cables[i];
    import->cables.count = kept;
}

static int compare_nodes(const void *a, const void *b)
{
    return strverscmp(((const struct seen_node *)a)->name, ((const struct seen_node *)b)->name);
}

static struct seen_node *find_node(const struct lldp_import *import, const char *name)
{
    struct seen_node key = {.name = name};
    return bsearch(&key, import->nodes, import->node_count, sizeof(*import->nodes), compare_nodes);
}

static int list_nodes(struct lldp_import *import)
{
    size_t count = 2 * import->cables.count, kept = 0;
    import->nodes = calloc(count + 1, sizeof(*import->nodes));
    if (!import->nodes)
        return topology_fail_memory(import->error);
    for (size_t i = 0; i < count; i++)
        import->nodes[i].name = import->cables.cables[i / 2].ends[i % 2].node;
    qsort(import->nodes, count, sizeof(*import->nodes), compare_nodes);
    for (size_t i = 0; i < count; i++)
        if (kept == 0 || compare_nodes(&import->nodes[kept - 1], &import->nodes[i]) != 0)
            import->nodes[kept++] = import->nodes[i];
    import->node_count = kept;
    return 0;
}

static void find_hosts(struct lldp_import *import, const struct observed_cables *observed)
{
    for (size_t i = 0; i < observed_cables_count(observed); i++) {
        const struct observed_cable *cable = observed_cables_at(observed, i);
        struct seen_node *node = find_node(import, cable->neighbour);
        if (node)
            node->forwards |= cable->neighbour_forwards;
    }
    for (size_t i = 0; i < import->node_count; i++) {
        struct seen_node *node = &import->nodes[i];
        node->is_known = import->how->hosts ? matches(import->how->hosts, node->name) : !node->forwards;
        node->kind = TOPOLOGY_HOST;
    }
}

/* What is joined to nodes of one kind, and not known yet, is of the next. */
static void find_kind_above(struct lldp_import *import, enum topology_kind kind)
{
    for (size_t i = 0; i < 2 * import->cables.count; i++) {
        const struct cable *cable = &import->cables.cables[i / 2];
        const struct seen_node *lower = find_node(import, cable->ends[i % 2].node);
        struct seen_node *upper = find_node(import, cable->ends[!(i % 2)].node);
        if (!upper->is_known && lower->is_known && lower->kind == kind) {
            upper->is_known = true;
            upper->kind = kind + 1;
        }
    }
}

static int add_nodes(struct lldp_import *import)
{
    int result = 0;
    for (size_t i = 0; i < import->node_count && result == 0; i++) {
        const struct seen_node *node = &import->nodes[i];
        struct topology_node_entry entry = {.name = node->name, .kind = node->kind};
        if (!node->is_known)
            return topology_fail(
                import->error, (struct topology_position){0}, "disconnected",
                "%s is more than three switches away from any host: ignore it, or say by a pattern "
                "which nodes are hosts",
                node->name);
        result = topology_builder_add_node(import->builder, &entry, import->error);
    }
    return result;
}

static int add_links(struct lldp_import *import)
{
    int result = 0;
    for (size_t i = 0; i < import->cables.count && result == 0; i++) {
        const struct cable *cable = &import->cables.cables[i];
        struct topology_link_entry link = {.ends = {cable->ends[0], cable->ends[1]},
                                           .rate_bits_per_s = import->how->rate_bits_per_s};
        result = topology_builder_add_link(import->builder, &link, import->error);
    }
    return result;
}

static int run(struct lldp_import *import, const struct observed_cables *observed, struct topology **topology)
{
    remove_ignored(import);
    int result = list_nodes(import);
    if (result)
        return result;
    find_hosts(import, observed);
    for (enum topology_kind kind = TOPOLOGY_HOST; kind < TOPOLOGY_CORE; kind++)
        find_kind_above(import, kind);
    result = add_nodes(import);
    if (result == 0)
        result = add_links(import);
    return result ? result : topology_builder_finish(import->builder, topology, import->error);
}

int topology_import_lldp(const struct observed_cables *observed, const struct topology_lldp_import *how,
                         struct topology **topology, struct topology_error *error)
{
    struct lldp_import import = {.how = how, .builder = topology_builder_create(), .error = error};
    int result;
    *topology = NULL;
    if (!import.builder || cable_set_create(&import.cables, observed) != 0)
        result = topology_fail_memory(error);
    else
        result = run(&import, observed, topology);
    topology_builder_free(import.builder);
    cable_set_destroy(&import.cables);
    free(import.nodes);
    return result;
}
