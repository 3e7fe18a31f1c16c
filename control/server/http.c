/* SPDX-License-Identifier: BSD-3-Clause */
#include "control/server/http.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/queue.h>

#include <event2/event.h>
#include <gnutls/gnutls.h>
#include <microhttpd.h>

#include "dataplane/process/log.h"

enum {
    REPORT_BYTES_MAX = 8 << 20,
    BODY_BYTES_MAX = 64 << 10,
    HEADERS_BYTES_MAX = 32 << 10,
    IDLE_S_MAX = 30
};
#define NSEC_PER_SEC  1000000000ull
#define NSEC_PER_MSEC 1000000ull

/* One request, from its first byte to its answer. */
struct exchange {
    TAILQ_ENTRY(exchange) link; /* of those that wait */
    struct MHD_Connection *connection;
    char *url;
    bool is_post, waits, time_is_up, too_large;
    uint64_t started_ns, deadline_ns;
    char *body;
    size_t bytes, room, bytes_max;
};

struct http {
    struct http_config config;
    struct MHD_Daemon *daemon;
    struct event *readable, *timer;
    TAILQ_HEAD(, exchange) waiting;
    bool is_running; /* inside MHD_run() */
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

/* ---- who asks ---- */

static bool has_certificate(const struct http *http, struct MHD_Connection *connection)
{
    unsigned status = 1;
    const union MHD_ConnectionInfo *info =
        MHD_get_connection_info(connection, MHD_CONNECTION_INFO_GNUTLS_SESSION);
    if (http->config.ca == NULL || info == NULL)
        return false;
    gnutls_session_t session = info->tls_session;
    return gnutls_certificate_get_peers(session, &(unsigned){0}) != NULL &&
           gnutls_certificate_verify_peers2(session, &status) == 0 && status == 0;
}

static void find_role(const struct http *http, struct exchange *x, struct call *call)
{
    static const char bearer[] = "Bearer ";
    const char *header = MHD_lookup_connection_value(x->connection, MHD_HEADER_KIND, "Authorization");
    if (http->config.certificate == NULL) {
        call->role = CALL_ROLE_OPERATOR; /* the socket's mode and group say who may connect */
        return;
    }
    if (header == NULL && has_certificate(http, x->connection)) {
        call->role = CALL_ROLE_AGENT;
        return;
    }
    if (header == NULL || strncmp(header, bearer, strlen(bearer)) != 0) {
        call_fail(call, 401, "no_token", NULL, "a token is wanted: Authorization: Bearer TOKEN");
        return;
    }
    uint64_t now_s = http->config.now_ns(http->config.context) / NSEC_PER_SEC;
    enum token_verdict verdict =
        tokens_check(*http->config.tokens, header + strlen(bearer), now_s, &call->role);
    if (verdict == TOKEN_IS_GOOD)
        return;
    call->role = CALL_ROLE_NOBODY;
    log_warning("a client showed a token that is %s", verdict == TOKEN_IS_WRONG ? "wrong" : "expired");
    if (verdict == TOKEN_IS_WRONG)
        call_fail(call, 401, "wrong_token", NULL, "this token is not known");
    else
        call_fail(call, 401, "expired_token", NULL, "this token has expired: ask for another one");
}

/* ---- calls ---- */

static const char *find_query(const struct call *call, const char *name)
{
    return MHD_lookup_connection_value(call->connection, MHD_GET_ARGUMENT_KIND, name);
}

/* "/v1/links/leaf0-spine1": false when it is no path of this version, or too long. */
static bool read_words(const char *url, struct call *call)
{
    static const char version[] = "/v1/";
    if (strncmp(url, version, strlen(version)) != 0)
        return false;
    for (const char *word = url + strlen(version); *word != '\0';) {
        size_t length = strcspn(word, "/");
        if (call->word_count == CALL_WORDS_MAX || length == 0 || length >= CALL_WORD_BYTES)
            return false;
        memcpy(call->words[call->word_count], word, length);
        call->words[call->word_count++][length] = '\0';
        word += length + (word[length] == '/');
    }
    return call->word_count > 0;
}

static void fill_call(struct http *http, struct exchange *x, struct call *call)
{
    call->method = x->is_post ? CALL_POST : CALL_GET;
    call->query = find_query;
    call->connection = x->connection;
    call->body = x->body != NULL ? x->body : "";
    call->body_bytes = x->bytes;
    call->started_ns = x->started_ns;
    call->now_ns = http->config.now_ns(http->config.context);
    call->time_is_up = x->time_is_up;
    http->config.prepare(http->config.context, call);
}

static void answer_call(struct http *http, struct exchange *x, struct call *call)
{
    find_role(http, x, call);
    if (call->status != 0)
        return;
    if (x->too_large)
        call_fail(call, 413, "too_large", NULL, "a body of this call has at most %zu bytes", x->bytes_max);
    else if (!read_words(x->url, call))
        call_fail(call, 404, "unknown_path", NULL, "there is no such call: control/API.md lists them");
    else
        call_route(call);
}

static void schedule(struct http *http);

static enum MHD_Result serve(struct http *http, struct exchange *x)
{
    struct call call = {.status = 0};
    fill_call(http, x, &call);
    answer_call(http, x, &call);
    if (call.status == 0) {
        x->waits = true;
        x->deadline_ns = call.wait_until_ns;
        TAILQ_INSERT_TAIL(&http->waiting, x, link);
        MHD_suspend_connection(x->connection);
        return MHD_YES;
    }
    http->config.answered(http->config.context);
    return (enum MHD_Result)send_answer(x, &call);
}

static void take_body(struct exchange *x, const char *data, size_t bytes)
{
    if (x->too_large || bytes > x->bytes_max - x->bytes) {
        x->too_large = true;
        return;
    }
    if (x->bytes + bytes > x->room) {
        size_t room = 2 * (x->bytes + bytes);
        char *larger = realloc(x->body, room);
        if (larger == NULL) {
            x->too_large = true;
            return;
        }
        x->body = larger;
        x->room = room;
    }
    memcpy(x->body + x->bytes, data, bytes);
    x->bytes += bytes;
}

static struct exchange *begin(struct http *http, struct MHD_Connection *connection, const char *url,
                              const char *method)
{
    struct exchange *x = calloc(1, sizeof(*x));
    if (x == NULL)
        return NULL;
    x->connection = connection;
    x->url = strdup(url);
    x->is_post = strcmp(method, "POST") == 0;
    x->bytes_max =
        strncmp(url, "/v1/agents/", strlen("/v1/agents/")) == 0 ? REPORT_BYTES_MAX : BODY_BYTES_MAX;
    x->started_ns = http->config.now_ns(http->config.context);
    if (x->url != NULL)
        return x;
    free(x);
    return NULL;
}

static enum MHD_Result refuse_method(struct MHD_Connection *connection)
{
    struct exchange x = {.connection = connection};
    struct call call = {.status = 0};
    call_fail(&call, 405, "wrong_method", NULL, "only GET and POST are used here");
    return (enum MHD_Result)send_answer(&x, &call);
}

static enum MHD_Result on_request(void *context, struct MHD_Connection *connection, const char *url,
                                  const char *method, const char *version, const char *data, size_t *bytes,
                                  void **state)
{
    struct http *http = context;
    struct exchange *x = *state;
    (void)version;
    if (x == NULL) {
        if (strcmp(method, "GET") != 0 && strcmp(method, "POST") != 0)
            return refuse_method(connection);
        *state = begin(http, connection, url, method);
        return *state != NULL ? MHD_YES : MHD_NO;
    }
    if (*bytes > 0) {
        take_body(x, data, *bytes);
        *bytes = 0;
        return MHD_YES;
    }
    return serve(http, x);
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
    if (x->waits)
        TAILQ_REMOVE(&http->waiting, x, link);
    free(x->url);
    free(x->body);
    free(x);
    *state = NULL;
}

/* ---- the event loop ---- */

static void run(struct http *http)
{
    if (http->is_running)
        return;
    http->is_running = true;
    MHD_run(http->daemon);
    http->is_running = false;
    schedule(http);
}

static void resume(struct http *http, struct exchange *x, bool time_is_up)
{
    TAILQ_REMOVE(&http->waiting, x, link);
    x->waits = false;
    x->time_is_up = time_is_up;
    MHD_resume_connection(x->connection);
}

void http_wake(struct http *http)
{
    struct exchange *x;
    bool any = !TAILQ_EMPTY(&http->waiting);
    while ((x = TAILQ_FIRST(&http->waiting)) != NULL)
        resume(http, x, false);
    if (any)
        event_active(http->timer, EV_TIMEOUT, 0);
}

static void end_waits(struct http *http)
{
    uint64_t now_ns = http->config.now_ns(http->config.context);
    struct exchange *x, *next;
    for (x = TAILQ_FIRST(&http->waiting); x != NULL; x = next) {
        next = TAILQ_NEXT(x, link);
        if (x->deadline_ns <= now_ns)
            resume(http, x, true);
    }
}

/* The sooner of libmicrohttpd's own timeout and the end of the next wait. */
static void schedule(struct http *http)
{
    MHD_UNSIGNED_LONG_LONG timeout_ms;
    uint64_t now_ns = http->config.now_ns(http->config.context), wait_ms = UINT64_MAX;
    struct exchange *x;
    if (MHD_get_timeout(http->daemon, &timeout_ms) == MHD_YES)
        wait_ms = timeout_ms;
    TAILQ_FOREACH(x, &http->waiting, link)
    {
        uint64_t left_ms = x->deadline_ns > now_ns ? (x->deadline_ns - now_ns) / NSEC_PER_MSEC + 1 : 0;
        wait_ms = left_ms < wait_ms ? left_ms : wait_ms;
    }
    if (wait_ms == UINT64_MAX) {
        evtimer_del(http->timer);
        return;
    }
    struct timeval wait = {.tv_sec = (time_t)(wait_ms / 1000),
                           .tv_usec = (suseconds_t)(wait_ms % 1000 * 1000)};
    evtimer_add(http->timer, &wait);
}

static void on_event(evutil_socket_t unused, short events, void *context)
{
    struct http *http = context;
    (void)unused;
    (void)events;
    end_waits(http);
    run(http);
}

/* ---- life ---- */

static void ignore_log(void *context, const char *format, va_list arguments)
{
    (void)context;
    (void)format;
    (void)arguments;
}

static struct MHD_Daemon *start_daemon(struct http *http)
{
    const struct http_config *c = &http->config;
    struct MHD_OptionItem tls[4];
    unsigned count = 0, flags = MHD_USE_EPOLL | MHD_ALLOW_SUSPEND_RESUME | MHD_USE_ERROR_LOG;
    if (c->certificate != NULL) {
        flags |= MHD_USE_TLS;
        tls[count++] =
            (struct MHD_OptionItem){MHD_OPTION_HTTPS_MEM_CERT, 0, (void *)(uintptr_t)c->certificate};
        tls[count++] = (struct MHD_OptionItem){MHD_OPTION_HTTPS_MEM_KEY, 0, (void *)(uintptr_t)c->key};
    }
    if (c->ca != NULL)
        tls[count++] = (struct MHD_OptionItem){MHD_OPTION_HTTPS_MEM_TRUST, 0, (void *)(uintptr_t)c->ca};
    tls[count] = (struct MHD_OptionItem){MHD_OPTION_END, 0, NULL};
    return MHD_start_daemon(
        flags, 0, NULL, NULL, on_request, http, MHD_OPTION_EXTERNAL_LOGGER, ignore_log, NULL,
        MHD_OPTION_LISTEN_SOCKET, c->socket, MHD_OPTION_NOTIFY_COMPLETED, on_completed, http,
        MHD_OPTION_CONNECTION_LIMIT, c->connections_max, MHD_OPTION_CONNECTION_TIMEOUT, (unsigned)IDLE_S_MAX,
        MHD_OPTION_CONNECTION_MEMORY_LIMIT, (size_t)HEADERS_BYTES_MAX, MHD_OPTION_ARRAY, tls, MHD_OPTION_END);
}

static bool watch(struct http *http)
{
    const union MHD_DaemonInfo *info = MHD_get_daemon_info(http->daemon, MHD_DAEMON_INFO_EPOLL_FD);
    if (info == NULL)
        return false;
    http->readable = event_new(http->config.base, info->epoll_fd, EV_READ | EV_PERSIST, on_event, http);
    http->timer = evtimer_new(http->config.base, on_event, http);
    return http->readable != NULL && http->timer != NULL && event_add(http->readable, NULL) == 0;
}

int http_create(const struct http_config *config, struct http **created, char error[HTTP_ERROR_BYTES])
{
    struct http *http = calloc(1, sizeof(*http));
    *created = http;
    if (http == NULL) {
        snprintf(error, HTTP_ERROR_BYTES, "out of memory");
        return -ENOMEM;
    }
    http->config = *config;
    TAILQ_INIT(&http->waiting);
    http->daemon = start_daemon(http);
    if (http->daemon != NULL && watch(http))
        return 0;
    snprintf(error, HTTP_ERROR_BYTES, "%s",
             http->daemon != NULL
                 ? "out of memory"
                 : "the HTTP server does not start: are `certificate` and `key` a PEM pair?");
    http_destroy(http);
    *created = NULL;
    return -EINVAL;
}

void http_destroy(struct http *http)
{
    if (http == NULL)
        return;
    while (!TAILQ_EMPTY(&http->waiting))
        resume(http, TAILQ_FIRST(&http->waiting), true);
    if (http->readable != NULL)
        event_free(http->readable);
    if (http->timer != NULL)
        event_free(http->timer);
    if (http->daemon != NULL)
        MHD_stop_daemon(http->daemon);
    free(http);
}
