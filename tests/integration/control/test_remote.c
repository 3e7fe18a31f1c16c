/* SPDX-License-Identifier: BSD-3-Clause */
/* Over TCP: TLS, tokens and certificates, and who may do what. */
#include <arpa/inet.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include <event2/event.h>
#include <gnutls/crypto.h>
#include <gnutls/gnutls.h>

#include "dataplane/process/http_client.h"
#include "tests/integration/control/agents.h"

#define REPORT "{\"version\":1,\"incarnation\":7,\"sequence\":%u}"

static const unsigned shape[3] = {2, 4, 2};
static struct control_daemon daemon_;
static const char *weft; /* NULL: not built */

static uint16_t free_port(void)
{
    struct sockaddr_in name = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    socklen_t bytes = sizeof(name);
    int s = socket(AF_INET, SOCK_STREAM, 0);
    assert_int_equal(bind(s, (struct sockaddr *)&name, sizeof(name)), 0);
    assert_int_equal(getsockname(s, (struct sockaddr *)&name, &bytes), 0);
    close(s);
    return ntohs(name.sin_port);
}

/* An authority, a certificate of it for the server and one for an agent; another authority, and an agent of
 * that. */
static const char certificates[] = "%s %s ca other server=127.0.0.1@ca agent=127.0.0.1,10.1.0.1@ca "
                                   "10.1.0.2=127.0.0.1,10.1.0.1@ca stranger=127.0.0.1,10.1.0.1@other";
static const char *maker; /* of certificates: a program */

static void write_tokens(const char *more)
{
    static const char *const lines[] = {"operator operator", "viewer viewer", "agent agent", "old operator"};
    char path[DAEMON_PATH_BYTES + 8];
    snprintf(path, sizeof(path), "%s/tokens", daemon_.folder);
    FILE *file = fopen(path, "w");
    assert_non_null(file);
    for (unsigned i = 0; i < 4; i++) {
        uint8_t hash[32];
        char secret[32];
        sscanf(lines[i], "%31s", secret);
        gnutls_hash_fast(GNUTLS_DIG_SHA256, secret, strlen(secret), hash);
        fprintf(file, "%s ", lines[i]);
        for (unsigned k = 0; k < sizeof(hash); k++)
            fprintf(file, "%02x", hash[k]);
        fprintf(file, "%s\n", i == 3 ? " 1000000000 # 2001" : "");
    }
    fputs(more, file);
    fclose(file);
}

static int start(void **state)
{
    char command[2048];
    (void)state;
    daemon_prepare(&daemon_, shape, "");
    snprintf(command, sizeof(command), certificates, maker, daemon_.folder);
    if (system(command) != 0)
        return -1;
    write_tokens("");
    daemon_.port = free_port();
    FILE *config = fopen(daemon_.config, "a");
    const char *f = daemon_.folder;
    fprintf(config,
            "listen: {address: 127.0.0.1, port: %u, certificate: %s/server.pem, key: %s/server.key,"
            " tokens_file: %s/tokens, client_ca: %s/ca.pem}\n",
            daemon_.port, f, f, f, f);
    fclose(config);
    daemon_start(&daemon_);
    return 0;
}

static int stop(void **state)
{
    (void)state;
    daemon_clean(&daemon_);
    return 0;
}

static void be(const char *token, const char *certificate)
{
    api_close(); /* another connection */
    daemon_.secret = token;
    daemon_.role = certificate;
}

/* What a caller gets: for looking, acting, and reporting. */
static void assert_may(long look, long act, long say)
{
    static unsigned sequence;
    char report[128];
    snprintf(report, sizeof(report), REPORT, ++sequence);
    const struct answer *a = api_get(&daemon_, "/v1/fabric");
    look == 200 ? assert_answer(a, 200) : assert_error(a, look, "forbidden");
    a = api_post(&daemon_, "/v1/links/leaf0-spine0", "{\"action\":\"restore\"}");
    act == 200 ? assert_answer(a, 200) : assert_error(a, act, "forbidden");
    a = api_post(&daemon_, "/v1/agents/10.1.0.1", "%s", report);
    say == 200 ? assert_answer(a, 200) : assert_error(a, say, "forbidden");
}

static void test_roles(void **state)
{
    (void)state;
    be("viewer", NULL);
    assert_may(200, 403, 403);
    be("operator", NULL);
    assert_may(200, 200, 200);
    be("agent", NULL);
    assert_may(403, 403, 200);
    be(NULL, "agent");
    assert_may(403, 403, 200);
}

/* Its certificate names 127.0.0.1, as the server's does, and 10.1.0.1; the other one its subject, too. */
static void test_agents_speak_for_themselves(void **state)
{
    (void)state;
    be(NULL, "agent");
    assert_answer(api_post(&daemon_, "/v1/agents/10.1.0.1", REPORT, 1), 200);
    assert_error(api_post(&daemon_, "/v1/agents/10.1.0.2", REPORT, 1), 403, "forbidden");
    assert_error(api_get(&daemon_, "/v1/agents/10.1.0.2/plan"), 403, "forbidden");
    assert_error(api_post(&daemon_, "/v1/agents/here", REPORT, 1), 403, "forbidden");
    be(NULL, "10.1.0.2");
    assert_answer(api_post(&daemon_, "/v1/agents/10.1.0.2", REPORT, 1), 200);
    assert_error(api_post(&daemon_, "/v1/agents/10.2.0.1", REPORT, 1), 403, "forbidden");
    be("agent", NULL); /* a token speaks for all: it is shared */
    assert_answer(api_post(&daemon_, "/v1/agents/10.2.0.1", REPORT, 1), 200);
}

static void test_strangers(void **state)
{
    (void)state;
    be(NULL, NULL);
    assert_error(api_get(&daemon_, "/v1/fabric"), 401, "no_token");
    be("", NULL);
    assert_error(api_get(&daemon_, "/v1/fabric"), 401, "wrong_token");
    be("operatoR", NULL);
    assert_error(api_get(&daemon_, "/v1/fabric"), 401, "wrong_token");
    be("old", NULL);
    assert_error(api_get(&daemon_, "/v1/fabric"), 401, "expired_token");
    be(NULL, "stranger");
    assert_int_not_equal(api_get(&daemon_, "/v1/fabric")->status, 200);
    be("operatoR", "agent"); /* a wrong token is not mended by a certificate */
    assert_error(api_post(&daemon_, "/v1/agents/10.1.0.1", REPORT, 900), 401, "wrong_token");
    be(NULL, NULL);
    char *large = calloc(1, 4 << 20);
    memset(large, 'a', (4 << 20) - 1);
    const struct answer *a =
        api_send(&daemon_, &(struct request){.method = "POST", .path = "/v1/agents/10.1.0.1", .body = large});
    assert_true(a->status == 401 || a->status == 0); /* answered, and closed, before the body was read */
    free(large);
}

/* The act of a token's holder is recorded under its name. */
static void test_holder_is_recorded(void **state)
{
    (void)state;
    be("operator", NULL);
    assert_answer(api_post(&daemon_, "/v1/links/leaf0-spine0", "{\"action\":\"drain\"}"), 200);
    const struct answer *a = api_get(&daemon_, "/v1/links/leaf0-spine0");
    assert_non_null(strstr(a->body, "\"by\":\"operator\""));
}

static void on_answer(void *context, const struct http_answer *answer)
{
    *(int *)context = answer->status;
}

/* As a dataplane does: the same client, with a certificate for the port's own address. */
static int report_as_dataplane(const char *authority, const char *address)
{
    char url[64], path[64], ca[DAEMON_PATH_BYTES + 16], certificate[DAEMON_PATH_BYTES + 16],
        key[DAEMON_PATH_BYTES + 16], error[HTTP_CLIENT_ERROR_BYTES];
    struct event_base *base = event_base_new();
    struct http_client *client;
    int status = -1;
    snprintf(url, sizeof(url), "https://127.0.0.1:%u", daemon_.port);
    snprintf(path, sizeof(path), "/v1/agents/%s", address);
    snprintf(ca, sizeof(ca), "%s/%s.pem", daemon_.folder, authority);
    snprintf(certificate, sizeof(certificate), "%s/10.1.0.2.pem", daemon_.folder);
    snprintf(key, sizeof(key), "%s/10.1.0.2.key", daemon_.folder);
    const struct http_place place = {.url = url, .ca = ca, .certificate = certificate, .key = key};
    static const char report[] = "{\"version\":1,\"incarnation\":7,\"sequence\":1}";
    const struct http_request request = {.path = path,
                                         .body = report,
                                         .body_bytes = sizeof(report) - 1,
                                         .content_type = "application/json",
                                         .timeout_ms = 20000,
                                         .answer_bytes_max = 4096,
                                         .done = on_answer,
                                         .context = &status};
    assert_int_equal(http_client_create(base, &place, &client, error), 0);
    assert_non_null(http_client_start(client, &request));
    while (status < 0)
        event_base_loop(base, EVLOOP_ONCE);
    http_client_destroy(client);
    event_base_free(base);
    return status;
}

static void test_dataplanes_come_over_tls(void **state)
{
    (void)state;
    assert_int_equal(report_as_dataplane("ca", "10.1.0.2"), 200);
    assert_int_equal(report_as_dataplane("ca", "10.2.0.2"), 403);
    assert_int_equal(report_as_dataplane("other", "10.1.0.2"), 0); /* control is not who it says it is */
}

/* The exit status of weft, which shows the token, with this authority. */
static int run_weft(const char *token, const char *ca, const char *command)
{
    char path[DAEMON_PATH_BYTES + 8], line[1024];
    snprintf(path, sizeof(path), "%s/secret", daemon_.folder);
    FILE *file = fopen(path, "w");
    assert_non_null(file);
    fprintf(file, "%s\n", token);
    fclose(file);
    snprintf(line, sizeof(line),
             "%s --control https://127.0.0.1:%u --ca %s/%s.pem --token-file %s %s > %s/said 2> %s/complaint",
             weft, daemon_.port, daemon_.folder, ca, path, command, daemon_.folder, daemon_.folder);
    return WEXITSTATUS(system(line));
}

static void test_the_command_comes_over_tls(void **state)
{
    (void)state;
    if (weft == NULL)
        skip();
    assert_int_equal(run_weft("operator", "ca", "link drain leaf0-spine0 reason test"), 0);
    assert_int_equal(run_weft("viewer", "ca", "fabric"), 0);
    assert_int_equal(run_weft("viewer", "ca", "link drain leaf0-spine1 reason test"), 2);
    assert_int_equal(run_weft("old", "ca", "fabric"), 2);
    assert_int_equal(run_weft("operator", "other", "fabric"), 3); /* who it says it is not */
    be("operator", NULL);
    const struct answer *a = api_get(&daemon_, "/v1/links/leaf0-spine0");
    assert_non_null(strstr(a->body, "\"drained\":true"));
}

static void assert_weft_said(const char *text)
{
    char line[256];
    snprintf(line, sizeof(line), "grep -qe '%s' %s/said || { cat %s/said >&2; false; }", text, daemon_.folder,
             daemon_.folder);
    assert_int_equal(system(line), 0);
}

/* The place that is given, not this host's socket. */
static void test_the_doctor_looks_over_tls(void **state)
{
    (void)state;
    if (weft == NULL)
        skip();
    run_weft("viewer", "ca", "doctor");
    assert_weft_said("control *answers at https://127.0.0.1");
    run_weft("viewer", "other", "doctor");
    assert_weft_said("control *does not answer as it should");
    assert_weft_said("--ca names the authority");
}

/* Until the log says so. */
static void reload_until(const char *line)
{
    for (bool told = false; !told;) {
        kill(daemon_.pid, SIGHUP);
        assert_answer(api_get(&daemon_, "/v1/fabric"), 200);
        char *log = daemon_log(&daemon_);
        told = strstr(log, line) != NULL;
        free(log);
    }
}

/* SIGHUP reads the tokens again; a file that is wrong changes nothing. */
static void test_tokens_are_read_again(void **state)
{
    (void)state;
    be("operator", NULL);
    assert_answer(api_get(&daemon_, "/v1/fabric"), 200);
    write_tokens("late operator 0000000000000000000000000000000000000000000000000000000000000000 tomorrow\n");
    reload_until("the old tokens stay");
    assert_answer(api_get(&daemon_, "/v1/fabric"), 200);
    char path[DAEMON_PATH_BYTES + 8];
    snprintf(path, sizeof(path), "%s/tokens", daemon_.folder);
    FILE *file = fopen(path, "w");
    fputs("# none\n", file);
    fclose(file);
    do
        kill(daemon_.pid, SIGHUP);
    while (api_get(&daemon_, "/v1/fabric")->status == 200);
    assert_error(api_get(&daemon_, "/v1/fabric"), 401, "wrong_token");
}

#define STORY(name) cmocka_unit_test_setup_teardown(test_##name, start, stop)

int main(int count, char **arguments)
{
    const struct CMUnitTest tests[] = {STORY(roles),
                                       STORY(agents_speak_for_themselves),
                                       STORY(strangers),
                                       STORY(holder_is_recorded),
                                       STORY(dataplanes_come_over_tls),
                                       STORY(the_command_comes_over_tls),
                                       STORY(the_doctor_looks_over_tls),
                                       STORY(tokens_are_read_again)};
    if (count < 3 || count > 4) {
        fprintf(stderr, "usage: %s WEFT-CONTROL CERTIFICATES [WEFT]\n", arguments[0]);
        return 1;
    }
    maker = arguments[2];
    weft = count == 4 ? arguments[3] : NULL;
    if (system("openssl version > /dev/null 2>&1") != 0) {
        fprintf(stderr, "skipped: openssl, which makes the certificates, is missing\n");
        return 77;
    }
    daemon_program(arguments[1]);
    return cmocka_run_group_tests(tests, NULL, NULL);
}
