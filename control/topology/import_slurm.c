/* SPDX-License-Identifier: BSD-3-Clause */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "control/topology/array_room.h"
#include "control/topology/builder.h"
#include "control/topology/import.h"
#include "control/topology/slurm_tree.h"
#include "control/topology/text_file.h"

enum {
    FILE_BYTES_MAX = 64 << 20
};

/* A host as one leaf lists it. */
struct slurm_host {
    const char *name;
    uint32_t place; /* in the file's order */
    bool is_first;  /* no place before it has the name */
    struct topology_position at;
};

struct slurm_import {
    struct topology_builder *builder;
    struct slurm_tree tree;
    struct slurm_host *hosts;
    uint32_t host_count;
    size_t host_room;
    uint64_t rate_bits_per_s;
    struct topology_error *error;
    const struct slurm_switch *parent; /* whose children are being visited */
};

static int visit(struct slurm_import *import, uint32_t place, hostlist_visit each)
{
    import->parent = import->tree.in_order[place];
    return slurm_tree_visit(&import->tree, import->parent, each, import);
}

static int collect_host(const char *name, void *context)
{
    struct slurm_import *import = context;
    if (import->host_count == TOPOLOGY_PORTS_MAX)
        return topology_fail(import->error, import->parent->children.at, "too_large",
                             "more than %d ports of hosts", TOPOLOGY_PORTS_MAX);
    struct slurm_host *hosts =
        array_with_room(import->hosts, import->host_count, &import->host_room, sizeof(*hosts));
    if (!hosts)
        return topology_fail_memory(import->error);
    import->hosts = hosts;
    struct slurm_host *host = &hosts[import->host_count];
    *host = (struct slurm_host){.name = text_pool_add(&import->tree.texts, name),
                                .place = import->host_count,
                                .at = import->parent->children.at};
    import->host_count++;
    return host->name ? 0 : topology_fail_memory(import->error);
}

static int compare_hosts(const void *a, const void *b)
{
    const struct slurm_host *left = a, *right = b;
    int order = strcmp(left->name, right->name);
    return order ? order : (left->place > right->place) - (left->place < right->place);
}

static int compare_places(const void *a, const void *b)
{
    const struct slurm_host *left = a, *right = b;
    return (left->place > right->place) - (left->place < right->place);
}

/* Hosts in the order of the file; a host of several leaves is one host. */
static int add_hosts(struct slurm_import *import)
{
    int result = 0;
    for (uint32_t i = 0; i < import->tree.count && result == 0; i++)
        if (import->tree.in_order[i]->has_nodes)
            result = visit(import, i, collect_host);
    if (result)
        return result;
    if (import->host_count == 0)
        return 0;
    qsort(import->hosts, import->host_count, sizeof(*import->hosts), compare_hosts);
    for (uint32_t i = 0; i < import->host_count; i++)
        import->hosts[i].is_first = i == 0 || strcmp(import->hosts[i - 1].name, import->hosts[i].name) != 0;
    qsort(import->hosts, import->host_count, sizeof(*import->hosts), compare_places);
    for (uint32_t i = 0; i < import->host_count && result == 0; i++) {
        struct topology_node_entry node = {
            .name = import->hosts[i].name, .kind = TOPOLOGY_HOST, .at = import->hosts[i].at};
        if (import->hosts[i].is_first)
            result = topology_builder_add_node(import->builder, &node, import->error);
    }
    return result;
}

static int add_link(const char *name, void *context)
{
    struct slurm_import *import = context;
    struct topology_link_entry link = {.ends = {{name, ""}, {import->parent->name, ""}},
                                       .rate_bits_per_s = import->rate_bits_per_s,
                                       .at = import->parent->children.at};
    return topology_builder_add_link(import->builder, &link, import->error);
}

static int add_switches_and_links(struct slurm_import *import)
{
    int result = 0;
    for (uint32_t i = 0; i < import->tree.count && result == 0; i++) {
        const struct slurm_switch *s = import->tree.in_order[i];
        struct topology_node_entry node = {.name = s->name, .kind = s->kind, .at = s->at};
        result = topology_builder_add_node(import->builder, &node, import->error);
    }
    for (uint32_t i = 0; i < import->tree.count && result == 0; i++)
        result = visit(import, i, add_link);
    return result;
}

static int run(struct slurm_import *import, const char *file, const char *text, struct topology **topology)
{
    int result = slurm_tree_read(&import->tree, file, text, import->error);
    if (result == 0)
        result = add_hosts(import);
    if (result == 0)
        result = add_switches_and_links(import);
    return result ? result : topology_builder_finish(import->builder, topology, import->error);
}

int topology_import_slurm_text(const char *name, const char *text, size_t length, uint64_t rate_bits_per_s,
                               struct topology **topology, struct topology_error *error)
{
    struct slurm_import import = {
        .builder = topology_builder_create(), .rate_bits_per_s = rate_bits_per_s, .error = error};
    int result;
    *topology = NULL;
    if (!import.builder)
        result = topology_fail_memory(error);
    else if (memchr(text, '\0', length))
        result = topology_fail(error, (struct topology_position){.file = name}, "bad_structure",
                               "this is no text: it holds a zero byte");
    else
        result = run(&import, name, text, topology);
    topology_builder_free(import.builder);
    slurm_tree_destroy(&import.tree);
    free(import.hosts);
    return result;
}

int topology_import_slurm(const char *file, uint64_t rate_bits_per_s, struct topology **topology,
                          struct topology_error *error)
{
    char *text;
    size_t length;
    *topology = NULL;
    int result = text_file_read(file, FILE_BYTES_MAX, &text, &length, error);
    if (result)
        return result;
    result = topology_import_slurm_text(file, text, length, rate_bits_per_s, topology, error);
    free(text);
    return result;
}
