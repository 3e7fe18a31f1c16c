/* SPDX-License-Identifier: BSD-3-Clause */
#include "control/topology/cable_set.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

static int compare_ends(const struct topology_end *a, const struct topology_end *b)
{
    int order = strverscmp(a->node, b->node);
    return order ? order : strverscmp(a->port, b->port);
}

static int compare_cables(const void *left, const void *right)
{
    const struct cable *a = left, *b = right;
    int order = compare_ends(&a->ends[0], &b->ends[0]);
    return order ? order : compare_ends(&a->ends[1], &b->ends[1]);
}

static struct cable ordered(struct topology_end one, struct topology_end other)
{
    if (compare_ends(&one, &other) <= 0)
        return (struct cable){.ends = {one, other}};
    return (struct cable){.ends = {other, one}};
}

static void remove_equal(struct cable_set *set)
{
    size_t kept = 0;
    for (size_t i = 0; i < set->count; i++)
        if (kept == 0 || compare_cables(&set->cables[kept - 1], &set->cables[i]) != 0)
            set->cables[kept++] = set->cables[i];
    set->count = kept;
}

/* Something known of a cable: one of its ends, and the node at the other. */
struct known_end {
    struct topology_end end;
    const char *other;
};

static int compare_known(const void *left, const void *right)
{
    const struct known_end *a = left, *b = right;
    int order = compare_ends(&a->end, &b->end);
    return order ? order : strverscmp(a->other, b->other);
}

/* Both views of every cable whose ports are both known; returns how many. */
static size_t list_known(const struct cable_set *set, struct known_end *known)
{
    size_t count = 0;
    for (size_t i = 0; i < set->count; i++) {
        const struct topology_end *ends = set->cables[i].ends;
        for (int end = 0; end < 2 && ends[0].port[0] && ends[1].port[0]; end++)
            known[count++] = (struct known_end){ends[end], ends[!end].node};
    }
    qsort(known, count, sizeof(*known), compare_known);
    return count;
}

/* A cable with one port not told, which the other end sees in full. */
static bool is_known_better(const struct cable *cable, const struct known_end *known, size_t count)
{
    int blind = cable->ends[0].port[0] ? 1 : 0;
    struct known_end view = {cable->ends[!blind], cable->ends[blind].node};
    return !cable->ends[blind].port[0] && bsearch(&view, known, count, sizeof(*known), compare_known);
}

static int remove_half_known(struct cable_set *set)
{
    struct known_end *known = calloc(2 * set->count + 1, sizeof(*known));
    size_t kept = 0;
    if (!known)
        return -ENOMEM;
    size_t count = list_known(set, known);
    for (size_t i = 0; i < set->count; i++)
        if (!is_known_better(&set->cables[i], known, count))
            set->cables[kept++] = set->cables[i];
    set->count = kept;
    free(known);
    return 0;
}

int cable_set_create(struct cable_set *set, const struct observed_cables *observed)
{
    *set = (struct cable_set){.count = observed_cables_count(observed)};
    set->cables = calloc(set->count + 1, sizeof(*set->cables));
    if (!set->cables)
        return -ENOMEM;
    for (size_t i = 0; i < set->count; i++) {
        const struct observed_cable *o = observed_cables_at(observed, i);
        set->cables[i] = ordered((struct topology_end){o->node, o->port},
                                 (struct topology_end){o->neighbour, o->far_port});
    }
    qsort(set->cables, set->count, sizeof(*set->cables), compare_cables);
    remove_equal(set);
    int result = remove_half_known(set);
    if (result)
        cable_set_destroy(set);
    return result;
}

void cable_set_destroy(struct cable_set *set)
{
    free(set->cables);
    *set = (struct cable_set){.cables = NULL};
}
