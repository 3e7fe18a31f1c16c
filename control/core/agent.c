/* SPDX-License-Identifier: BSD-3-Clause */
#include "control/core/agent.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

void agent_free(struct agent *a)
{
    if (a == NULL)
        return;
    free(a->memberships);
    free(a->paths);
    free(a->marks);
    free(a);
}

/* ---- paths ---- */

static int compare_paths(const void *a, const void *b)
{
    const struct core_path *x = a, *y = b;
    if (x->peer != y->peer)
        return x->peer < y->peer ? -1 : 1;
    if (x->spine != y->spine)
        return x->spine < y->spine ? -1 : 1;
    return x->source_port < y->source_port ? -1 : x->source_port > y->source_port;
}

unsigned agent_paths_to(const struct agent *a, uint32_t peer, unsigned *first)
{
    unsigned low = 0, high = a->path_count;
    while (low < high) {
        unsigned middle = low + (high - low) / 2;
        if (a->paths[middle].peer < peer)
            low = middle + 1;
        else
            high = middle;
    }
    *first = low;
    while (high < a->path_count && a->paths[high].peer == peer)
        high++;
    return high - low;
}

static bool is_sorted(const struct core_path *paths, unsigned count)
{
    for (unsigned i = 1; i < count; i++) {
        if (compare_paths(&paths[i - 1], &paths[i]) > 0)
            return false;
    }
    return true;
}

static void mark_deaths(const struct core_path *paths, struct path_mark *marks, unsigned count,
                        uint64_t now_ns)
{
    for (unsigned i = 0; i < count; i++)
        marks[i].died_ns = paths[i].alive ? 0 : now_ns;
}

/* Both lists ascend, so one walk finds who grew and who was dead already. A path that took another source
 * port begins anew. */
static void compare_with_last(const struct agent *a, const struct core_path *paths, struct path_mark *marks,
                              unsigned count)
{
    for (unsigned i = 0, old = 0; i < count; i++) {
        while (old < a->path_count && compare_paths(&a->paths[old], &paths[i]) < 0)
            old++;
        if (old == a->path_count || compare_paths(&a->paths[old], &paths[i]) != 0)
            continue;
        marks[i].grew = paths[i].acked_bytes > a->paths[old].acked_bytes;
        if (!paths[i].alive && a->marks[old].died_ns != 0)
            marks[i].died_ns = a->marks[old].died_ns;
    }
}

int agent_prepare_paths(const struct agent *a, const struct core_report *report, uint64_t now_ns,
                        struct core_path **paths, struct path_mark **marks)
{
    unsigned count = report->path_count;
    *paths = calloc(count + 1, sizeof(**paths));
    *marks = calloc(count + 1, sizeof(**marks));
    if (*paths == NULL || *marks == NULL) {
        free(*paths);
        free(*marks);
        return -ENOMEM;
    }
    if (count > 0)
        memcpy(*paths, report->paths, count * sizeof(**paths));
    if (!is_sorted(*paths, count))
        qsort(*paths, count, sizeof(**paths), compare_paths);
    mark_deaths(*paths, *marks, count, now_ns);
    if (a->incarnation == report->incarnation)
        compare_with_last(a, *paths, *marks, count);
    return 0;
}

/* ---- probes ---- */

struct asked_probe *agent_asked(struct agent *a, uint32_t peer)
{
    for (unsigned i = 0; i < a->probe_count; i++) {
        if (a->probes[i].peer == peer)
            return &a->probes[i];
    }
    return NULL;
}

/* The place of the peer, a new one, or that of the oldest which is done. */
static struct asked_probe *place_for(struct agent *a, uint32_t peer)
{
    struct asked_probe *place = agent_asked(a, peer);
    if (place != NULL)
        return place;
    if (a->probe_count < AGENT_PROBES_MAX)
        return &a->probes[a->probe_count++];
    for (unsigned i = 0; i < a->probe_count; i++) {
        if (!a->probes[i].pending && (place == NULL || a->probes[i].asked_ns < place->asked_ns))
            place = &a->probes[i];
    }
    return place;
}

struct asked_probe *agent_ask(struct agent *a, uint32_t peer, uint64_t now_ns)
{
    struct asked_probe *place = place_for(a, peer);
    if (place != NULL)
        *place = (struct asked_probe){.peer = peer, .asked_ns = now_ns, .pending = true};
    return place;
}
