/* SPDX-License-Identifier: BSD-3-Clause */
/* A client and a server on one event loop: what the server has seen, and what the client tells its owner. */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
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

#include "dataplane/process/http_client.h"

enum {
    ANSWER_BYTES_MAX = 64
};

struct fixture {
    struct event_base *base;
    struct evhttp *server;
    struct http_client *client;
    char folder[32], socket[64], token_file[64];
    /* the server's side */
    char path[64], authorization[64], content_type[64];
    bool is_post;
    uint8_t received[64];
    size_t received_bytes;
    unsigned requests;
    bool keeps_silent;
    const char *answer;
    int status;
    /* what the client was told */
    unsigned told;
    int told_status;
    char told_body[ANSWER_BYTES_MAX + 1], failure[128];
};

static void note_header(struct evhttp_request *request, const char *name, char text[64])
{
    const char *value = evhttp_find_header(evhttp_request_get_input_headers(request), name);
    snprintf(text, 64, "%s", value ? value : "");
}

static void on_request(struct evhttp_request *request, void *context)
{
    struct fixture *f = context;
    struct evbuffer *body = evhttp_request_get_input_buffer(request), *answer = evbuffer_new();
    f->requests++;
    f->is_post = evhttp_request_get_command(request) == EVHTTP_REQ_POST;
    snprintf(f->path, sizeof(f->path), "%s", evhttp_request_get_uri(request));
    note_header(request, "Authorization", f->authorization);
    note_header(request, "Content-Type", f->content_type);
    f->received_bytes = (size_t)evbuffer_remove(body, f->received, sizeof(f->received));
    evbuffer_add(answer, f->answer, strlen(f->answer));
    if (!f->keeps_silent)
        evhttp_send_reply(request, f->status, NULL, answer);
    else
        event_base_loopbreak(f->base);
    evbuffer_free(answer);
}

static void on_answer(void *context, const struct http_answer *answer)
{
    struct fixture *f = context;
    f->told++;
    f->told_status = answer->status;
    if (answer->bytes)
        memcpy(f->told_body, answer->body, answer->bytes);
    snprintf(f->failure, sizeof(f->failure), "%s", answer->failure ? answer->failure : "");
    event_base_loopbreak(f->base);
}

static void listen_on(struct fixture *f)
{
    struct sockaddr_un name = {.sun_family = AF_UNIX};
    int descriptor = socket(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
    snprintf(name.sun_path, sizeof(name.sun_path), "%s", f->socket);
    assert_int_equal(bind(descriptor, (struct sockaddr *)&name, sizeof(name)), 0);
    assert_int_equal(listen(descriptor, 4), 0);
    f->server = evhttp_new(f->base);
    assert_int_equal(evhttp_accept_socket(f->server, descriptor), 0);
    evhttp_set_gencb(f->server, on_request, f);
}

static void write_token(struct fixture *f, const char *text)
{
    FILE *stream = fopen(f->token_file, "w");
    assert_non_null(stream);
    fputs(text, stream);
    fclose(stream);
}

static int create_client(struct fixture *f, bool with_token, char error[HTTP_CLIENT_ERROR_BYTES])
{
    struct http_place place = {.socket = f->socket, .token_file = with_token ? f->token_file : NULL};
    return http_client_create(f->base, &place, &f->client, error);
}

static int set_up(void **state)
{
    struct fixture *f = calloc(1, sizeof(*f));
    f->base = event_base_new();
    f->status = 200;
    f->answer = "{}";
    strcpy(f->folder, "/tmp/weft-http-XXXXXX");
    assert_non_null(mkdtemp(f->folder));
    snprintf(f->socket, sizeof(f->socket), "%s/socket", f->folder);
    snprintf(f->token_file, sizeof(f->token_file), "%s/token", f->folder);
    listen_on(f);
    *state = f;
    return 0;
}

static int tear_down(void **state)
{
    struct fixture *f = *state;
    http_client_destroy(f->client);
    evhttp_free(f->server);
    event_base_free(f->base);
    unlink(f->socket);
    unlink(f->token_file);
    rmdir(f->folder);
    free(f);
    return 0;
}

static struct http_exchange *start(struct fixture *f, struct http_request request)
{
    request.timeout_ms = 5000;
    request.answer_bytes_max = ANSWER_BYTES_MAX;
    request.done = on_answer;
    request.context = f;
    struct http_exchange *exchange = http_client_start(f->client, &request);
    assert_non_null(exchange);
    assert_int_equal(f->told, 0); /* never from within the call */
    return exchange;
}

static void test_a_get_brings_status_and_body(void **state)
{
    struct fixture *f = *state;
    char error[HTTP_CLIENT_ERROR_BYTES];
    f->answer = "no such link";
    f->status = 404;
    assert_int_equal(create_client(f, false, error), 0);
    start(f, (struct http_request){.path = "/v1/links?after=3"});
    event_base_dispatch(f->base);
    assert_string_equal(f->path, "/v1/links?after=3");
    assert_false(f->is_post);
    assert_string_equal(f->authorization, "");
    assert_int_equal(f->told, 1);
    assert_int_equal(f->told_status, 404);
    assert_string_equal(f->told_body, "no such link");
}

static void test_a_post_carries_any_bytes_and_their_type(void **state)
{
    struct fixture *f = *state;
    char error[HTTP_CLIENT_ERROR_BYTES];
    static const uint8_t body[] = {7, 0, 255, 0};
    assert_int_equal(create_client(f, false, error), 0);
    start(f, (struct http_request){.path = "/v1/x",
                                   .body = body,
                                   .body_bytes = sizeof(body),
                                   .content_type = "application/octet-stream"});
    event_base_dispatch(f->base);
    assert_true(f->is_post);
    assert_string_equal(f->content_type, "application/octet-stream");
    assert_int_equal(f->received_bytes, sizeof(body));
    assert_memory_equal(f->received, body, sizeof(body));
}

static void test_the_token_is_the_first_line_of_its_file(void **state)
{
    struct fixture *f = *state;
    char error[HTTP_CLIENT_ERROR_BYTES];
    write_token(f, "open sesame\r\nsecond line\n");
    assert_int_equal(create_client(f, true, error), 0);
    start(f, (struct http_request){
                 .path = "/", .body = "{}", .body_bytes = 2, .content_type = "application/json"});
    event_base_dispatch(f->base);
    assert_string_equal(f->authorization, "Bearer open sesame");
    assert_string_equal(f->content_type, "application/json"); /* the line's end has not ended the headers */
}

static void test_a_token_that_cannot_be_read_is_named(void **state)
{
    struct fixture *f = *state;
    char error[HTTP_CLIENT_ERROR_BYTES];
    assert_int_equal(create_client(f, true, error), -ENOENT);
    assert_non_null(strstr(error, f->token_file));
    assert_null(f->client);
    write_token(f, "");
    assert_int_equal(create_client(f, true, error), -ENODATA);
    assert_non_null(strstr(error, "it is empty"));
}

static void test_a_longer_answer_than_allowed_is_a_failure(void **state)
{
    struct fixture *f = *state;
    char error[HTTP_CLIENT_ERROR_BYTES], exact[ANSWER_BYTES_MAX + 1], longer[ANSWER_BYTES_MAX + 2];
    memset(exact, 'x', sizeof(exact));
    exact[ANSWER_BYTES_MAX] = '\0';
    snprintf(longer, sizeof(longer), "%sx", exact);
    assert_int_equal(create_client(f, false, error), 0);
    f->answer = exact;
    start(f, (struct http_request){.path = "/"});
    event_base_dispatch(f->base);
    assert_int_equal(f->told_status, 200);
    assert_string_equal(f->told_body, exact);
    f->told = 0;
    f->answer = longer;
    start(f, (struct http_request){.path = "/"});
    event_base_dispatch(f->base);
    assert_int_equal(f->told_status, 0);
    assert_string_equal(f->failure, "the answer is longer than 64 bytes");
}

static void test_where_nobody_listens_the_request_fails_in_words(void **state)
{
    struct fixture *f = *state;
    char error[HTTP_CLIENT_ERROR_BYTES];
    unlink(f->socket);
    assert_int_equal(create_client(f, false, error), 0);
    start(f, (struct http_request){.path = "/"});
    event_base_dispatch(f->base);
    assert_int_equal(f->told, 1);
    assert_int_equal(f->told_status, 0);
    assert_true(strlen(f->failure) > 0);
}

static void test_requests_run_side_by_side_and_a_cancelled_one_is_not_told(void **state)
{
    struct fixture *f = *state;
    char error[HTTP_CLIENT_ERROR_BYTES];
    assert_int_equal(create_client(f, false, error), 0);
    f->keeps_silent = true;
    struct http_exchange *silent = start(f, (struct http_request){.path = "/silent"});
    event_base_dispatch(f->base);
    assert_string_equal(f->path, "/silent");
    f->keeps_silent = false;
    start(f, (struct http_request){.path = "/answered"});
    event_base_dispatch(f->base);
    assert_int_equal(f->requests, 2);
    assert_int_equal(f->told, 1);
    http_exchange_cancel(silent);
    event_base_loop(f->base, EVLOOP_NONBLOCK);
    assert_int_equal(f->told, 1);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(test_a_get_brings_status_and_body),
        TEST(test_a_post_carries_any_bytes_and_their_type),
        TEST(test_the_token_is_the_first_line_of_its_file),
        TEST(test_a_token_that_cannot_be_read_is_named),
        TEST(test_a_longer_answer_than_allowed_is_a_failure),
        TEST(test_where_nobody_listens_the_request_fails_in_words),
        TEST(test_requests_run_side_by_side_and_a_cancelled_one_is_not_told),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
