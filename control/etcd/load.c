/* SPDX-License-Identifier: BSD-3-Clause */
/* What etcd kept, read at the start page by page, each kind as it was at one revision. When that is compacted
 * away in the middle, the kind is read anew at a newer one. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "control/etcd/state.h"
#include "control/etcd/values.h"

enum {
    READINGS_MAX = 8 /* of a kind, before giving up: somebody compacts all the time */
};

/* Keys without the prefix and the kind, and their values. */
struct pair {
    char *name, *value;
};

struct listing {
    struct pair *pairs;
    size_t count, capacity;
    uint64_t revision;
    unsigned events, events_max; /* found so far, and wanted; of kinds that are not events 0 and 1 */
    bool ended;
};

static void listing_clear(struct listing *l)
{
    for (size_t i = 0; i < l->count; i++) {
        free(l->pairs[i].name);
        free(l->pairs[i].value);
    }
    free(l->pairs);
    *l = (struct listing){.events_max = l->events_max};
}

static int listing_add(struct listing *l, char *name, char *value)
{
    if (l->count == l->capacity) {
        struct pair *more = reallocarray(l->pairs, l->capacity * 2 + 64, sizeof(*more));
        if (more == NULL)
            return -ENOMEM;
        l->pairs = more;
        l->capacity = l->capacity * 2 + 64;
    }
    l->pairs[l->count++] = (struct pair){name, value};
    return 0;
}

/* ---- one kind ---- */

struct kind {
    const char *name, *end; /* "link/", "link0" */
    bool newest_first;
    void (*visit)(struct etcd_store *s, const struct listing *l, const struct store_visitor *visit);
};

/* The next page: ascending from behind the last key, or descending from before it. */
static json_t *page_request(const struct etcd_store *s, const struct kind *k, const struct listing *l)
{
    char from[ETCD_KEY_BYTES], to[ETCD_KEY_BYTES], limit[16], revision[24];
    const char *last = l->count > 0 ? l->pairs[l->count - 1].name : NULL;
    int from_bytes = snprintf(from, sizeof(from), "%s%s", s->prefix, k->name);
    int to_bytes = snprintf(to, sizeof(to), "%s%s", s->prefix, k->end);
    if (last != NULL && k->newest_first)
        to_bytes = snprintf(to, sizeof(to), "%s%s%.255s", s->prefix, k->name, last);
    else if (last != NULL)
        from_bytes = snprintf(from, sizeof(from), "%s%s%.255s", s->prefix, k->name, last) + 1;
    snprintf(limit, sizeof(limit), "%u", s->page_keys);
    snprintf(revision, sizeof(revision), "%llu", (unsigned long long)l->revision);
    return json_pack("{s:o, s:o, s:s, s:s, s:s, s:s}", "key", etcd_base64(from, (size_t)from_bytes),
                     "range_end", etcd_base64(to, (size_t)to_bytes), "limit", limit, "revision", revision,
                     "sort_target", "KEY", "sort_order", k->newest_first ? "DESCEND" : "ASCEND");
}

static int take_pair(const struct etcd_store *s, const struct kind *k, const json_t *kv, struct listing *l)
{
    size_t key_bytes, value_bytes, skip = strlen(s->prefix) + strlen(k->name);
    uint64_t last;
    char *key = etcd_from_base64(json_object_get(kv, "key"), &key_bytes);
    char *value = etcd_from_base64(json_object_get(kv, "value"), &value_bytes);
    char *name = key != NULL && key_bytes >= skip ? strdup(key + skip) : NULL;
    free(key);
    if (name == NULL || value == NULL || listing_add(l, name, value) != 0) {
        free(name);
        free(value);
        return -ENOMEM;
    }
    if (k->newest_first)
        l->events += etcd_count_events(value, &last);
    return 0;
}

static int read_page(struct etcd_store *s, const struct kind *k, struct listing *l, char *error)
{
    json_t *answer, *kv;
    size_t i;
    int result = etcd_gateway_call(s->gateway, "/v3/kv/range", page_request(s, k, l), &answer, error);
    if (result != 0)
        return result;
    if (l->revision == 0)
        l->revision = etcd_number(json_object_get(answer, "header"), "revision");
    const json_t *kvs = json_object_get(answer, "kvs");
    json_array_foreach(kvs, i, kv)
    {
        if (result == 0)
            result = take_pair(s, k, kv, l);
    }
    l->ended = json_array_size(kvs) == 0 || !json_is_true(json_object_get(answer, "more"));
    json_decref(answer);
    if (result != 0)
        snprintf(error, STORE_ERROR_BYTES, "etcd: out of memory, or an answer that is not base64");
    return result;
}

static int read_kind(struct etcd_store *s, const struct kind *k, struct listing *l, char *error)
{
    int result = -ESTRPIPE;
    for (unsigned i = 0; i < READINGS_MAX && result == -ESTRPIPE; i++) {
        listing_clear(l);
        result = 0;
        while (result == 0 && !l->ended && (!k->newest_first || l->events < l->events_max))
            result = read_page(s, k, l, error);
    }
    return result;
}

/* ---- all kinds ---- */

static void visit_links(struct etcd_store *s, const struct listing *l, const struct store_visitor *visit)
{
    (void)s;
    for (size_t i = 0; i < l->count; i++) {
        struct store_link link;
        if (etcd_read_link(l->pairs[i].name, l->pairs[i].value, &link))
            visit->link(visit->context, &link);
    }
}

static void visit_priorities(struct etcd_store *s, const struct listing *l, const struct store_visitor *visit)
{
    (void)s;
    for (size_t i = 0; i < l->count; i++) {
        struct store_priority p = {strtoull(l->pairs[i].name, NULL, 16),
                                   (unsigned)strtoul(l->pairs[i].value, NULL, 10)};
        visit->priority(visit->context, &p);
    }
}

static void visit_paths(struct etcd_store *s, const struct listing *l, const struct store_visitor *visit)
{
    (void)s;
    for (size_t i = 0; i < l->count; i++)
        etcd_read_paths(l->pairs[i].value, visit);
}

/* Listed newest first. */
static void visit_events(struct etcd_store *s, const struct listing *l, const struct store_visitor *visit)
{
    (void)s;
    uint64_t sequence = 1, last = 0;
    if (l->count > 0)
        etcd_count_events(l->pairs[0].value, &last);
    if (last > l->events_max)
        sequence = last - l->events_max + 1;
    for (size_t i = l->count; i > 0; i--)
        etcd_read_events(l->pairs[i - 1].value, &sequence, visit);
}

static void visit_epoch(struct etcd_store *s, const struct listing *l, const struct store_visitor *visit)
{
    if (l->count == 0)
        return;
    s->reserved_epoch = strtoull(l->pairs[0].value, NULL, 10);
    visit->epoch(visit->context, s->reserved_epoch);
}

static const struct kind kinds[] = {{"link/", "link0", false, visit_links},
                                    {"priority/", "priority0", false, visit_priorities},
                                    {"path/", "path0", false, visit_paths},
                                    {"epoch", "epoch0", false, visit_epoch},
                                    {"event/", "event0", true, visit_events}};

int etcd_store_load(struct store *store, unsigned events_max, const struct store_visitor *visit,
                    char error[STORE_ERROR_BYTES])
{
    struct etcd_store *s = (struct etcd_store *)store;
    int result = 0;
    for (unsigned i = 0; i < sizeof(kinds) / sizeof(kinds[0]) && result == 0; i++) {
        struct listing l = {.events_max = events_max};
        result = read_kind(s, &kinds[i], &l, error);
        if (result == 0)
            kinds[i].visit(s, &l, visit);
        listing_clear(&l);
    }
    return result == 0 || result == -ENOMEM ? result : -EIO;
}
