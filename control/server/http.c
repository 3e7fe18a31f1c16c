/* SPDX-License-Identifier: BSD-3-Clause */
#include "control/server/http.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/queue.h>

#include <event2/event.h>
#include <microhttpd.h>

#include "control/server/peer.h"
#include "dataplane/process/log.h"

enum {
    REPORT_BYTES_MAX = 8 << 20,
    BODY_BYTES_MAX = 64 << 10,
    HEADERS_BYTES_MAX = 32 << 10,
    BODIES_BYTES_MAX = 128 << 20, /* together */
    BODY_S_MAX = 60,
    IDLE_S_MAX = 30,
    REFUSED_AT_ONCE_MAX = 64 /* connections above connections_max that are told so */
};
#define NSEC_PER_SEC  1000000000ull
#define NSEC_PER_MSEC 1000000ull

/* One request, from its first byte to its answer. */
struct exchange {
    TAILQ_ENTRY(exchange) link; /* of those that wait */
    struct http *http;
    struct MHD_Connection *connection;
    char *url;
    bool is_post, waits, time_is_up, has_gone, overflows;
    enum call_role role;
    char who[CORE_NAME_BYTES];
    struct event *closed; /* while it waits: the client has gone */
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
    unsigned connections;
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
    call->role = x->role;
    memcpy(call->who, x->who, sizeof(call->who));
    http->config.prepare(http->config.context, call);
}

static void schedule(struct http *http);
static void on_closed(evutil_socket_t unused, short events, void *exchange);

/* Clients that go while they wait are noticed, and hold no connection until their time is up. */
static void watch_closing(struct http *http, struct exchange *x)
{
    const union MHD_ConnectionInfo *info =
        MHD_get_connection_info(x->connection, MHD_CONNECTION_INFO_CONNECTION_FD);
    if (x->closed == NULL && info != NULL)
        x->closed = event_new(http->config.base, info->connect_fd, EV_CLOSED, on_closed, x);
    if (x->closed != NULL)
        event_add(x->closed, NULL);
}

static void wait(struct http *http, struct exchange *x, uint64_t deadline_ns)
{
    x->waits = true;
    x->deadline_ns = deadline_ns;
    TAILQ_INSERT_TAIL(&http->waiting, x, link);
    watch_closing(http, x);
    MHD_suspend_connection(x->connection);
}

static enum MHD_Result serve(struct http *http, struct exchange *x)
{
    struct call call = {.status = 0};
    if (x->has_gone)
        return MHD_NO;
    fill_call(http, x, &call);
    if (x->overflows)
        call_fail(&call, 413, "too_large", NULL, "a body of this call has at most %zu bytes", x->bytes_max);
    else if (!read_words(x->url, &call))
        call_fail(&call, 404, "unknown_path", NULL, "there is no such call: control/API.md lists them");
    else
        call_route(&call);
    if (call.status == 0) {
        wait(http, x, call.wait_until_ns);
        return MHD_YES;
    }
    http->config.answered(http->config.context);
    return (enum MHD_Result)send_answer(x, &call);
}

/* ---- bodies ---- */

/* False when there is no room for it. */
static bool take_body(struct http *http, struct exchange *x, const char *data, size_t bytes)
{
    if (bytes > x->bytes_max - x->bytes)
        return false;
    if (x->bytes + bytes > x->room) {
        size_t room = 2 * (x->bytes + bytes) < x->bytes_max ? 2 * (x->bytes + bytes) : x->bytes_max;
        char *larger =
            http->bodies_bytes + room - x->room <= BODIES_BYTES_MAX ? realloc(x->body, room) : NULL;
        if (larger == NULL)
            return false;
        http->bodies_bytes += room - x->room;
        x->body = larger;
        x->room = room;
    }
    memcpy(x->body + x->bytes, data, bytes);
    x->bytes += bytes;
    return true;
}

/* A body is refused by its headers where they tell, before any of it is read. */
static void check_body(const struct exchange *x, struct call *call)
{
    const char *type = MHD_lookup_connection_value(x->connection, MHD_HEADER_KIND, "Content-Type");
    const char *length = MHD_lookup_connection_value(x->connection, MHD_HEADER_KIND, "Content-Length");
    static const char json[] = "application/json";
    if (length != NULL && strtoull(length, NULL, 10) > x->bytes_max)
        call_fail(call, 413, "too_large", NULL, "a body of this call has at most %zu bytes", x->bytes_max);
    else if (x->is_post && (type == NULL || strncasecmp(type, json, strlen(json)) != 0 ||
                            strchr("; ", type[strlen(json)]) == NULL))
        call_fail(call, 415, "wrong_content_type", NULL, "a body is JSON: Content-Type: application/json");
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
    const struct peer_policy policy = {.is_local = http->config.certificate == NULL,
                                       .trusts_agents = http->config.ca != NULL,
                                       .tokens = http->config.tokens != NULL ? *http->config.tokens : NULL,
                                       .now_s = http->config.now_ns(http->config.context) / NSEC_PER_SEC};
    if (http->connections > http->config.connections_max)
        call_fail(call, 429, "too_many", NULL, "there are more than %u connections: come again later",
                  http->config.connections_max);
    else
        peer_admit(&policy, x->connection, call);
    if (call->status == 0)
        check_body(x, call);
    if (call->status == 0 && policy.is_local && x->is_post && x->bytes_max == BODY_BYTES_MAX)
        peer_name(x->connection, call);
    x->role = call->role;
    memcpy(x->who, call->who, sizeof(x->who));
}

static struct exchange *begin(struct http *http, struct MHD_Connection *connection, const char *url,
                              const char *method)
{
    static const char agents[] = "/v1/agents/";
    struct exchange *x = calloc(1, sizeof(*x));
    if (x == NULL)
        return NULL;
    x->http = http;
    x->connection = connection;
    x->url = strdup(url);
    x->is_post = strcmp(method, "POST") == 0;
    x->bytes_max = strncmp(url, agents, strlen(agents)) == 0 ? REPORT_BYTES_MAX : BODY_BYTES_MAX;
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
    x->overflows = x->overflows || !take_body(http, x, data, bytes); /* the rest is read and dropped */
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
    if (x->waits)
        TAILQ_REMOVE(&http->waiting, x, link);
    if (x->closed != NULL)
        event_free(x->closed);
    http->bodies_bytes -= x->room;
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
    if (x->closed != NULL)
        event_del(x->closed);
    MHD_resume_connection(x->connection);
}

static void on_closed(evutil_socket_t unused, short events, void *exchange)
{
    struct exchange *x = exchange;
    (void)unused;
    (void)events;
    if (!x->waits)
        return;
    x->has_gone = true;
    resume(x->http, x, true);
    event_active(x->http->timer, EV_TIMEOUT, 0);
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

static enum MHD_Result admit(void *context, const struct sockaddr *address, socklen_t bytes)
{
    const struct http *http = context;
    (void)address;
    (void)bytes;
    return http->connections < http->config.connections_max + REFUSED_AT_ONCE_MAX ? MHD_YES : MHD_NO;
}

static void on_connection(void *context, struct MHD_Connection *connection, void **state,
                          enum MHD_ConnectionNotificationCode what)
{
    struct http *http = context;
    (void)connection;
    (void)state;
    if (what == MHD_CONNECTION_NOTIFY_STARTED)
        http->connections++;
    else
        http->connections--;
}

static void ignore_log(void *context, const char *format, va_list arguments)
{
    (void)context;
    (void)format;
    (void)arguments;
}

static const char tls_versions[] = "NORMAL:-VERS-ALL:+VERS-TLS1.3:+VERS-TLS1.2";

static struct MHD_Daemon *start_daemon(struct http *http)
{
    const struct http_config *c = &http->config;
    struct MHD_OptionItem tls[5];
    unsigned count = 0, flags = MHD_USE_EPOLL | MHD_ALLOW_SUSPEND_RESUME | MHD_USE_ERROR_LOG;
    if (c->certificate != NULL) {
        flags |= MHD_USE_TLS;
        tls[count++] =
            (struct MHD_OptionItem){MHD_OPTION_HTTPS_MEM_CERT, 0, (void *)(uintptr_t)c->certificate};
        tls[count++] =
            (struct MHD_OptionItem){MHD_OPTION_HTTPS_PRIORITIES, 0, (void *)(uintptr_t)tls_versions};
        tls[count++] = (struct MHD_OptionItem){MHD_OPTION_HTTPS_MEM_KEY, 0, (void *)(uintptr_t)c->key};
    }
    if (c->ca != NULL)
        tls[count++] = (struct MHD_OptionItem){MHD_OPTION_HTTPS_MEM_TRUST, 0, (void *)(uintptr_t)c->ca};
    tls[count] = (struct MHD_OptionItem){MHD_OPTION_END, 0, NULL};
    return MHD_start_daemon(
        flags, 0, admit, http, on_request, http, MHD_OPTION_NOTIFY_CONNECTION, on_connection, http,
        MHD_OPTION_EXTERNAL_LOGGER, ignore_log, NULL, MHD_OPTION_LISTEN_SOCKET, c->socket,
        MHD_OPTION_NOTIFY_COMPLETED, on_completed, http, MHD_OPTION_CONNECTION_LIMIT,
        c->connections_max + 2 * REFUSED_AT_ONCE_MAX, MHD_OPTION_CONNECTION_TIMEOUT, (unsigned)IDLE_S_MAX,
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
