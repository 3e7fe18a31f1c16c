/* SPDX-License-Identifier: BSD-3-Clause */
/* What clients send that they should not, and how they behave that they should not: each is refused by name,
 * changes nothing, and keeps nobody else waiting. */
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

#include "tests/integration/control/agents.h"

enum {
    CONNECTIONS_MAX = 32,
    FLOOD = 200,
    ANSWER_MS_MAX = 30000
};

static const unsigned shape[3] = {2, 4, 2};
static struct control_daemon daemon_;

static int start(void **state)
{
    (void)state;
    daemon_prepare(&daemon_, shape, "connections_max: 32\n");
    daemon_start(&daemon_);
    return 0;
}

static int stop(void **state)
{
    (void)state;
    int status = daemon_end(&daemon_, SIGTERM);
    daemon_clean(&daemon_);
    return WIFEXITED(status) && WEXITSTATUS(status) == 0 ? 0 : -1;
}

static const struct answer *drain(const char *body)
{
    return api_send(&daemon_,
                    &(struct request){.method = "POST", .path = "/v1/links/leaf0-spine0", .body = body});
}

static const struct answer *report(const char *body, size_t bytes)
{
    return api_send(&daemon_,
                    &(struct request){
                        .method = "POST", .path = "/v1/agents/10.1.0.1", .body = body, .body_bytes = bytes});
}

/* ---- bodies ---- */

static void test_bodies(void **state)
{
    (void)state;
    static const struct {
        const char *body, *code;
    } cases[] = {
        {"", "not_json"},
        {"drain", "not_json"},
        {"{\"action\":\"drain\"", "not_json"},
        {"{\"action\":\"drain\",\"action\":\"drain\"}", "not_json"},
        {"{\"action\":\"drain\"}{}", "not_json"},
        {"{\"action\":\"\\u0000drain\"}", "not_json"},
        {"{\"action\":\"\xff\"}", "not_json"},
        {"[]", "wrong_type"},
        {"[[[[[[[[[[]]]]]]]]]]", "too_deep"},
        {"{\"action\":[\"drain\"]}", "wrong_type"},
        {"{\"action\":\"explode\"}", "out_of_range"},
        {"{\"action\":\"drain\",\"colour\":1}", "unknown_key"},
        {"{\"action\":\"drain\",\"force\":1}", "wrong_type"},
        {"{\"action\":\"set\",\"capacity_ratio\":1.5}", "out_of_range"},
        {"{\"action\":\"set\",\"capacity_ratio\":-1}", "out_of_range"},
        {"{\"action\":\"set\",\"capacity_ratio\":1e999}", "out_of_range"},
        {"{\"action\":\"set\",\"capacity_ratio\":\"1\"}", "wrong_type"},
        {"{\"action\":\"drain\",\"reason\":\"a\\nb\"}", "out_of_range"},
    };
    for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++)
        assert_error(drain(cases[i].body), 400, cases[i].code);
    assert_error(api_send(&daemon_, &(struct request){.method = "POST",
                                                      .path = "/v1/links/leaf0-spine0",
                                                      .body = "{\"action\":\"dr\0ain\"}",
                                                      .body_bytes = 18}),
                 400, "not_json");
    assert_error(api_send(&daemon_, &(struct request){.method = "POST",
                                                      .path = "/v1/links/leaf0-spine0",
                                                      .body = "{\"action\":\"drain\"}",
                                                      .content_type = "text/plain"}),
                 415, "wrong_content_type");
    const struct answer *a = api_get(&daemon_, "/v1/links/leaf0-spine0");
    assert_non_null(strstr(a->body, "\"drained\":false"));
}

#define REPORT "{\"version\":1,\"incarnation\":7,\"sequence\":1"

static void test_reports(void **state)
{
    (void)state;
    static const struct {
        const char *body, *code, *at;
    } cases[] = {
        {"{}", "missing_key", "/version"},
        {"{\"version\":2,\"incarnation\":7,\"sequence\":1}", "out_of_range", "/version"},
        {"{\"version\":1,\"incarnation\":4294967296,\"sequence\":1}", "out_of_range", "/incarnation"},
        {"{\"version\":1,\"incarnation\":7,\"sequence\":-1}", "out_of_range", "/sequence"},
        {"{\"version\":1,\"incarnation\":7,\"sequence\":99999999999999999999}", "out_of_range", NULL},
        {"{\"version\":1,\"incarnation\":7.5,\"sequence\":1}", "wrong_type", "/incarnation"},
        {"{\"version\":1,\"incarnation\":0,\"sequence\":1}", "out_of_range", NULL},
        {REPORT ",\"plan_hash\":\"0x\"}", "wrong_type", "/plan_hash"},
        {REPORT ",\"plan_hash\":\"0x11112222333344445\"}", "wrong_type", "/plan_hash"},
        {REPORT ",\"communicators\":{}}", "wrong_type", "/communicators"},
        {REPORT ",\"communicators\":[1]}", "wrong_type", "/communicators/0"},
        {REPORT ",\"communicators\":[{\"identity\":\"0x1\",\"rank\":1,\"addresses\":[\"10.1.0.1\"]}]}",
         "out_of_range", "/communicators/0"},
        {REPORT ",\"communicators\":[{\"identity\":\"0x1\",\"rank\":0,\"addresses\":[\"10.1.0\"]}]}",
         "wrong_type", "/communicators/0/addresses/0"},
        {REPORT ",\"communicators\":[{\"identity\":\"0x1\",\"rank\":0,\"addresses\":[\"10.1.0.2\"]}]}",
         "out_of_range", NULL},
        {REPORT ",\"paths\":[{\"peer\":\"10.2.0.1\",\"ports\":[{\"spine\":\"10.255.1.1\"}]}]}", "missing_key",
         "/paths/0/ports/0/source_port"},
        {REPORT ",\"probed\":[\"10.2.0.1\",7]}", "wrong_type", "/probed/1"},
        {REPORT ",\"timed\":[{\"round_trips_ns\":[]}]}", "missing_key", "/timed/0/number"},
        {REPORT ",\"timed\":[{\"number\":1,\"round_trips_ns\":[5,-1]}]}", "out_of_range",
         "/timed/0/round_trips_ns/1"},
    };
    for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
        const struct answer *a = report(cases[i].body, 0);
        const char *at = NULL;
        assert_error(a, 400, cases[i].code);
        json_unpack(a->json, "{s:{s?s}}", "error", "at", &at);
        if (cases[i].at != NULL)
            assert_string_equal(at, cases[i].at);
    }
    assert_non_null(strstr(api_get(&daemon_, "/v1/hosts/host0")->body, "absent"));
}

/* A report with `count` times the element within `head` and `tail`. */
static char *repeat(const char *head, const char *element, unsigned count, const char *tail)
{
    char *text;
    size_t bytes;
    FILE *stream = open_memstream(&text, &bytes);
    fputs(head, stream);
    for (unsigned i = 0; i < count; i++)
        fprintf(stream, "%s%s", i > 0 ? "," : "", element);
    fputs(tail, stream);
    fclose(stream);
    return text;
}

static void assert_repeated(const char *head, const char *element, unsigned count, long status,
                            const char *code)
{
    char *body = repeat(head, element, count, "]}]}");
    assert_error(report(body, 0), status, code);
    free(body);
}

static void test_large_reports(void **state)
{
    (void)state;
    assert_repeated(REPORT ",\"communicators\":[{\"identity\":\"0x1\",\"rank\":0,\"addresses\":[",
                    "\"10.1.0.1\"", 10000, 400, "out_of_range");
    assert_repeated(REPORT ",\"paths\":[{\"peer\":\"10.2.0.1\",\"ports\":[", "{}", 200000, 413, "too_large");
    assert_repeated(REPORT ",\"paths\":[{\"peer\":\"10.2.0.1\",\"ports\":[", "1", 2000000, 413, "too_large");
    assert_repeated(REPORT ",\"paths\":[{\"peer\":\"10.2.0.1\",\"ports\":[", "1", 5000000, 413, "too_large");
    char *body = repeat("{\"action\":\"drain\",\"reason\":\"", "aaaaaaaa", 8000, "\"}");
    assert_error(drain(body), 413, "too_large");
    free(body);
    /* Without a length the end is found by counting. */
    body = repeat("{\"action\":\"drain\",\"reason\":\"", "aaaaaaaa", 8000, "\"}");
    assert_error(api_send(&daemon_, &(struct request){.method = "POST",
                                                      .path = "/v1/links/leaf0-spine0",
                                                      .body = body,
                                                      .header = "Transfer-Encoding: chunked"}),
                 413, "too_large");
    free(body);
}

/* ---- clients ---- */

static int open_socket(void)
{
    struct sockaddr_un name = {.sun_family = AF_UNIX};
    snprintf(name.sun_path, sizeof(name.sun_path), "%s", daemon_.socket);
    int s = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
    assert_int_equal(connect(s, (struct sockaddr *)&name, sizeof(name)), 0);
    return s;
}

static void say(int s, const char *text)
{
    assert_int_equal(send(s, text, strlen(text), MSG_NOSIGNAL), strlen(text));
}

/* What comes until the other side closes, or the status line when it does not; "" when it is closed at once.
 */
static void hear(int s, char text[512])
{
    struct pollfd readable = {.fd = s, .events = POLLIN};
    text[0] = '\0';
    if (poll(&readable, 1, ANSWER_MS_MAX) == 1) {
        ssize_t bytes = recv(s, text, 511, 0);
        text[bytes > 0 ? bytes : 0] = '\0';
    }
}

/* Requests that are begun and go on byte by byte hold nobody up. */
static void test_slow_clients(void **state)
{
    static const char request[] = "GET /v1/fabric HTTP/1.1\r\nHost: weft\r\n\r\n";
    int slow[CONNECTIONS_MAX / 2];
    char text[512];
    (void)state;
    for (unsigned i = 0; i < CONNECTIONS_MAX / 2; i++)
        slow[i] = open_socket();
    for (size_t at = 0; at < strlen(request); at++) {
        for (unsigned i = 0; i < CONNECTIONS_MAX / 2; i++)
            assert_int_equal(send(slow[i], request + at, 1, MSG_NOSIGNAL), 1);
        assert_answer(api_get(&daemon_, "/v1/fabric"), 200);
    }
    for (unsigned i = 0; i < CONNECTIONS_MAX / 2; i++) {
        hear(slow[i], text);
        assert_non_null(strstr(text, "200 OK"));
        close(slow[i]);
    }
}

/* Every connection is served, told that there are too many, or closed at once; none is left hanging, and when
 * they have gone the daemon serves as before. */
static void test_flood_of_connections(void **state)
{
    static const char request[] = "GET /v1/fabric HTTP/1.1\r\nHost: weft\r\n\r\n";
    int sockets[FLOOD];
    unsigned served = 0, told = 0, closed = 0; /* closed: above what is worth telling */
    char text[512];
    (void)state;
    api_close();
    for (unsigned i = 0; i < FLOOD; i++) {
        sockets[i] = open_socket();
        send(sockets[i], request, strlen(request), MSG_NOSIGNAL);
    }
    for (unsigned i = 0; i < FLOOD; i++) {
        hear(sockets[i], text);
        served += strstr(text, "200 OK") != NULL;
        told += strstr(text, " 429 ") != NULL;
        closed += text[0] == '\0';
    }
    assert_int_equal(served + told + closed, FLOOD);
    assert_in_range(served, 1, CONNECTIONS_MAX);
    assert_true(told > 0);
    for (unsigned i = 0; i < FLOOD; i++)
        close(sockets[i]);
    while (api_get(&daemon_, "/v1/fabric")->status != 200)
        api_close();
}

/* Long polls whose clients have gone do not hold their connections: far more than the limit come and go. */
static void test_polls_of_clients_that_go(void **state)
{
    (void)state;
    uint64_t events = last_event(&daemon_);
    for (unsigned i = 0; i < 8 * CONNECTIONS_MAX; i++) {
        char request[160];
        int s = open_socket();
        snprintf(request, sizeof(request),
                 "GET /v1/events?after=%llu&wait_ms=60000 HTTP/1.1\r\nHost: weft\r\n\r\n",
                 (unsigned long long)events + 1000);
        say(s, request);
        if (i % 2 == 0)
            shutdown(s, SHUT_WR); /* half-closed: gone as well */
        assert_int_equal(api_get(&daemon_, "/v1/fabric")->status, 200);
        close(s);
    }
}

#define STORY(name) cmocka_unit_test_setup_teardown(test_##name, start, stop)

int main(int count, char **arguments)
{
    const struct CMUnitTest tests[] = {STORY(bodies),
                                       STORY(reports),
                                       STORY(large_reports),
                                       STORY(slow_clients),
                                       STORY(flood_of_connections),
                                       STORY(polls_of_clients_that_go)};
    if (count != 2) {
        fprintf(stderr, "usage: %s WEFT-CONTROL\n", arguments[0]);
        return 1;
    }
    daemon_program(arguments[1]);
    return cmocka_run_group_tests(tests, NULL, NULL);
}
