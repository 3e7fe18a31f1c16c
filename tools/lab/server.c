/* SPDX-License-Identifier: BSD-3-Clause */
#include "tools/lab/server.h"

#include <errno.h>
#include <event2/buffer.h>
#include <event2/bufferevent.h>
#include <event2/event.h>
#include <event2/listener.h>
#include <jansson.h>
#include <stdlib.h>
#include <string.h>
#include <sys/queue.h>
#include <sys/socket.h>
#include <sys/un.h>

#include "tools/lab/lab.h"
#include "tools/lab/request.h"
#include "tools/lab/sandbox.h"

enum {
    LINE_BYTES_MAX = 4096,
    ANSWER_BYTES_PENDING_MAX = 4 << 20 /* for a client that does not read */
};

struct client {
    LIST_ENTRY(client) others;
    struct server *server;
    struct bufferevent *stream;
    struct awaited awaited; /* something: the answer to its last line is still due */
};

struct server {
    struct lab *lab;
    struct evconnlistener *listener;
    LIST_HEAD(, client) clients;
};

static void client_close(struct client *client)
{
    LIST_REMOVE(client, others);
    bufferevent_free(client->stream);
    free(client);
}

static void client_answer(struct client *client, json_t *answer)
{
    char *text = json_dumps(answer, JSON_COMPACT);
    if (text)
        evbuffer_add_printf(bufferevent_get_output(client->stream), "%s\n", text);
    free(text);
    json_decref(answer);
}

static void client_on_line(struct client *client, const char *line, size_t length)
{
    json_error_t where;
    json_t *request = json_loadb(line, length, JSON_REJECT_DUPLICATES, &where);
    if (!request) {
        client_answer(client,
                      json_pack("{s:o}", "error", json_sprintf("column %d: %s", where.column, where.text)));
        return;
    }
    json_t *answer = request_answer(client->server->lab, request, &client->awaited);
    json_decref(request);
    if (answer)
        client_answer(client, answer);
}

/* A client whose answer is still due keeps its further lines until then. */
static void client_on_input(struct bufferevent *stream, void *context)
{
    struct client *client = context;
    struct evbuffer *input = bufferevent_get_input(stream);
    char *line;
    size_t length;
    while (!client->awaited.program && (line = evbuffer_readln(input, &length, EVBUFFER_EOL_LF))) {
        client_on_line(client, line, length);
        free(line);
    }
    bool endless = !client->awaited.program && evbuffer_get_length(input) >= LINE_BYTES_MAX;
    if (endless || evbuffer_get_length(bufferevent_get_output(stream)) > ANSWER_BYTES_PENDING_MAX)
        client_close(client);
}

static void client_on_event(struct bufferevent *stream, short what, void *context)
{
    (void)stream;
    if (what & (BEV_EVENT_EOF | BEV_EVENT_ERROR))
        client_close(context);
}

static void server_on_connection(struct evconnlistener *listener, evutil_socket_t fd,
                                 struct sockaddr *address, int length, void *context)
{
    struct server *server = context;
    struct client *client = calloc(1, sizeof(*client));
    (void)address, (void)length;
    if (client)
        client->stream = bufferevent_socket_new(evconnlistener_get_base(listener), fd, BEV_OPT_CLOSE_ON_FREE);
    if (!client || !client->stream) {
        free(client);
        evutil_closesocket(fd);
        return;
    }
    client->server = server;
    LIST_INSERT_HEAD(&server->clients, client, others);
    bufferevent_setcb(client->stream, client_on_input, NULL, client_on_event, client);
    bufferevent_setwatermark(client->stream, EV_READ, 0, LINE_BYTES_MAX);
    bufferevent_enable(client->stream, EV_READ | EV_WRITE);
}

int server_open(struct server **server, struct lab *lab, struct lab_error *error)
{
    struct sockaddr_un address = {.sun_family = AF_UNIX, .sun_path = SANDBOX_SOCKET};
    struct server *opened = calloc(1, sizeof(*opened));
    if (!opened)
        return lab_error_set(error, -ENOMEM, "out of memory");
    LIST_INIT(&opened->clients);
    opened->lab = lab;
    opened->listener = evconnlistener_new_bind(lab->events, server_on_connection, opened,
                                               LEV_OPT_CLOSE_ON_FREE | LEV_OPT_CLOSE_ON_EXEC, SOMAXCONN,
                                               (struct sockaddr *)&address, sizeof(address));
    if (!opened->listener) {
        free(opened);
        return lab_error_set(error, -errno, "%s: %s", SANDBOX_SOCKET, strerror(errno));
    }
    *server = opened;
    return 0;
}

void server_on_program_changed(struct server *server, const struct program *program)
{
    struct client *client, *next;
    for (client = LIST_FIRST(&server->clients); client; client = next) {
        next = LIST_NEXT(client, others);
        if (client->awaited.program != program)
            continue;
        client_answer(client, request_answer_awaited(&client->awaited));
        client->awaited.program = NULL;
        client_on_input(client->stream, client);
    }
}
