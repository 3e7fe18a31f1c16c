/* SPDX-License-Identifier: BSD-3-Clause */
#include "dataplane/process/http_server.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <event2/event.h>

enum {
    HEADERS_BYTES_MAX = 32 << 10,
    IDLE_S_MAX = 30,
    REFUSED_AT_ONCE_MAX = 64, /* connections above connections_max that are told so */
    PEM_BYTES_MAX = 1 << 20
};
static const char TLS_VERSIONS[] = "NORMAL:-VERS-ALL:+VERS-TLS1.3:+VERS-TLS1.2";

struct http_server {
    struct MHD_Daemon *daemon;
    struct event *readable, *timer;
    char *certificate, *key, *ca; /* PEM texts */
    unsigned connections, connections_max;
};

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
    return server->readable != NULL && server->timer != NULL && event_add(server->readable, NULL) == 0;
}

/* ---- connections ---- */

static enum MHD_Result admit(void *context, const struct sockaddr *address, socklen_t bytes)
{
    const struct http_server *server = context;
    (void)address;
    (void)bytes;
    return server->connections < server->connections_max + REFUSED_AT_ONCE_MAX ? MHD_YES : MHD_NO;
}

static void on_connection(void *context, struct MHD_Connection *connection, void **state,
                          enum MHD_ConnectionNotificationCode what)
{
    struct http_server *server = context;
    (void)connection;
    (void)state;
    if (what == MHD_CONNECTION_NOTIFY_STARTED)
        server->connections++;
    else
        server->connections--;
}

bool http_server_is_full(const struct http_server *server)
{
    return server->connections > server->connections_max;
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
    return MHD_start_daemon(MHD_USE_EPOLL | MHD_ALLOW_SUSPEND_RESUME | MHD_USE_ERROR_LOG | tls, 0, admit,
                            server, config->on_request, config->context, MHD_OPTION_NOTIFY_CONNECTION,
                            on_connection, server, MHD_OPTION_EXTERNAL_LOGGER, ignore_log, NULL,
                            MHD_OPTION_LISTEN_SOCKET, config->socket, MHD_OPTION_NOTIFY_COMPLETED,
                            config->on_completed, config->context, MHD_OPTION_CONNECTION_LIMIT,
                            config->connections_max + 2 * REFUSED_AT_ONCE_MAX, MHD_OPTION_CONNECTION_TIMEOUT,
                            (unsigned)IDLE_S_MAX, MHD_OPTION_CONNECTION_MEMORY_LIMIT,
                            (size_t)HEADERS_BYTES_MAX, MHD_OPTION_ARRAY, tls_options, MHD_OPTION_END);
}

static int start(struct http_server *server, const struct http_server_config *config, char *error)
{
    int result = read_credentials(server, config, error);
    if (result != 0)
        return result;
    server->connections_max = config->connections_max;
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
    if (server->daemon != NULL)
        MHD_stop_daemon(server->daemon);
    free(server->certificate);
    free(server->key);
    free(server->ca);
    free(server);
}
