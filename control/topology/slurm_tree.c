/* SPDX-License-Identifier: BSD-3-Clause */
#include "control/topology/slurm_tree.h"

#include <stdlib.h>
#include <string.h>

#include "control/topology/array_room.h"
#include "control/topology/builder.h"

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

static int check_line(const struct slurm_tree *tree, const struct slurm_line *line)
{
    const struct slurm_pair *name = slurm_line_find(line, "SwitchName");
    int result = check_keys(line, tree->error);
    if (result)
        return result;
    if (!name || !slurm_line_find(line, "Nodes") == !slurm_line_find(line, "Switches"))
        return topology_fail(tree->error, line->pairs[0].at, "missing_key",
                             "a switch has SwitchName, and either Nodes or Switches");
    if (tree->count == TOPOLOGY_SWITCHES_MAX)
        return topology_fail(tree->error, name->at, "too_large", "more than %d switches",
                             TOPOLOGY_SWITCHES_MAX);
    return 0;
}

static int add_switch(struct slurm_tree *tree, const struct slurm_line *line)
{
    const struct slurm_pair *name = slurm_line_find(line, "SwitchName"),
                            *nodes = slurm_line_find(line, "Nodes");
    char text[2 * TOPOLOGY_NAME_BYTES], quote[TOPOLOGY_QUOTE_BYTES];
    int length = (int)(name->value_length < sizeof(text) ? name->value_length : sizeof(text) - 1);
    snprintf(text, sizeof(text), "%.*s", length, name->value);
    if (!topology_node_name_is_valid(text))
        return topology_fail(tree->error, name->at, "bad_name", "'%s' cannot name a switch",
                             topology_quote(name->value, name->value_length, quote));
    const char *kept = text_pool_add(&tree->texts, text);
    struct slurm_switch *switches =
        array_with_room(tree->switches, tree->count, &tree->room, sizeof(*switches));
    if (switches)
        tree->switches = switches;
    if (!switches || !kept)
        return topology_fail_memory(tree->error);
    switches[tree->count++] =
        (struct slurm_switch){.name = kept,
                              .children = *(nodes ? nodes : slurm_line_find(line, "Switches")),
                              .has_nodes = nodes,
                              .is_known = nodes,
                              .kind = TOPOLOGY_LEAF,
                              .at = name->at};
    return 0;
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

static int read_switches(struct slurm_tree *tree, const char *file, const char *text)
{
    struct slurm_lines lines;
    struct slurm_line line;
    int result;
    slurm_lines_open(&lines, file, text);
    while ((result = slurm_lines_next(&lines, &line, tree->error)) > 0) {
        result = check_line(tree, &line);
        if (result == 0)
            result = add_switch(tree, &line);
        if (result)
            return result;
    }
    return result;
}

static int sort_switches(struct slurm_tree *tree)
{
    tree->in_order = calloc(tree->count + 1, sizeof(*tree->in_order));
    if (!tree->in_order)
        return topology_fail_memory(tree->error);
    if (tree->count == 0)
        return 0;
    qsort(tree->switches, tree->count, sizeof(*tree->switches), compare_switches);
    for (uint32_t i = 0; i < tree->count; i++)
        tree->in_order[i] = &tree->switches[i];
    qsort(tree->in_order, tree->count, sizeof(*tree->in_order), compare_lines);
    return 0;
}

int slurm_tree_visit(const struct slurm_tree *tree, const struct slurm_switch *parent, hostlist_visit visit,
                     void *context)
{
    const struct slurm_pair *list = &parent->children;
    const char *problem = NULL;
    int result = hostlist_expand(list->value, list->value_length, visit, context, &problem);
    if (problem)
        topology_fail(tree->error, list->at, "bad_value", "%s: %s", parent->name, problem);
    return result;
}

/* The first of the name. */
static const struct slurm_switch *find_switch(const struct slurm_tree *tree, const char *name)
{
    uint32_t low = 0, high = tree->count;
    while (low < high) {
        uint32_t middle = low + (high - low) / 2;
        if (strcmp(tree->switches[middle].name, name) < 0)
            low = middle + 1;
        else
            high = middle;
    }
    bool found = low < tree->count && strcmp(tree->switches[low].name, name) == 0;
    return found ? &tree->switches[low] : NULL;
}

/* A search for the switches that are above switches of one kind alone. */
struct tier {
    struct slurm_tree *tree;
    const struct slurm_switch *parent; /* whose children are being looked at */
    enum topology_kind below;
    bool fits;
    uint32_t child_count; /* of all parents */
};

static int look_at_child(const char *name, void *context)
{
    struct tier *tier = context;
    const struct slurm_switch *child = find_switch(tier->tree, name);
    char quote[TOPOLOGY_QUOTE_BYTES];
    if (!child)
        return topology_fail(tier->tree->error, tier->parent->children.at, "unknown_node",
                             "no line has SwitchName=%s", topology_quote(name, strlen(name), quote));
    if (++tier->child_count > TOPOLOGY_LINKS_MAX)
        return topology_fail(tier->tree->error, tier->parent->children.at, "too_large", "more than %d links",
                             TOPOLOGY_LINKS_MAX);
    tier->fits &= child->is_known && child->kind == tier->below;
    return 0;
}

static int find_tier_above(struct slurm_tree *tree, enum topology_kind below)
{
    struct tier tier = {.tree = tree, .below = below};
    for (uint32_t i = 0; i < tree->count; i++) {
        struct slurm_switch *s = tree->in_order[i];
        if (s->is_known)
            continue;
        tier.parent = s;
        tier.fits = true;
        int result = slurm_tree_visit(tree, s, look_at_child, &tier);
        if (result)
            return result;
        s->is_known = tier.fits;
        s->kind = below + 1;
    }
    return 0;
}

static int find_tiers(struct slurm_tree *tree)
{
    int result = find_tier_above(tree, TOPOLOGY_LEAF);
    if (result == 0)
        result = find_tier_above(tree, TOPOLOGY_SPINE);
    for (uint32_t i = 0; i < tree->count && result == 0; i++)
        if (!tree->in_order[i]->is_known)
            result =
                topology_fail(tree->error, tree->in_order[i]->at, "miswired",
                              "%s is neither above leaves alone nor above spines alone: its Switches are "
                              "mixed, go round in a circle, or make more than three tiers",
                              tree->in_order[i]->name);
    return result;
}

int slurm_tree_read(struct slurm_tree *tree, const char *file, const char *text, struct topology_error *error)
{
    *tree = (struct slurm_tree){.error = error};
    int result = read_switches(tree, file, text);
    if (result == 0)
        result = sort_switches(tree);
    return result ? result : find_tiers(tree);
}

void slurm_tree_destroy(struct slurm_tree *tree)
{
    text_pool_empty(&tree->texts);
    free(tree->switches);
    free(tree->in_order);
}
