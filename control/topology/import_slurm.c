/* SPDX-License-Identifier: BSD-3-Clause */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "control/topology/builder.h"
#include "control/topology/hostlist.h"
#include "control/topology/import.h"
#include "control/topology/slurm_lines.h"
#include "control/topology/text_file.h"
#include "control/topology/text_pool.h"

enum {
    FILE_BYTES_MAX = 64 << 20
};

struct slurm_switch {
    const char *name;
    struct slurm_pair children; /* of Nodes, or of Switches */
    bool has_nodes;
    bool is_known; /* its kind is */
    enum topology_kind kind;
    struct topology_position at;
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
    struct text_pool texts;
    struct slurm_switch *switches; /* by name, once all are there */
    struct slurm_switch **in_order;
    uint32_t switch_count;
    struct slurm_host *hosts;
    uint32_t host_count, child_count;
    uint64_t rate_bits_per_s;
    struct topology_error *error;
    struct slurm_switch *parent; /* whose children are being visited */
    bool children_are_known;
    enum topology_kind children_kind;
};

static int visit_children(struct slurm_import *import, struct slurm_switch *parent, hostlist_visit visit)
{
    const struct slurm_pair *list = &parent->children;
    const char *problem = NULL;
    import->parent = parent;
    int result = hostlist_expand(list->value, list->value_length, visit, import, &problem);
    if (problem)
        topology_fail(import->error, list->at, "bad_value", "%s: %s", parent->name, problem);
    return result;
}

static int check_keys(const struct slurm_line *line, struct topology_error *error)
{
    static const char *const keys[] = {"SwitchName", "Nodes", "Switches", "LinkSpeed"};
    char quote[TOPOLOGY_QUOTE_BYTES];
    unsigned known = 0;
    for (unsigned i = 0; i < 4; i++)
        known += slurm_line_find(line, keys[i]) != NULL;
    for (unsigned i = 0; i < line->count && known < line->count; i++) {
        const struct slurm_pair *pair = &line->pairs[i];
        bool found = false;
        for (unsigned k = 0; k < 4; k++)
            found |= slurm_line_find(line, keys[k]) == pair;
        if (!found)
            return topology_fail(
                error, pair->at, "unknown_key",
                "'%s' is there twice, or not of topology/tree: SwitchName, Nodes, Switches and "
                "LinkSpeed are",
                topology_quote(pair->key, pair->key_length, quote));
    }
    return 0;
}

static int add_switch(struct slurm_import *import, const struct slurm_line *line)
{
    const struct slurm_pair *name = slurm_line_find(line, "SwitchName"),
                            *nodes = slurm_line_find(line, "Nodes"),
                            *switches = slurm_line_find(line, "Switches");
    char text[256];
    int result = check_keys(line, import->error);
    if (result)
        return result;
    if (!name || !nodes == !switches)
        return topology_fail(import->error, line->pairs[0].at, "missing_key",
                             "a switch has SwitchName, and either Nodes or Switches");
    if (import->switch_count == TOPOLOGY_SWITCHES_MAX)
        return topology_fail(import->error, name->at, "too_large", "more than %d switches",
                             TOPOLOGY_SWITCHES_MAX);
    snprintf(text, sizeof(text), "%.*s", name->value_length < sizeof(text) ? (int)name->value_length : 255,
             name->value);
    struct slurm_switch *added = &import->switches[import->switch_count++];
    *added = (struct slurm_switch){.name = text_pool_add(&import->texts, text),
                                   .children = nodes ? *nodes : *switches,
                                   .has_nodes = nodes,
                                   .is_known = nodes,
                                   .kind = TOPOLOGY_LEAF,
                                   .at = name->at};
    return added->name ? 0 : topology_fail_memory(import->error);
}

static int compare_switches(const void *a, const void *b)
{
    const struct slurm_switch *left = a, *right = b;
    int order = strcmp(left->name, right->name);
    return order ? order : (left->at.line > right->at.line) - (left->at.line < right->at.line);
}

static int compare_lines(const void *a, const void *b)
{
    const struct slurm_switch *left = *(struct slurm_switch *const *)a,
                              *right = *(struct slurm_switch *const *)b;
    return (left->at.line > right->at.line) - (left->at.line < right->at.line);
}

static int read_switches(struct slurm_import *import, const char *file, const char *text)
{
    struct slurm_lines lines;
    struct slurm_line line;
    int result;
    slurm_lines_open(&lines, file, text);
    while ((result = slurm_lines_next(&lines, &line, import->error)) > 0) {
        result = add_switch(import, &line);
        if (result)
            return result;
    }
    qsort(import->switches, import->switch_count, sizeof(*import->switches), compare_switches);
    for (uint32_t i = 0; i < import->switch_count; i++)
        import->in_order[i] = &import->switches[i];
    qsort(import->in_order, import->switch_count, sizeof(*import->in_order), compare_lines);
    return result;
}

static struct slurm_switch *find_switch(const struct slurm_import *import, const char *name)
{
    struct slurm_switch key = {.name = name};
    uint32_t low = 0, high = import->switch_count;
    while (low < high) {
        uint32_t middle = low + (high - low) / 2;
        if (strcmp(import->switches[middle].name, key.name) < 0)
            low = middle + 1;
        else
            high = middle;
    }
    bool found = low < import->switch_count && strcmp(import->switches[low].name, name) == 0;
    return found ? &import->switches[low] : NULL;
}

static int look_at_child(const char *name, void *context)
{
    struct slurm_import *import = context;
    const struct slurm_switch *child = find_switch(import, name);
    if (!child)
        return topology_fail(import->error, import->parent->children.at, "unknown_node",
                             "no line has SwitchName=%s", name);
    if (++import->child_count > TOPOLOGY_LINKS_MAX)
        return topology_fail(import->error, import->parent->children.at, "too_large", "more than %d links",
                             TOPOLOGY_LINKS_MAX);
    import->children_are_known &= child->is_known && child->kind == import->children_kind;
    return 0;
}

/* Finds the switches that are above switches of one kind, and of no other. */
static int find_tier_above(struct slurm_import *import, enum topology_kind kind)
{
    import->child_count = 0;
    import->children_kind = kind;
    for (uint32_t i = 0; i < import->switch_count; i++) {
        struct slurm_switch *s = import->in_order[i];
        if (s->is_known)
            continue;
        import->children_are_known = true;
        int result = visit_children(import, s, look_at_child);
        if (result)
            return result;
        s->is_known = import->children_are_known;
        s->kind = kind + 1;
    }
    return 0;
}

static int find_tiers(struct slurm_import *import)
{
    int result = find_tier_above(import, TOPOLOGY_LEAF);
    if (result == 0)
        result = find_tier_above(import, TOPOLOGY_SPINE);
    for (uint32_t i = 0; i < import->switch_count && result == 0; i++)
        if (!import->in_order[i]->is_known)
            result = topology_fail(
                import->error, import->in_order[i]->at, "miswired",
                "%s is neither above leaves alone nor above spines alone: its Switches are mixed, "
                "go round in a circle, or make more than three tiers",
                import->in_order[i]->name);
    return result;
}

static int collect_host(const char *name, void *context)
{
    struct slurm_import *import = context;
    if (import->host_count == TOPOLOGY_PORTS_MAX)
        return topology_fail(import->error, import->parent->children.at, "too_large",
                             "more than %d ports of hosts", TOPOLOGY_PORTS_MAX);
    struct slurm_host *host = &import->hosts[import->host_count];
    *host = (struct slurm_host){.name = text_pool_add(&import->texts, name),
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
    for (uint32_t i = 0; i < import->switch_count && result == 0; i++)
        if (import->in_order[i]->has_nodes)
            result = visit_children(import, import->in_order[i], collect_host);
    if (result)
        return result;
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
    for (uint32_t i = 0; i < import->switch_count && result == 0; i++) {
        const struct slurm_switch *s = import->in_order[i];
        struct topology_node_entry node = {.name = s->name, .kind = s->kind, .at = s->at};
        result = topology_builder_add_node(import->builder, &node, import->error);
    }
    for (uint32_t i = 0; i < import->switch_count && result == 0; i++)
        result = visit_children(import, import->in_order[i], add_link);
    return result;
}

static int run(struct slurm_import *import, const char *file, const char *text, struct topology **topology)
{
    int result = read_switches(import, file, text);
    if (result == 0)
        result = find_tiers(import);
    if (result == 0)
        result = add_hosts(import);
    if (result == 0)
        result = add_switches_and_links(import);
    return result ? result : topology_builder_finish(import->builder, topology, import->error);
}

int topology_import_slurm_text(const char *name, const char *text, size_t length, uint64_t rate_bits_per_s,
                               struct topology **topology, struct topology_error *error)
{
    struct slurm_import import = {.builder = topology_builder_create(),
                                  .switches = calloc(TOPOLOGY_SWITCHES_MAX, sizeof(*import.switches)),
                                  .in_order = calloc(TOPOLOGY_SWITCHES_MAX, sizeof(struct slurm_switch *)),
                                  .hosts = calloc(TOPOLOGY_PORTS_MAX, sizeof(*import.hosts)),
                                  .rate_bits_per_s = rate_bits_per_s,
                                  .error = error};
    int result;
    *topology = NULL;
    if (!import.builder || !import.switches || !import.in_order || !import.hosts)
        result = topology_fail_memory(error);
    else if (memchr(text, '\0', length))
        result = topology_fail(error, (struct topology_position){.file = name}, "bad_structure",
                               "this is no text: it holds a zero byte");
    else
        result = run(&import, name, text, topology);
    topology_builder_free(import.builder);
    text_pool_empty(&import.texts);
    free(import.switches);
    free(import.in_order);
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
