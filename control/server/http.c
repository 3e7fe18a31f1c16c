/* SPDX-License-Identifier: BSD-3-Clause */
#include "control/server/http.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "control/server/long_poll.h"
#include "control/server/peer.h"
#include "control/server/request_body.h"
#include "dataplane/process/log.h"

enum {
    BODY_S_MAX = 60
};
#define NSEC_PER_SEC 1000000000ull

/* One request, from its first byte to its answer. */
struct exchange {
    struct MHD_Connection *connection;
    char *url;
    bool is_post;
    enum call_role role;
    char who[CORE_NAME_BYTES];
    struct long_poll poll;
    uint64_t started_ns;
    struct request_body body;
};

struct http {
    struct http_config config;
    struct http_server *server;
    struct long_polls polls[CALL_TOPICS];
    size_t bodies_bytes; /* of all requests that have not been answered */
    uint64_t refusal_told_ns;
};

/* ---- answers ---- */

static int queue_response(struct exchange *x, int status, struct MHD_Response *response, const char *type)
{
    if (response == NULL)
        return MHD_NO;
    if (type != NULL)
        MHD_add_response_header(response, MHD_HTTP_HEADER_CONTENT_TYPE, type);
    MHD_add_response_header(response, MHD_HTTP_HEADER_CACHE_CONTROL, "no-store");
    if (status == 401)
        MHD_add_response_header(response, MHD_HTTP_HEADER_WWW_AUTHENTICATE, "Bearer");
    int result = MHD_queue_response(x->connection, (unsigned)status, response);
    MHD_destroy_response(response);
    return result;
}

static int send_answer(struct exchange *x, struct call *call)
{
    if (call->bytes != NULL)
        return queue_response(x, call->status,
                              MHD_create_response_from_buffer(
                                  call->byte_count, (void *)(uintptr_t)call->bytes, MHD_RESPMEM_MUST_COPY),
                              "application/octet-stream");
    char *text = call->json != NULL ? json_dumps(call->json, JSON_COMPACT) : NULL;
    size_t bytes = text != NULL ? strlen(text) : 0;
    json_decref(call->json);
    return queue_response(x, call->status,
                          MHD_create_response_from_buffer(bytes, text, MHD_RESPMEM_MUST_FREE),
                          text != NULL ? "application/json" : NULL);
}

/* ---- calls ---- */

static const char *find_query(const struct call *call, const char *name)
{
    return MHD_lookup_connection_value(call->connection, MHD_GET_ARGUMENT_KIND, name);
}

static void fill_call(struct http *http, struct exchange *x, struct call *call)
{
    call->method = x->is_post ? CALL_POST : CALL_GET;
    call->query = find_query;
    call->connection = x->connection;
    call->body = x->body.bytes != NULL ? x->body.bytes : "";
    call->body_bytes = x->body.count;
    call->started_ns = x->started_ns;
    call->now_ns = http->config.now_ns(http->config.context);
    call->time_is_up = x->poll.time_is_up;
    call->role = x->role;
    memcpy(call->who, x->who, sizeof(call->who));
    http->config.prepare(http->config.context, call);
}

static enum MHD_Result serve(struct http *http, struct exchange *x)
{
    struct call call = {.status = 0};
    if (x->poll.has_gone)
        return MHD_NO;
    fill_call(http, x, &call);
    if (x->body.overflows)
        call_fail(&call, 413, "too_large", NULL, "a body of this call has at most %zu bytes",
                  x->body.rule->bytes_max);
    else if (!call_read_path(&call, x->url))
        call_fail(&call, 404, "unknown_path", NULL, "there is no such call: control/API.md lists them");
    else
        call_route(&call);
    if (call.status == 0)
        return long_poll_wait(&http->polls[call.topic], &x->poll, call.wait_until_ns - call.now_ns) ? MHD_YES
                                                                                                    : MHD_NO;
    http->config.answered(http->config.context);
    return (enum MHD_Result)send_answer(x, &call);
}

/* ---- bodies ---- */

/* A body is refused by its headers where they tell, before any of it is read. */
static void check_body(const struct exchange *x, struct call *call)
{
    const char *type = MHD_lookup_connection_value(x->connection, MHD_HEADER_KIND, "Content-Type");
    const char *length = MHD_lookup_connection_value(x->connection, MHD_HEADER_KIND, "Content-Length");
    if (length != NULL && strtoull(length, NULL, 10) > x->body.rule->bytes_max)
        call_fail(call, 413, "too_large", NULL, "a body of this call has at most %zu bytes",
                  x->body.rule->bytes_max);
    else if (x->is_post && !body_rule_accepts(x->body.rule, type))
        call_fail(call, 415, "wrong_content_type", NULL, "a body of this call is of Content-Type: %s",
                  x->body.rule->type);
}

/* ---- requests ---- */

static void tell_refused(struct http *http, const char *url, const struct call *call)
{
    uint64_t now_ns = http->config.now_ns(http->config.context);
    const char *code = "";
    if (call->status != 401 || now_ns - http->refusal_told_ns < NSEC_PER_SEC)
        return;
    http->refusal_told_ns = now_ns;
    json_unpack(call->json, "{s:{s:s}}", "error", "code", &code);
    log_warning("a client is refused: %s (%.60s); told once a second", code, url);
}

/* Who asks, and for how much, is known when the headers are. */
static void check_headers(struct http *http, struct exchange *x, struct call *call)
{
    char agent[ADDRESS_TEXT_BYTES];
    const struct peer_policy policy = {.is_local = http->config.server.certificate == NULL,
                                       .trusts_agents = http->config.server.ca != NULL,
                                       .tokens = http->config.tokens != NULL ? *http->config.tokens : NULL,
                                       .now_s = http->config.now_ns(http->config.context) / NSEC_PER_SEC,
                                       .agent = body_rule_address(x->url, agent)};
    if (http_server_is_full(http->server))
        call_fail(call, 429, "too_many", NULL, "there are more than %u connections: come again later",
                  http->config.server.connections_max);
    else
        peer_admit(&policy, x->connection, call);
    if (call->status == 0)
        check_body(x, call);
    if (call->status == 0 && policy.is_local && x->is_post && !x->body.rule->speaks_for_address)
        peer_name(x->connection, call);
    x->role = call->role;
    memcpy(x->who, call->who, sizeof(x->who));
}

static struct exchange *begin(struct http *http, struct MHD_Connection *connection, const char *url,
                              const char *method)
{
    struct exchange *x = calloc(1, sizeof(*x));
    if (x == NULL)
        return NULL;
    x->connection = connection;
    x->poll.connection = connection;
    x->url = strdup(url);
    x->is_post = strcmp(method, "POST") == 0;
    x->body.rule = body_rule_of(url);
    x->started_ns = http->config.now_ns(http->config.context);
    if (x->url != NULL)
        return x;
    free(x);
    return NULL;
}

static enum MHD_Result refuse(struct http *http, struct MHD_Connection *connection, const char *url,
                              struct call *call)
{
    struct exchange x = {.connection = connection};
    tell_refused(http, url, call);
    return (enum MHD_Result)send_answer(&x, call);
}

static enum MHD_Result on_headers(struct http *http, struct MHD_Connection *connection, const char *url,
                                  const char *method, void **state)
{
    struct call call = {.status = 0};
    if (strcmp(method, "GET") != 0 && strcmp(method, "POST") != 0) {
        call_fail(&call, 405, "wrong_method", NULL, "only GET and POST are used here");
        return refuse(http, connection, url, &call);
    }
    struct exchange *x = begin(http, connection, url, method);
    *state = x;
    if (x == NULL)
        return MHD_NO;
    check_headers(http, x, &call);
    return call.status == 0 ? MHD_YES : refuse(http, connection, url, &call);
}

static enum MHD_Result on_body(struct http *http, struct exchange *x, const char *data, size_t bytes)
{
    if (http->config.now_ns(http->config.context) - x->started_ns > BODY_S_MAX * NSEC_PER_SEC)
        return MHD_NO;
    request_body_take(&x->body, data, bytes, &http->bodies_bytes); /* what is too much is read and dropped */
    return MHD_YES;
}

static enum MHD_Result on_request(void *context, struct MHD_Connection *connection, const char *url,
                                  const char *method, const char *version, const char *data, size_t *bytes,
                                  void **state)
{
    struct http *http = context;
    size_t more = *bytes;
    (void)version;
    if (*state == NULL)
        return on_headers(http, connection, url, method, state);
    *bytes = 0;
    return more > 0 ? on_body(http, *state, data, more) : serve(http, *state);
}

static void on_completed(void *context, struct MHD_Connection *connection, void **state,
                         enum MHD_RequestTerminationCode how)
{
    struct http *http = context;
    struct exchange *x = *state;
    (void)connection;
    (void)how;
    if (x == NULL)
        return;
    long_poll_free(&x->poll);
    request_body_free(&x->body, &http->bodies_bytes);
    free(x->url);
    free(x);
    *state = NULL;
}

/* ---- life ---- */

int http_create(const struct http_config *config, struct http **created, char error[HTTP_SERVER_ERROR_BYTES])
{
    struct http *http = calloc(1, sizeof(*http));
    *created = http;
    if (http == NULL) {
        snprintf(error, HTTP_SERVER_ERROR_BYTES, "out of memory");
        return -ENOMEM;
    }
    http->config = *config;
    struct http_server_config server = config->server;
    server.on_request = on_request;
    server.on_completed = on_completed;
    server.context = http;
    int result = http_server_create(&server, &http->server, error);
    if (result != 0) {
        free(http);
        *created = NULL;
        return result;
    }
    for (unsigned topic = 0; topic < CALL_TOPICS; topic++)
        long_polls_init(&http->polls[topic], http->server, server.base);
    return 0;
}

void http_destroy(struct http *http)
{
    if (http == NULL)
        return;
    for (unsigned topic = 0; topic < CALL_TOPICS; topic++)
        long_polls_wake(&http->polls[topic]);
    http_server_destroy(http->server);
    free(http);
}

void http_wake(struct http *http, enum call_topic topic)
{
    long_polls_wake(&http->polls[topic]);
}
