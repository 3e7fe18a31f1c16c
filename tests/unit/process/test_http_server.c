/* SPDX-License-Identifier: BSD-3-Clause */
/* A server and the clients that ask it, on one event loop. */
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
#include <event2/event.h>

#include "dataplane/process/http_client.h"
#include "dataplane/process/http_server.h"

enum {
    CONNECTIONS_MAX = 2
};

struct fixture {
    struct event_base *base;
    struct http_server *server;
    struct http_client *client;
    char folder[32], socket[64];
    struct MHD_Connection *suspended;
    bool was_suspended;
    unsigned completed, told, awaited;
    int status;
};

static enum MHD_Result answer(struct MHD_Connection *connection, unsigned status)
{
    struct MHD_Response *response = MHD_create_response_from_buffer(0, "", MHD_RESPMEM_PERSISTENT);
    enum MHD_Result result = MHD_queue_response(connection, status, response);
    MHD_destroy_response(response);
    return result;
}

/* "/later" is suspended until the test resumes it. */
static enum MHD_Result on_request(void *context, struct MHD_Connection *connection, const char *url,
                                  const char *method, const char *version, const char *data, size_t *bytes,
                                  void **state)
{
    struct fixture *f = context;
    (void)method;
    (void)version;
    (void)data;
    (void)bytes;
    if (*state == NULL) {
        *state = f;
        return MHD_YES;
    }
    if (strcmp(url, "/later") == 0 && !f->was_suspended) {
        f->was_suspended = true;
        f->suspended = connection;
        MHD_suspend_connection(connection);
        event_base_loopbreak(f->base);
        return MHD_YES;
    }
    return answer(connection, http_server_is_full(f->server) ? 429 : 200);
}

static void on_completed(void *context, struct MHD_Connection *connection, void **state,
                         enum MHD_RequestTerminationCode how)
{
    struct fixture *f = context;
    (void)connection;
    (void)state;
    (void)how;
    f->completed++;
}

static void on_answer(void *context, const struct http_answer *answer)
{
    struct fixture *f = context;
    f->status = answer->status;
    if (++f->told == f->awaited)
        event_base_loopbreak(f->base);
}

static int listen_on(const char *path)
{
    struct sockaddr_un name = {.sun_family = AF_UNIX};
    int descriptor = socket(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
    snprintf(name.sun_path, sizeof(name.sun_path), "%s", path);
    assert_int_equal(bind(descriptor, (struct sockaddr *)&name, sizeof(name)), 0);
    assert_int_equal(listen(descriptor, 8), 0);
    return descriptor;
}

static struct http_server_config describe(struct fixture *f)
{
    return (struct http_server_config){.base = f->base,
                                       .socket = listen_on(f->socket),
                                       .connections_max = CONNECTIONS_MAX,
                                       .on_request = on_request,
                                       .on_completed = on_completed,
                                       .context = f};
}

static int set_up(void **state)
{
    struct fixture *f = calloc(1, sizeof(*f));
    f->base = event_base_new();
    strcpy(f->folder, "/tmp/weft-http-XXXXXX");
    assert_non_null(mkdtemp(f->folder));
    snprintf(f->socket, sizeof(f->socket), "%s/socket", f->folder);
    *state = f;
    return 0;
}

static void resume(struct fixture *f)
{
    MHD_resume_connection(f->suspended);
    f->suspended = NULL;
    http_server_proceed(f->server);
}

static int tear_down(void **state)
{
    struct fixture *f = *state;
    http_client_destroy(f->client);
    if (f->suspended != NULL)
        resume(f);
    http_server_destroy(f->server);
    event_base_free(f->base);
    unlink(f->socket);
    rmdir(f->folder);
    free(f);
    return 0;
}

static void serve(struct fixture *f)
{
    char error[HTTP_CLIENT_ERROR_BYTES];
    struct http_server_config server = describe(f);
    assert_int_equal(http_server_create(&server, &f->server, error), 0);
    assert_int_equal(
        http_client_create(f->base, &(struct http_place){.socket = f->socket}, &f->client, error), 0);
}

static struct http_exchange *ask(struct fixture *f, const char *path)
{
    return http_client_start(
        f->client,
        &(struct http_request){
            .path = path, .timeout_ms = 5000, .answer_bytes_max = 64, .done = on_answer, .context = f});
}

static void await(struct fixture *f, unsigned answers)
{
    f->awaited = answers;
    event_base_dispatch(f->base);
    assert_int_equal(f->told, answers);
}

static void test_requests_are_answered_and_told_when_they_are_over(void **state)
{
    struct fixture *f = *state;
    serve(f);
    ask(f, "/");
    await(f, 1);
    assert_int_equal(f->status, 200);
    http_client_destroy(f->client);
    f->client = NULL;
    event_base_loop(f->base, EVLOOP_NONBLOCK);
    assert_int_equal(f->completed, 1);
}

static void test_what_was_suspended_proceeds_when_it_is_resumed(void **state)
{
    struct fixture *f = *state;
    serve(f);
    ask(f, "/later");
    event_base_dispatch(f->base);
    assert_int_equal(f->told, 0);
    resume(f);
    await(f, 1);
    assert_int_equal(f->status, 200);
}

static void test_above_connections_max_clients_are_told(void **state)
{
    struct fixture *f = *state;
    serve(f);
    ask(f, "/later"); /* holds its connection */
    event_base_dispatch(f->base);
    ask(f, "/");
    await(f, 1);
    assert_int_equal(f->status, 200);
    ask(f, "/");
    ask(f, "/");
    await(f, 3);
    assert_int_equal(f->status, 429);
    resume(f);
    await(f, 4);
}

/* Sends a byte of a header every few milliseconds. */
struct trickler {
    struct event_base *base;
    int descriptor;
    unsigned sent;
    bool cut;
};

static void trickle(evutil_socket_t descriptor, short events, void *context)
{
    static const char start[] = "GET / HTTP/1.1\r\nX: ";
    struct trickler *t = context;
    char byte = t->sent < sizeof(start) - 1 ? start[t->sent] : 'x';
    (void)descriptor;
    (void)events;
    t->cut =
        send(t->descriptor, &byte, 1, MSG_NOSIGNAL) != 1 || recv(t->descriptor, &byte, 1, MSG_DONTWAIT) == 0;
    if (t->cut || ++t->sent == 1000)
        event_base_loopbreak(t->base);
}

static void test_headers_that_never_end_are_cut_off(void **state)
{
    struct fixture *f = *state;
    char error[HTTP_SERVER_ERROR_BYTES];
    struct http_server_config config = describe(f);
    struct sockaddr_un name = {.sun_family = AF_UNIX};
    struct trickler t = {.base = f->base, .descriptor = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0)};
    config.headers_ms_max = 40;
    assert_int_equal(http_server_create(&config, &f->server, error), 0);
    snprintf(name.sun_path, sizeof(name.sun_path), "%s", f->socket);
    assert_int_equal(connect(t.descriptor, (struct sockaddr *)&name, sizeof(name)), 0);
    struct event *often = event_new(f->base, -1, EV_PERSIST, trickle, &t);
    event_add(often, &(struct timeval){.tv_usec = 5000});
    event_base_dispatch(f->base);
    assert_true(t.cut);
    event_free(often);
    close(t.descriptor);
}

static void test_files_that_cannot_be_read_are_named(void **state)
{
    struct fixture *f = *state;
    char error[HTTP_SERVER_ERROR_BYTES];
    struct http_server_config config = describe(f);
    config.certificate = "/nonexistent/server.pem";
    config.key = "/nonexistent/server.key";
    assert_int_equal(http_server_create(&config, &f->server, error), -ENOENT);
    assert_null(f->server);
    assert_non_null(strstr(error, "/nonexistent/server.pem"));
    config.certificate = "/dev/null";
    assert_int_equal(http_server_create(&config, &f->server, error), -ENODATA);
    assert_string_equal(error, "/dev/null: it is empty");
    close(config.socket);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(test_requests_are_answered_and_told_when_they_are_over),
        TEST(test_what_was_suspended_proceeds_when_it_is_resumed),
        TEST(test_above_connections_max_clients_are_told),
        TEST(test_headers_that_never_end_are_cut_off),
        TEST(test_files_that_cannot_be_read_are_named),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
