/* SPDX-License-Identifier: BSD-3-Clause */
#include "tests/integration/daemon/fake_control.h"

#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <cmocka.h>
#include <event2/buffer.h>
#include <event2/event.h>
#include <event2/http.h>
#include <event2/listener.h>

#include "dataplane/formats/plan.h"

enum {
    AGENTS = 2,
    ADDRESS_BYTES = 16,
    PATIENCE_S = 10
};

static const char right_body[] = "{\"epoch\":1,\"report_every_ms\":100,\"lease_ms\":10000,\"probe\":[]}";

struct agent {
    char address[ADDRESS_BYTES];
    json_t *report;              /* the last */
    struct evhttp_request *poll; /* waits for a plan */
    unsigned long long polled_after;
    uint8_t *plan;
    size_t plan_bytes;
};

struct fake_control {
    struct event_base *base;
    struct evhttp *http;
    struct agent agents[AGENTS];
    int status;
    const char *body;
    /* what is waited for */
    const char *address;
    report_test is_right;
    const void *wanted;
    bool came;
};

static struct agent *agent_of(struct fake_control *c, const char *address)
{
    for (unsigned i = 0; i < AGENTS; i++) {
        struct agent *a = &c->agents[i];
        if (a->address[0] == '\0')
            snprintf(a->address, sizeof(a->address), "%s", address);
        if (strcmp(a->address, address) == 0)
            return a;
    }
    fail_msg("a third port: %s", address);
    return NULL;
}

static void answer(struct evhttp_request *request, int status, const void *bytes, size_t count)
{
    struct evbuffer *buffer = evbuffer_new();
    evbuffer_add(buffer, bytes, count);
    evhttp_send_reply(request, status, "", buffer);
    evbuffer_free(buffer);
}

static void give_plan(struct agent *a)
{
    const struct plan_header *header = (const void *)a->plan;
    if (!a->poll || !a->plan || header->epoch == a->polled_after)
        return;
    answer(a->poll, 200, a->plan, a->plan_bytes);
    a->poll = NULL;
}

static void take_poll(struct fake_control *c, struct evhttp_request *request, const char *address)
{
    struct agent *a = agent_of(c, address);
    if (sscanf(evhttp_request_get_uri(request), "/v1/agents/%*[0-9.]/plan?after=%llu&", &a->polled_after) !=
        1)
        fail_msg("asks %s", evhttp_request_get_uri(request));
    a->poll = request;
    give_plan(a);
}

/* The answer to what was waited for is on the way, or the port does not want it. */
static void on_answered(struct evhttp_request *request, void *context)
{
    (void)request;
    event_base_loopbreak(((struct fake_control *)context)->base);
}

static void on_closed(struct evhttp_connection *connection, void *context)
{
    struct fake_control *c = context;
    (void)connection;
    if (c->came)
        event_base_loopbreak(c->base);
}

static void take_report(struct fake_control *c, struct evhttp_request *request, const char *address)
{
    struct agent *a = agent_of(c, address);
    struct evbuffer *input = evhttp_request_get_input_buffer(request);
    size_t count = evbuffer_get_length(input);
    json_error_t why;
    json_decref(a->report);
    a->report = json_loadb((char *)evbuffer_pullup(input, -1), count, JSON_REJECT_DUPLICATES, &why);
    if (!a->report)
        fail_msg("a report is not JSON: %s", why.text);
    const char *body = c->body ? c->body : right_body;
    if (c->address && strcmp(c->address, address) == 0 && c->is_right(a->report, c->wanted)) {
        c->came = true;
        evhttp_request_set_on_complete_cb(request, on_answered, c);
        evhttp_connection_set_closecb(evhttp_request_get_connection(request), on_closed, c);
    }
    answer(request, c->status, body, strlen(body));
}

static void on_request(struct evhttp_request *request, void *context)
{
    char address[ADDRESS_BYTES];
    if (sscanf(evhttp_request_get_uri(request), "/v1/agents/%15[0-9.]", address) != 1)
        fail_msg("asks %s", evhttp_request_get_uri(request));
    else if (evhttp_request_get_command(request) == EVHTTP_REQ_POST)
        take_report(context, request, address);
    else
        take_poll(context, request, address);
}

struct fake_control *fake_control_start(const char *socket_path)
{
    struct sockaddr_un address = {.sun_family = AF_UNIX};
    struct fake_control *c = calloc(1, sizeof(*c));
    snprintf(address.sun_path, sizeof(address.sun_path), "%s", socket_path);
    unlink(socket_path);
    signal(SIGPIPE, SIG_IGN); /* the port may have closed */
    c->status = 200;
    c->base = event_base_new();
    c->http = evhttp_new(c->base);
    struct evconnlistener *listener =
        evconnlistener_new_bind(c->base, NULL, NULL, LEV_OPT_CLOSE_ON_FREE | LEV_OPT_CLOSE_ON_EXEC, SOMAXCONN,
                                (struct sockaddr *)&address, sizeof(address));
    assert_non_null(listener);
    assert_non_null(evhttp_bind_listener(c->http, listener));
    evhttp_set_gencb(c->http, on_request, c);
    return c;
}

void fake_control_stop(struct fake_control *c)
{
    evhttp_free(c->http);
    event_base_free(c->base);
    for (unsigned i = 0; i < AGENTS; i++) {
        json_decref(c->agents[i].report);
        free(c->agents[i].plan);
    }
    free(c);
}

void fake_control_answer(struct fake_control *c, int status, const char *body)
{
    c->status = status;
    c->body = body;
}

void fake_control_publish(struct fake_control *c, const char *address, const void *plan, size_t bytes)
{
    struct agent *a = agent_of(c, address);
    a->plan = realloc(a->plan, bytes);
    assert_non_null(a->plan);
    memcpy(a->plan, plan, bytes);
    a->plan_bytes = bytes;
    give_plan(a);
}

const json_t *fake_control_await(struct fake_control *c, const char *address, report_test is_right,
                                 const void *wanted)
{
    struct timeval patience = {.tv_sec = PATIENCE_S};
    c->address = address;
    c->is_right = is_right;
    c->wanted = wanted;
    c->came = false;
    event_base_loopexit(c->base, &patience);
    event_base_dispatch(c->base);
    c->address = NULL;
    return c->came ? agent_of(c, address)->report : NULL;
}
