/* SPDX-License-Identifier: BSD-3-Clause */
#include "control/server/front.h"

#include <stdio.h>
#include <string.h>
#include <sys/socket.h>

#include "dataplane/process/log.h"
#include "dataplane/process/tcp_listener.h"

static int serve_locally(struct front *f, const struct control_config *config, struct http_config calls)
{
    char error[UNIX_LISTENER_ERROR_BYTES];
    int result = unix_listener_open(
        &(struct unix_listener_config){.path = config->socket, .type = SOCK_STREAM, .group = config->group},
        &f->listener, error);
    calls.server.socket = f->listener.descriptor;
    if (result == 0)
        result = http_create(&calls, &f->local, error);
    if (result != 0)
        log_error("%s", error);
    return result;
}

static int open_remote(const struct control_listen *listen, char error[HTTP_SERVER_ERROR_BYTES])
{
    char place[CONTROL_LISTEN_PLACE_BYTES];
    control_listen_place(listen, place);
    int socket = tcp_listener_open(place);
    if (socket < 0)
        snprintf(error, HTTP_SERVER_ERROR_BYTES, "%s: %s", place, strerror(-socket));
    return socket;
}

static int serve_remotely(struct front *f, const struct control_listen *l, struct http_config calls)
{
    char error[HTTP_SERVER_ERROR_BYTES];
    int result = tokens_load(l->tokens_file, &f->tokens, error);
    int socket = result == 0 ? open_remote(l, error) : result;
    calls.server.socket = socket;
    calls.server.certificate = l->certificate;
    calls.server.key = l->key;
    calls.server.ca = l->client_ca;
    result = socket >= 0 ? http_create(&calls, &f->remote, error) : socket;
    if (result != 0)
        log_error("%s", error);
    return result;
}

int front_open(struct front *f, const struct control_config *config, const struct http_config *calls)
{
    struct http_config both = *calls;
    *f = (struct front){0};
    both.tokens = &f->tokens;
    both.server.connections_max = config->connections_max;
    int result = serve_locally(f, config, both);
    return result == 0 && config->listen.address != NULL ? serve_remotely(f, &config->listen, both) : result;
}

void front_close(struct front *f)
{
    if (f->local != NULL)
        unix_listener_remove(&f->listener);
    http_destroy(f->local);
    http_destroy(f->remote);
    tokens_free(f->tokens);
    *f = (struct front){0};
}

void front_wake(struct front *f, enum call_topic topic)
{
    http_wake(f->local, topic);
    if (f->remote != NULL)
        http_wake(f->remote, topic);
}

void front_reload_tokens(struct front *f, const char *file)
{
    struct tokens *tokens;
    char error[TOKENS_ERROR_BYTES];
    if (f->remote == NULL || file == NULL)
        return;
    if (tokens_load(file, &tokens, error) != 0) {
        log_error("%s; the old tokens stay", error);
        return;
    }
    tokens_free(f->tokens);
    f->tokens = tokens;
}
