/* SPDX-License-Identifier: BSD-3-Clause */
#include "control/etcd/gateway.h"

#include <errno.h>
#include <event2/event.h>
#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "dataplane/process/clock.h"
#include "dataplane/process/http_client.h"

enum {
    ANSWER_BYTES_MAX = 64 << 20,
    RETRY_MS_MAX = 30000
};

struct etcd_gateway {
    struct event_base *base;
    struct http_client *members[ETCD_ENDPOINTS_MAX];
    unsigned member_count, current;
    uint32_t timeout_ms, retry_min_ms;
    uint64_t retry_ms, closed_until_ms;
    char failure[STORE_ERROR_BYTES]; /* why it is closed */
    uint64_t cluster, revision;      /* 0: nobody has answered yet */
    char name[128];
};

int etcd_fail(char error[STORE_ERROR_BYTES], int result, const char *format, ...)
{
    va_list arguments;
    va_start(arguments, format);
    vsnprintf(error, STORE_ERROR_BYTES, format, arguments);
    va_end(arguments);
    return result;
}

uint64_t etcd_number(const json_t *object, const char *key)
{
    const json_t *value = json_object_get(object, key);
    if (json_is_integer(value))
        return (uint64_t)json_integer_value(value);
    return json_is_string(value) ? strtoull(json_string_value(value), NULL, 10) : 0;
}

/* ---- life ---- */

static int add_member(struct etcd_gateway *g, const struct etcd_place *place, const char *url, char *error)
{
    char text[HTTP_CLIENT_ERROR_BYTES];
    const struct http_place http = {.url = url,
                                    .is_plain_allowed = true,
                                    .ca = place->ca,
                                    .certificate = place->certificate,
                                    .key = place->key};
    int result = http_client_create(g->base, &http, &g->members[g->member_count], text);
    if (result != 0)
        return etcd_fail(error, result, "etcd %s: %.200s", url, text);
    g->member_count++;
    return 0;
}

int etcd_gateway_create(const struct etcd_place *place, struct etcd_gateway **created,
                        char error[STORE_ERROR_BYTES])
{
    struct etcd_gateway *g = calloc(1, sizeof(*g));
    if (g == NULL || (g->base = event_base_new()) == NULL) {
        free(g);
        return etcd_fail(error, -ENOMEM, "etcd: out of memory");
    }
    g->timeout_ms = place->timeout_ms;
    g->retry_min_ms = place->retry_ms;
    int result = place->endpoint_count > 0 && place->endpoint_count <= ETCD_ENDPOINTS_MAX
                     ? 0
                     : etcd_fail(error, -EINVAL, "etcd: 1 to %d endpoints are wanted", ETCD_ENDPOINTS_MAX);
    for (unsigned i = 0; i < place->endpoint_count && result == 0; i++)
        result = add_member(g, place, place->endpoints[i], error);
    if (result != 0) {
        etcd_gateway_destroy(g);
        return result;
    }
    snprintf(g->name, sizeof(g->name), place->endpoint_count > 1 ? "etcd %s and %u more" : "etcd %s",
             place->endpoints[0], place->endpoint_count - 1);
    *created = g;
    return 0;
}

void etcd_gateway_destroy(struct etcd_gateway *g)
{
    if (g == NULL)
        return;
    for (unsigned i = 0; i < g->member_count; i++)
        http_client_destroy(g->members[i]);
    event_base_free(g->base);
    free(g);
}

uint64_t etcd_gateway_revision(const struct etcd_gateway *g)
{
    return g->revision;
}

const char *etcd_gateway_name(const struct etcd_gateway *g)
{
    return g->name;
}

/* ---- one member ---- */

struct outcome {
    bool done;
    int status; /* 0: none came */
    json_t *answer;
    char failure[160];
};

static void on_answer(void *context, const struct http_answer *answer)
{
    struct outcome *o = context;
    json_error_t error;
    o->done = true;
    o->status = answer->status;
    if (answer->status == 0)
        snprintf(o->failure, sizeof(o->failure), "%s", answer->failure);
    else if ((o->answer = json_loadb((const char *)answer->body, answer->bytes, 0, &error)) == NULL)
        snprintf(o->failure, sizeof(o->failure), "its answer (status %d) is not JSON", answer->status);
}

static struct outcome ask(struct etcd_gateway *g, const char *path, const char *body)
{
    struct outcome o = {0};
    const struct http_request request = {.path = path,
                                         .body = body,
                                         .body_bytes = strlen(body),
                                         .content_type = "application/json",
                                         .timeout_ms = g->timeout_ms,
                                         .answer_bytes_max = ANSWER_BYTES_MAX,
                                         .done = on_answer,
                                         .context = &o};
    if (http_client_start(g->members[g->current], &request) == NULL) {
        snprintf(o.failure, sizeof(o.failure), "out of memory");
        return o;
    }
    while (!o.done && event_base_loop(g->base, EVLOOP_ONCE) == 0)
        ;
    return o;
}

/* What etcd refuses is refused by every member. */
static int refusal(const struct etcd_gateway *g, const struct outcome *o, char *error)
{
    const char *text = json_string_value(json_object_get(o->answer, "message"));
    if (text == NULL)
        text = json_string_value(json_object_get(o->answer, "error"));
    if (text == NULL)
        text = "no reason is given";
    if (strstr(text, "has been compacted") != NULL)
        return etcd_fail(error, -ESTRPIPE, "%s: %.120s", g->name, text);
    if (strstr(text, "too large") != NULL)
        return etcd_fail(error, -EFBIG, "%s: %.120s; see its --max-request-bytes", g->name, text);
    return etcd_fail(error, -EIO, "%s: status %d: %.120s; see its log", g->name, o->status, text);
}

/* A cluster that is not the one we began with has not got our state. */
static int check_cluster(struct etcd_gateway *g, const json_t *answer, char *error)
{
    const json_t *header = json_object_get(answer, "header");
    uint64_t cluster = etcd_number(header, "cluster_id"), revision = etcd_number(header, "revision");
    if (cluster == 0 || revision == 0)
        return etcd_fail(error, -EIO, "%s: the answer has no header; is it etcd 3.4 or later?", g->name);
    if (g->cluster != 0 && cluster != g->cluster)
        return etcd_fail(error, -ESTALE,
                         "%s: cluster %" PRIx64 " answers, not %" PRIx64
                         " as before; mend the endpoints, or start control again to use the new one",
                         g->name, cluster, g->cluster);
    if (revision < g->revision)
        return etcd_fail(error, -ESTALE,
                         "%s: it is back at revision %" PRIu64 " after %" PRIu64
                         ": restored from an older copy? start control again to go on from there",
                         g->name, revision, g->revision);
    g->cluster = cluster;
    g->revision = revision;
    return 0;
}

/* ---- all of them ---- */

static uint64_t now_ms(void)
{
    return clock_ns(CLOCK_MONOTONIC) / 1000000;
}

static int close_for_a_while(struct etcd_gateway *g, const char *failure, char *error)
{
    etcd_fail(g->failure, 0, "%s: %.120s; see that it runs and can be reached", g->name, failure);
    g->retry_ms = g->retry_ms == 0 ? g->retry_min_ms : g->retry_ms * 2;
    if (g->retry_ms > RETRY_MS_MAX)
        g->retry_ms = RETRY_MS_MAX;
    g->closed_until_ms = now_ms() + g->retry_ms;
    return etcd_fail(error, -EIO, "%s", g->failure);
}

static bool is_refusal(const struct outcome *o)
{
    return o->answer != NULL && o->status >= 400 && o->status < 500;
}

static int take(struct etcd_gateway *g, struct outcome *o, json_t **answer, char *error)
{
    int result = is_refusal(o) ? refusal(g, o, error) : check_cluster(g, o->answer, error);
    g->retry_ms = g->closed_until_ms = 0;
    if (result == 0)
        *answer = o->answer;
    else
        json_decref(o->answer);
    return result;
}

static int send_text(struct etcd_gateway *g, const char *path, const char *text, json_t **answer, char *error)
{
    struct outcome o;
    if (now_ms() < g->closed_until_ms)
        return etcd_fail(error, -EIO, "%s", g->failure);
    for (unsigned i = 0; i < g->member_count; i++) {
        o = ask(g, path, text);
        if (o.answer != NULL && (o.status == 200 || is_refusal(&o)))
            return take(g, &o, answer, error);
        if (o.answer != NULL)
            snprintf(o.failure, sizeof(o.failure), "status %d", o.status);
        json_decref(o.answer);
        g->current = (g->current + 1) % g->member_count;
    }
    return close_for_a_while(g, o.failure, error);
}

int etcd_gateway_call(struct etcd_gateway *g, const char *path, json_t *body, json_t **answer,
                      char error[STORE_ERROR_BYTES])
{
    char *text = body != NULL ? json_dumps(body, JSON_COMPACT) : NULL;
    json_decref(body);
    int result = text != NULL ? send_text(g, path, text, answer, error)
                              : etcd_fail(error, -ENOMEM, "%s: out of memory", g->name);
    free(text);
    return result;
}
