/* SPDX-License-Identifier: BSD-3-Clause */
/* Watchers over a real socket, in one process: who waits is woken by what it waits for, and by nothing else.
 */
#include "tests/unit/control/fabric.h"

#include <event2/event.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "control/server/http.h"
#include "dataplane/process/http_client.h"
#include "dataplane/process/unix_listener.h"

struct world {
    struct fabric fabric;
    struct event_base *base;
    struct unix_listener listener;
    struct http *http;
    struct http_client *client;
    char folder[64], socket[96];
    unsigned looked; /* times that a call was looked at: once when it comes, and when it is woken */
    bool answered;
    int status;
    size_t bytes;
};
static struct world w;

static uint64_t tell_time(void *context)
{
    (void)context;
    return w.fabric.now_ns;
}

static void prepare(void *context, struct call *call)
{
    (void)context;
    call->core = w.fabric.core;
    call->topology = w.fabric.topology;
    w.looked++;
}

static void nothing(void *context)
{
    (void)context;
}

static int open_world(void **state)
{
    char error[512];
    (void)state;
    w = (struct world){.folder = "/tmp/weft-polls-XXXXXX"};
    fabric_open(&w.fabric, (struct fabric_shape){.leaves = 2, .spines = 2, .hosts = 2}, ":memory:");
    w.base = event_base_new();
    assert_non_null(mkdtemp(w.folder));
    snprintf(w.socket, sizeof(w.socket), "%s/control.sock", w.folder);
    const struct unix_listener_config listener = {.path = w.socket, .type = SOCK_STREAM};
    assert_int_equal(unix_listener_open(&listener, &w.listener, error), 0);
    const struct http_config config = {
        .server = {.base = w.base, .socket = w.listener.descriptor, .connections_max = 16},
        .now_ns = tell_time,
        .prepare = prepare,
        .answered = nothing};
    assert_int_equal(http_create(&config, &w.http, error), 0);
    const struct http_place place = {.socket = w.socket};
    assert_int_equal(http_client_create(w.base, &place, &w.client, error), 0);
    return 0;
}

static int close_world(void **state)
{
    (void)state;
    http_client_destroy(w.client);
    unix_listener_remove(&w.listener);
    http_destroy(w.http);
    event_base_free(w.base);
    fabric_close(&w.fabric);
    return rmdir(w.folder);
}

static void on_answer(void *context, const struct http_answer *answer)
{
    (void)context;
    w.answered = true;
    w.status = answer->status;
    w.bytes = answer->bytes;
}

static struct http_exchange *ask(const char *path)
{
    const struct http_request request = {
        .path = path, .timeout_ms = 600000, .answer_bytes_max = 1 << 20, .done = on_answer};
    w.answered = false;
    return http_client_start(w.client, &request);
}

static void run_until_looked(unsigned times)
{
    while (w.looked < times)
        event_base_loop(w.base, EVLOOP_ONCE);
}

static void run_until_answered(void)
{
    while (!w.answered)
        event_base_loop(w.base, EVLOOP_ONCE);
}

/* Whatever is ready now, and what follows from it. */
static void run_what_is_ready(void)
{
    for (unsigned i = 0; i < 100; i++)
        event_base_loop(w.base, EVLOOP_NONBLOCK);
}

static void test_a_plan_wakes_its_watchers(void **state)
{
    (void)state;
    assert_non_null(ask("/v1/agents/10.1.0.1/plan?after=0&wait_ms=60000"));
    run_until_looked(1);
    http_wake(w.http, CALL_TOPIC_EVENTS);
    run_what_is_ready();
    assert_int_equal(w.looked, 1);
    http_wake(w.http, CALL_TOPIC_PLAN); /* there is none yet: it waits on */
    run_until_looked(2);
    run_what_is_ready();
    assert_false(w.answered);
    fabric_plan(&w.fabric);
    http_wake(w.http, CALL_TOPIC_PLAN);
    run_until_answered();
    assert_int_equal(w.status, 200);
    assert_true(w.bytes > 0);
    assert_int_equal(w.looked, 3);
}

static void test_an_event_wakes_its_watchers(void **state)
{
    (void)state;
    assert_non_null(ask("/v1/events?after=1000&wait_ms=60000"));
    run_until_looked(1);
    http_wake(w.http, CALL_TOPIC_PLAN);
    run_what_is_ready();
    assert_int_equal(w.looked, 1);
    http_wake(w.http, CALL_TOPIC_EVENTS);
    run_until_looked(2);
    assert_false(w.answered);
}

static void test_its_time_is_up(void **state)
{
    (void)state;
    assert_non_null(ask("/v1/agents/10.1.0.1/plan?after=0&wait_ms=1"));
    run_until_answered();
    assert_int_equal(w.status, 204);
    assert_int_equal(w.looked, 2);
}

/* Who has gone is not looked at again, and nobody is left to be woken. */
static void test_who_has_gone_waits_no_more(void **state)
{
    (void)state;
    struct http_exchange *x = ask("/v1/agents/10.1.0.1/plan?after=0&wait_ms=60000");
    run_until_looked(1);
    http_exchange_cancel(x);
    run_what_is_ready();
    fabric_plan(&w.fabric);
    http_wake(w.http, CALL_TOPIC_PLAN);
    run_what_is_ready();
    assert_int_equal(w.looked, 1);
    assert_false(w.answered);
}

#define WORLD_TEST(test) cmocka_unit_test_setup_teardown(test, open_world, close_world)

int main(void)
{
    const struct CMUnitTest tests[] = {
        WORLD_TEST(test_a_plan_wakes_its_watchers),
        WORLD_TEST(test_an_event_wakes_its_watchers),
        WORLD_TEST(test_its_time_is_up),
        WORLD_TEST(test_who_has_gone_waits_no_more),
    };
    signal(SIGPIPE, SIG_IGN);
    return cmocka_run_group_tests(tests, NULL, NULL);
}
