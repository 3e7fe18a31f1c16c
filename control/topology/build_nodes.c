/* SPDX-License-Identifier: BSD-3-Clause */
/* Nodes: numbered kind by kind, found by name. */
#include <stdlib.h>
#include <string.h>

#include "control/topology/model.h"

static int compare_names(const void *a, const void *b, void *context)
{
    const struct topology_node *nodes = context;
    uint32_t left = *(const uint32_t *)a, right = *(const uint32_t *)b;
    int order = strcmp(nodes[left].name, nodes[right].name);
    return order ? order : (left > right) - (left < right);
}

/* The nodes in the order of their kinds; within a kind the order stays. */
static int order_by_kind(struct topology_builder *builder, struct topology_error *error)
{
    struct topology *t = builder->topology;
    struct topology_node *nodes = calloc(t->node_count, sizeof(*nodes));
    struct topology_position *at = calloc(t->node_count, sizeof(*at));
    uint32_t next = 0;
    if (!nodes || !at) {
        free(nodes);
        free(at);
        return topology_fail_memory(error);
    }
    for (enum topology_kind kind = TOPOLOGY_HOST; kind < TOPOLOGY_KINDS; kind++) {
        t->first_node[kind] = next;
        for (uint32_t i = 0; i < t->node_count; i++) {
            if (t->nodes[i].kind != kind)
                continue;
            nodes[next] = t->nodes[i];
            nodes[next].index = next - t->first_node[kind];
            at[next++] = builder->node_at[i];
        }
    }
    t->first_node[TOPOLOGY_KINDS] = next;
    free(t->nodes);
    free(builder->node_at);
    t->nodes = nodes;
    builder->node_at = at;
    return 0;
}

static int check_names(const struct topology_builder *builder, struct topology_error *error)
{
    const struct topology *t = builder->topology;
    for (uint32_t i = 1; i < t->node_count; i++) {
        uint32_t first = t->nodes_by_name[i - 1], second = t->nodes_by_name[i];
        if (strcmp(t->nodes[first].name, t->nodes[second].name) == 0)
            return topology_fail(error, builder->node_at[second], "duplicate_node",
                                 "there is more than one node of the name %s (line %u): rename or remove one",
                                 t->nodes[second].name, builder->node_at[first].line);
    }
    return 0;
}

static struct topology_position somewhere(const struct topology_builder *builder)
{
    struct topology_position at = {0};
    if (builder->topology->node_count)
        at = (struct topology_position){.file = builder->node_at[0].file};
    return at;
}

int builder_number_nodes(struct topology_builder *builder, struct topology_error *error)
{
    struct topology *t = builder->topology;
    if (builder->host_count == 0)
        return topology_fail(error, somewhere(builder), "no_hosts", "a topology needs at least one host");
    int result = order_by_kind(builder, error);
    if (result)
        return result;
    t->nodes_by_name = calloc(t->node_count, sizeof(*t->nodes_by_name));
    if (!t->nodes_by_name)
        return topology_fail_memory(error);
    for (uint32_t i = 0; i < t->node_count; i++)
        t->nodes_by_name[i] = i;
    qsort_r(t->nodes_by_name, t->node_count, sizeof(*t->nodes_by_name), compare_names, t->nodes);
    return check_names(builder, error);
}

uint32_t topology_node_by_name(const struct topology *t, const char *name)
{
    uint32_t low = 0, high = t->node_count;
    while (low < high) {
        uint32_t middle = low + (high - low) / 2;
        int order = strcmp(name, t->nodes[t->nodes_by_name[middle]].name);
        if (order == 0)
            return t->nodes_by_name[middle];
        if (order < 0)
            high = middle;
        else
            low = middle + 1;
    }
    return TOPOLOGY_NONE;
}
