/* SPDX-License-Identifier: BSD-3-Clause */
#include "dataplane/process/http_server.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/queue.h>
#include <sys/socket.h>
#include <time.h>

#include <event2/event.h>

#include "dataplane/process/clock.h"

enum {
    HEADERS_BYTES_MAX = 32 << 10,
    IDLE_S_MAX = 30,
    HEADERS_MS_MAX = 60000,
    REFUSED_AT_ONCE_MAX = 64, /* connections above connections_max that are told so */
    PEM_BYTES_MAX = 1 << 20
};
static const char TLS_VERSIONS[] = "NORMAL:-VERS-ALL:+VERS-TLS1.3:+VERS-TLS1.2";

#define NSEC_PER_MSEC 1000000ull

/* One connection. */
struct client {
    TAILQ_ENTRY(client) link;
    struct MHD_Connection *connection;
    uint64_t since_ns; /* it has been expected to ask */
    bool is_expected;  /* among those that are */
};

struct http_server {
    struct MHD_Daemon *daemon;
    struct event *readable, *timer, *cutter;
    char *certificate, *key, *ca; /* PEM texts */
    unsigned connections, connections_max;
    unsigned headers_ms_max;
    TAILQ_HEAD(, client) expected; /* whose headers are not complete, the longest first */
    MHD_AccessHandlerCallback on_request;
    MHD_RequestCompletedCallback on_completed;
    void *context; /* of both */
};

/* ---- connections ---- */

static enum MHD_Result admit(void *context, const struct sockaddr *address, socklen_t bytes)
{
    const struct http_server *server = context;
    (void)address;
    (void)bytes;
    return server->connections < server->connections_max + REFUSED_AT_ONCE_MAX ? MHD_YES : MHD_NO;
}

static void expect(struct http_server *server, struct client *client)
{
    client->since_ns = clock_ns(CLOCK_MONOTONIC);
    client->is_expected = true;
    TAILQ_INSERT_TAIL(&server->expected, client, link);
}

static void stop_expecting(struct http_server *server, struct client *client)
{
    if (client->is_expected)
        TAILQ_REMOVE(&server->expected, client, link);
    client->is_expected = false;
}

/* Without memory for it a client is not watched. */
static void on_connection(void *context, struct MHD_Connection *connection, void **state,
                          enum MHD_ConnectionNotificationCode what)
{
    struct http_server *server = context;
    struct client *client = *state;
    if (what == MHD_CONNECTION_NOTIFY_STARTED) {
        server->connections++;
        *state = client = calloc(1, sizeof(*client));
        if (client != NULL) {
            client->connection = connection;
            expect(server, client);
        }
        return;
    }
    server->connections--;
    if (client != NULL)
        stop_expecting(server, client);
    free(client);
    *state = NULL;
}

static struct client *client_of(struct MHD_Connection *connection)
{
    const union MHD_ConnectionInfo *info =
        MHD_get_connection_info(connection, MHD_CONNECTION_INFO_SOCKET_CONTEXT);
    return info != NULL ? info->socket_context : NULL;
}

static enum MHD_Result on_request(void *context, struct MHD_Connection *connection, const char *url,
                                  const char *method, const char *version, const char *data, size_t *bytes,
                                  void **state)
{
    struct http_server *server = context;
    struct client *client = client_of(connection);
    if (client != NULL)
        stop_expecting(server, client);
    return server->on_request(server->context, connection, url, method, version, data, bytes, state);
}

static void on_completed(void *context, struct MHD_Connection *connection, void **state,
                         enum MHD_RequestTerminationCode how)
{
    struct http_server *server = context;
    struct client *client = client_of(connection);
    if (server->on_completed != NULL)
        server->on_completed(server->context, connection, state, how);
    if (client != NULL && !client->is_expected)
        expect(server, client);
}

/* libmicrohttpd's own limit begins anew with every byte, so headers could come for ever. */
static void on_cutter(evutil_socket_t unused, short events, void *context)
{
    struct http_server *server = context;
    uint64_t most_ns = server->headers_ms_max * NSEC_PER_MSEC, now = clock_ns(CLOCK_MONOTONIC);
    struct client *client;
    (void)unused;
    (void)events;
    while ((client = TAILQ_FIRST(&server->expected)) != NULL && now - client->since_ns > most_ns) {
        const union MHD_ConnectionInfo *info =
            MHD_get_connection_info(client->connection, MHD_CONNECTION_INFO_CONNECTION_FD);
        if (info != NULL)
            shutdown(info->connect_fd, SHUT_RDWR); /* which is noticed, and closes it */
        stop_expecting(server, client);
    }
}

bool http_server_is_full(const struct http_server *server)
{
    return server->connections > server->connections_max;
}

/* ---- the event loop ---- */

static void schedule(struct http_server *server)
{
    MHD_UNSIGNED_LONG_LONG timeout_ms;
    if (MHD_get_timeout(server->daemon, &timeout_ms) != MHD_YES) {
        evtimer_del(server->timer);
        return;
    }
    struct timeval timeout = {.tv_sec = (time_t)(timeout_ms / 1000),
                              .tv_usec = (suseconds_t)(timeout_ms % 1000 * 1000)};
    evtimer_add(server->timer, &timeout);
}

static void on_event(evutil_socket_t unused, short events, void *context)
{
    struct http_server *server = context;
    (void)unused;
    (void)events;
    MHD_run(server->daemon);
    schedule(server);
}

void http_server_proceed(struct http_server *server)
{
    event_active(server->timer, EV_TIMEOUT, 0);
}

static bool watch(struct http_server *server, struct event_base *base)
{
    const union MHD_DaemonInfo *info = MHD_get_daemon_info(server->daemon, MHD_DAEMON_INFO_EPOLL_FD);
    if (info == NULL)
        return false;
    server->readable = event_new(base, info->epoll_fd, EV_READ | EV_PERSIST, on_event, server);
    server->timer = evtimer_new(base, on_event, server);
    server->cutter = event_new(base, -1, EV_PERSIST, on_cutter, server);
    if (server->readable == NULL || server->timer == NULL || server->cutter == NULL)
        return false;
    unsigned ms = server->headers_ms_max / 4 + 1;
    struct timeval often = {.tv_sec = ms / 1000, .tv_usec = ms % 1000 * 1000};
    return event_add(server->cutter, &often) == 0 && event_add(server->readable, NULL) == 0;
}

/* ---- life ---- */

static int read_pem(const char *file, char **text, char *error)
{
    FILE *stream = fopen(file, "re");
    int result = stream != NULL ? 0 : -errno;
    *text = calloc(1, PEM_BYTES_MAX);
    if (stream != NULL && (*text == NULL || fread(*text, 1, PEM_BYTES_MAX - 1, stream) == 0))
        result = *text == NULL ? -ENOMEM : -ENODATA;
    if (stream != NULL)
        fclose(stream);
    if (result != 0)
        snprintf(error, HTTP_SERVER_ERROR_BYTES, "%s: %s", file,
                 result == -ENODATA ? "it is empty" : strerror(-result));
    return result;
}

static int read_credentials(struct http_server *server, const struct http_server_config *config, char *error)
{
    int result = config->certificate != NULL ? read_pem(config->certificate, &server->certificate, error) : 0;
    if (result == 0 && config->key != NULL)
        result = read_pem(config->key, &server->key, error);
    if (result == 0 && config->ca != NULL)
        result = read_pem(config->ca, &server->ca, error);
    return result;
}

static void ignore_log(void *context, const char *format, va_list arguments)
{
    (void)context;
    (void)format;
    (void)arguments;
}

static struct MHD_OptionItem text_option(enum MHD_OPTION option, const char *text)
{
    return (struct MHD_OptionItem){text != NULL ? option : MHD_OPTION_END, 0, (void *)(uintptr_t)text};
}

static struct MHD_Daemon *start_daemon(struct http_server *server, const struct http_server_config *config)
{
    unsigned tls = server->certificate != NULL ? MHD_USE_TLS : 0;
    struct MHD_OptionItem tls_options[] = {
        text_option(MHD_OPTION_HTTPS_MEM_CERT, server->certificate),
        text_option(MHD_OPTION_HTTPS_PRIORITIES, TLS_VERSIONS),
        text_option(MHD_OPTION_HTTPS_MEM_KEY, server->key),
        text_option(MHD_OPTION_HTTPS_MEM_TRUST, server->ca),
        {MHD_OPTION_END, 0, NULL},
    };
    return MHD_start_daemon(
        MHD_USE_EPOLL | MHD_ALLOW_SUSPEND_RESUME | MHD_USE_ERROR_LOG | tls, 0, admit, server, on_request,
        server, MHD_OPTION_NOTIFY_CONNECTION, on_connection, server, MHD_OPTION_EXTERNAL_LOGGER, ignore_log,
        NULL, MHD_OPTION_LISTEN_SOCKET, config->socket, MHD_OPTION_NOTIFY_COMPLETED, on_completed, server,
        MHD_OPTION_CONNECTION_LIMIT, config->connections_max + 2 * REFUSED_AT_ONCE_MAX,
        MHD_OPTION_CONNECTION_TIMEOUT, (unsigned)IDLE_S_MAX, MHD_OPTION_CONNECTION_MEMORY_LIMIT,
        (size_t)HEADERS_BYTES_MAX, MHD_OPTION_ARRAY, tls_options, MHD_OPTION_END);
}

static int start(struct http_server *server, const struct http_server_config *config, char *error)
{
    int result = read_credentials(server, config, error);
    if (result != 0)
        return result;
    server->connections_max = config->connections_max;
    server->headers_ms_max = config->headers_ms_max > 0 ? config->headers_ms_max : HEADERS_MS_MAX;
    server->on_request = config->on_request;
    server->on_completed = config->on_completed;
    server->context = config->context;
    TAILQ_INIT(&server->expected);
    server->daemon = start_daemon(server, config);
    if (server->daemon == NULL) {
        snprintf(error, HTTP_SERVER_ERROR_BYTES,
                 "the HTTP server does not start: are `certificate` and `key` a PEM pair?");
        return -EINVAL;
    }
    if (watch(server, config->base))
        return 0;
    snprintf(error, HTTP_SERVER_ERROR_BYTES, "out of memory");
    return -ENOMEM;
}

int http_server_create(const struct http_server_config *config, struct http_server **created,
                       char error[HTTP_SERVER_ERROR_BYTES])
{
    struct http_server *server = calloc(1, sizeof(*server));
    *created = server;
    if (server == NULL) {
        snprintf(error, HTTP_SERVER_ERROR_BYTES, "out of memory");
        return -ENOMEM;
    }
    int result = start(server, config, error);
    if (result != 0) {
        http_server_destroy(server);
        *created = NULL;
    }
    return result;
}

void http_server_destroy(struct http_server *server)
{
    if (server == NULL)
        return;
    if (server->readable != NULL)
        event_free(server->readable);
    if (server->timer != NULL)
        event_free(server->timer);
    if (server->cutter != NULL)
        event_free(server->cutter);
    if (server->daemon != NULL)
        MHD_stop_daemon(server->daemon);
    free(server->certificate);
    free(server->key);
    free(server->ca);
    free(server);
}
