/* SPDX-License-Identifier: BSD-3-Clause */
/* Every write is a transaction that only succeeds while the key `owner` has our own value. */
#include "control/etcd/store_etcd.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "control/etcd/state.h"
#include "control/etcd/values.h"

enum {
    SCHEMA = 1,
    EVENTS_OF_A_KEY = 128,
    KEYS_OF_A_WRITE = 16, /* 16 x 128 events without evidence are half a MiB; etcd takes 1.5 */
    PATHS_OF_A_KEY = 4096,
    PAGE_KEYS = 512
};

static int fail_memory(char *error)
{
    return etcd_fail(error, -ENOMEM, "etcd: out of memory");
}

json_t *etcd_key(const struct etcd_store *s, const char *name)
{
    char key[ETCD_KEY_BYTES];
    int bytes = snprintf(key, sizeof(key), "%s%s", s->prefix, name);
    return etcd_base64(key, (size_t)bytes);
}

/* ---- transactions ---- */

/* Takes over `value`; NULL of anything is NULL. */
static json_t *put(const struct etcd_store *s, const char *name, char *value)
{
    json_t *key = etcd_key(s, name), *text = value != NULL ? etcd_base64(value, strlen(value)) : NULL;
    free(value);
    return json_pack("{s:{s:o, s:o}}", "requestPut", "key", key, "value", text);
}

static json_t *delete_range(const struct etcd_store *s, const char *name, const char *end)
{
    return json_pack("{s:{s:o, s:o*}}", "requestDeleteRange", "key", etcd_key(s, name), "range_end",
                     end != NULL ? etcd_key(s, end) : NULL);
}

static json_t *owner_is(const struct etcd_store *s)
{
    return json_pack("[{s:s, s:s, s:o, s:o}]", "target", "VALUE", "result", "EQUAL", "key",
                     etcd_key(s, "owner"), "value", etcd_base64(s->owner, strlen(s->owner)));
}

/* Who has the state now, from the answer to a transaction that did not succeed. */
static int tell_owner(struct etcd_store *s, const json_t *answer, char *error)
{
    const json_t *range =
        json_object_get(json_array_get(json_object_get(answer, "responses"), 0), "response_range");
    const json_t *owner = json_array_get(json_object_get(range, "kvs"), 0);
    size_t bytes;
    char *text = etcd_from_base64(json_object_get(owner, "value"), &bytes);
    s->lost = true;
    etcd_fail(
        error, 0,
        "%s: another control (%.80s) has taken over %s; stop one of the two, or give them other prefixes",
        etcd_gateway_name(s->gateway), text != NULL && bytes > 0 ? text : "the key `owner` is gone",
        s->prefix);
    free(text);
    return -EIO;
}

/* Takes over the operations. */
static int commit(struct etcd_store *s, json_t *operations, char *error)
{
    json_t *answer, *body = json_pack("{s:o, s:o, s:[{s:{s:o}}]}", "compare", owner_is(s), "success",
                                      operations, "failure", "requestRange", "key", etcd_key(s, "owner"));
    int result = etcd_gateway_call(s->gateway, "/v3/kv/txn", body, &answer, error);
    if (result != 0)
        return result == -ENOMEM ? result : -EIO;
    if (!json_is_true(json_object_get(answer, "succeeded")))
        result = tell_owner(s, answer, error);
    json_decref(answer);
    return result;
}

static int commit_one(struct etcd_store *s, json_t *operation, char *error)
{
    return commit(s, json_pack("[o]", operation), error);
}

/* ---- writing ---- */

static int put_link(struct store *store, const struct store_link *link, char error[STORE_ERROR_BYTES])
{
    struct etcd_store *s = (struct etcd_store *)store;
    char name[STORE_NAME_BYTES + 8];
    snprintf(name, sizeof(name), "link/%s", link->name);
    return commit_one(s, put(s, name, etcd_write_link(link)), error);
}

static int delete_link(struct store *store, const char *link, char error[STORE_ERROR_BYTES])
{
    struct etcd_store *s = (struct etcd_store *)store;
    char name[STORE_NAME_BYTES + 8];
    snprintf(name, sizeof(name), "link/%.255s", link);
    return commit_one(s, delete_range(s, name, NULL), error);
}

static char *number_text(uint64_t number)
{
    char *text;
    return asprintf(&text, "%" PRIu64, number) < 0 ? NULL : text;
}

static int put_priority(struct store *store, const struct store_priority *p, char error[STORE_ERROR_BYTES])
{
    struct etcd_store *s = (struct etcd_store *)store;
    char name[48];
    snprintf(name, sizeof(name), "priority/0x%016" PRIx64, p->identity);
    return commit_one(s, put(s, name, number_text(p->priority)), error);
}

/* Keys are never written twice but for a batch that may not have come through: those paths come again. */
static int put_paths(struct store *store, const struct store_path *paths, unsigned count,
                     char error[STORE_ERROR_BYTES])
{
    struct etcd_store *s = (struct etcd_store *)store;
    int result = 0;
    for (unsigned done = 0; done < count && result == 0; done += PATHS_OF_A_KEY) {
        unsigned some = count - done < PATHS_OF_A_KEY ? count - done : PATHS_OF_A_KEY;
        char name[64];
        snprintf(name, sizeof(name), "path/%020" PRIu64 "-%08u", s->opened_at, s->path_batches);
        result = commit_one(s, put(s, name, etcd_write_paths(&paths[done], some)), error);
        s->path_batches += result == 0;
    }
    return result;
}

/* Epochs are reserved by the thousand, so that plans go on when etcd does not: only when half of them are
 * used up is it asked, and only when all are does it matter what it says. */
static int put_epoch(struct store *store, uint64_t epoch, char error[STORE_ERROR_BYTES])
{
    struct etcd_store *s = (struct etcd_store *)store;
    if (s->lost)
        return commit_one(s, put(s, "epoch", number_text(s->reserved_epoch)), error);
    if (epoch + ETCD_EPOCHS_RESERVED / 2 <= s->reserved_epoch)
        return 0;
    uint64_t wanted = epoch + ETCD_EPOCHS_RESERVED;
    int result = commit_one(s, put(s, "epoch", number_text(wanted)), error);
    if (result == 0)
        s->reserved_epoch = wanted;
    return epoch <= s->reserved_epoch && !s->lost ? 0 : result;
}

static void name_events(uint64_t sequence, char *name, size_t bytes)
{
    snprintf(name, bytes, "event/%020" PRIu64, sequence);
}

/* At most as many as one transaction takes. */
static int add_some(struct etcd_store *s, const struct store_event *events, unsigned count, char *error)
{
    json_t *operations = json_array();
    char name[48], end[48];
    for (unsigned done = 0; done < count; done += EVENTS_OF_A_KEY) {
        unsigned some = count - done < EVENTS_OF_A_KEY ? count - done : EVENTS_OF_A_KEY;
        name_events(events[done].sequence, name, sizeof(name));
        if (json_array_append_new(operations, put(s, name, etcd_write_events(&events[done], some))) != 0) {
            json_decref(operations);
            return fail_memory(error);
        }
    }
    uint64_t last = events[count - 1].sequence, kept = STORE_EVENTS_KEPT + EVENTS_OF_A_KEY;
    name_events(last > kept ? last - kept : 0, end, sizeof(end));
    if (last > kept)
        json_array_append_new(operations, delete_range(s, "event/", end));
    return commit(s, operations, error);
}

/* A batch that is too large for one transaction is kept in several, in order; what is said to have failed is
 * sent again, under the same keys. */
static int add_events(struct store *store, const struct store_event *events, unsigned count,
                      char error[STORE_ERROR_BYTES])
{
    struct etcd_store *s = (struct etcd_store *)store;
    size_t bytes = 0;
    unsigned first = 0;
    int result = 0;
    for (unsigned i = 0; i < count && result == 0; i++) {
        bytes += events[i].evidence != NULL ? strlen(events[i].evidence) : 0;
        if (i + 1 < count && i + 1 - first < KEYS_OF_A_WRITE * EVENTS_OF_A_KEY && bytes < 128 << 10)
            continue;
        result = add_some(s, &events[first], i + 1 - first, error);
        first = i + 1;
        bytes = 0;
    }
    return result;
}

static void close_store(struct store *store)
{
    struct etcd_store *s = (struct etcd_store *)store;
    etcd_gateway_destroy(s->gateway);
    free(s);
}

static const struct store_operations operations = {.put_link = put_link,
                                                   .delete_link = delete_link,
                                                   .put_priority = put_priority,
                                                   .put_paths = put_paths,
                                                   .put_epoch = put_epoch,
                                                   .add_events = add_events,
                                                   .load = etcd_store_load,
                                                   .close = close_store};

/* ---- opening ---- */

static int check_schema(struct etcd_store *s, const json_t *kvs, const json_t *any, char *error)
{
    size_t bytes;
    char *text = etcd_from_base64(json_object_get(json_array_get(kvs, 0), "value"), &bytes);
    int schema = text != NULL ? atoi(text) : 0;
    free(text);
    if (json_array_size(kvs) == 0 && json_array_size(any) > 0)
        return etcd_fail(error, -EUCLEAN, "%s: what is under %s is not weft's; name another prefix",
                         etcd_gateway_name(s->gateway), s->prefix);
    if (json_array_size(kvs) > 0 && schema != SCHEMA)
        return etcd_fail(error, schema > SCHEMA ? -EPROTO : -EUCLEAN,
                         "%s: the state under %s has schema %d, this weft knows %d; %s",
                         etcd_gateway_name(s->gateway), s->prefix, schema, SCHEMA,
                         schema > SCHEMA ? "upgrade weft" : "name another prefix");
    return 0;
}

static const json_t *kvs_of(const json_t *answer, unsigned response)
{
    const json_t *one = json_array_get(json_object_get(answer, "responses"), response);
    return json_object_get(json_object_get(one, "response_range"), "kvs");
}

static int look_before(struct etcd_store *s, char *error)
{
    char end[ETCD_PREFIX_BYTES];
    snprintf(end, sizeof(end), "%s", s->prefix);
    end[strlen(end) - 1]++;
    json_t *answer, *body = json_pack("{s:[{s:{s:o}}, {s:{s:o, s:o, s:s}}]}", "success", "requestRange",
                                      "key", etcd_key(s, "schema"), "requestRange", "key", etcd_key(s, ""),
                                      "range_end", etcd_base64(end, strlen(end)), "limit", "1");
    int result = etcd_gateway_call(s->gateway, "/v3/kv/txn", body, &answer, error);
    if (result != 0)
        return result;
    result = check_schema(s, kvs_of(answer, 0), kvs_of(answer, 1), error);
    json_decref(answer);
    return result;
}

static void name_owner(struct etcd_store *s)
{
    struct timespec now;
    char host[64] = "";
    gethostname(host, sizeof(host) - 1);
    clock_gettime(CLOCK_REALTIME, &now);
    snprintf(s->owner, sizeof(s->owner), "%s, process %d, since %" PRId64 ".%09ld", host, getpid(),
             (int64_t)now.tv_sec, now.tv_nsec);
}

static int take_over(struct etcd_store *s, char *error)
{
    json_t *answer;
    name_owner(s);
    json_t *body = json_pack("{s:[o, o]}", "success", put(s, "schema", number_text(SCHEMA)),
                             put(s, "owner", strdup(s->owner)));
    int result = etcd_gateway_call(s->gateway, "/v3/kv/txn", body, &answer, error);
    if (result == 0)
        json_decref(answer);
    s->opened_at = etcd_gateway_revision(s->gateway);
    return result;
}

static int check_prefix(const char *prefix, char *error)
{
    size_t bytes = strlen(prefix);
    if (bytes == 0 || bytes >= ETCD_PREFIX_BYTES || prefix[0] != '/' || prefix[bytes - 1] != '/')
        return etcd_fail(error, -EINVAL, "etcd: a prefix begins and ends with / and has at most %d bytes",
                         ETCD_PREFIX_BYTES - 1);
    return 0;
}

int store_etcd_open(const struct etcd_place *place, struct store **store, char error[STORE_ERROR_BYTES])
{
    struct etcd_store *s = calloc(1, sizeof(*s));
    if (s == NULL)
        return fail_memory(error);
    s->store.operations = &operations;
    s->page_keys = place->page_keys > 0 ? place->page_keys : PAGE_KEYS;
    snprintf(s->prefix, sizeof(s->prefix), "%s", place->prefix);
    int result = check_prefix(place->prefix, error);
    if (result == 0)
        result = etcd_gateway_create(place, &s->gateway, error);
    if (result == 0)
        result = look_before(s, error);
    if (result == 0)
        result = take_over(s, error);
    if (result != 0) {
        close_store(&s->store);
        return result;
    }
    *store = &s->store;
    return 0;
}
