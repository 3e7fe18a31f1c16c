/* SPDX-License-Identifier: BSD-3-Clause */
/* The lab's answers: usable ones are understood, all others refused. A child process plays the lab. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

#include "tools/bench/lab_client.h"

#define DESCRIPTION                                                                                          \
    "{\"leaves\":2,\"spines\":1,\"hosts_per_leaf\":1,\"rate_bps\":200000000,\"host_rate_bps\":100000000,"    \
    "\"mtu\":3400,\"hosts\":[{\"name\":\"host0\",\"leaf\":0,\"address\":\"10.1.0.1\",\"socket\":\"/run/0\"," \
    "\"netns\":\"host0\"},{\"name\":\"host1\",\"leaf\":1,\"address\":\"10.2.0.1\",\"socket\":\"/run/1\","    \
    "\"netns\":\"host1\"}],\"links\":[{\"name\":\"leaf0-spine0\",\"leaf\":0,\"spine\":0,\"rate_bps\":"       \
    "200000000},"                                                                                            \
    "{\"name\":\"leaf1-spine0\",\"leaf\":1,\"spine\":0,\"rate_bps\":200000000}]}"

#define LINK(name)                                                                                           \
    "{\"name\":\"" name "\",\"leaf\":0,\"spine\":0,\"up\":true,\"up_bytes\":11,\"down_bytes\":22,"           \
    "\"up_packets\":1,\"down_packets\":2,\"dropped_packets\":3,\"marked_packets\":4}"
#define HOSTS                                                                                                \
    "\"hosts\":[{\"name\":\"host0\",\"up_bytes\":5,\"down_bytes\":6},"                                       \
    "{\"name\":\"host1\",\"up_bytes\":7,\"down_bytes\":8}]"

static struct fabric fabric;
static struct lab_counters counters;
static struct lab_client *client;
static pid_t lab;

/* Answers each line with the next of `answers`, then closes. */
static _Noreturn void play_lab(int listener, const char *const *answers)
{
    int connection = accept(listener, NULL, NULL);
    FILE *from = fdopen(connection, "r");
    char *line = NULL;
    size_t room = 0;
    for (; *answers != NULL && getline(&line, &room, from) > 0; answers++)
        dprintf(connection, "%s\n", *answers);
    _exit(0);
}

static void meet_lab(const char *const *answers)
{
    struct sockaddr_un address = {.sun_family = AF_UNIX};
    snprintf(address.sun_path, sizeof address.sun_path, "weft-bench-lab-%d.sock", (int)getpid());
    int listener = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
    assert_int_equal(bind(listener, (struct sockaddr *)&address, sizeof address), 0);
    assert_int_equal(listen(listener, 1), 0);
    lab = fork();
    if (lab == 0)
        play_lab(listener, answers);
    int status = lab_client_open(address.sun_path, &client);
    close(listener);
    unlink(address.sun_path);
    assert_int_equal(status, 0);
}

static void leave_lab(void)
{
    lab_client_close(client);
    waitpid(lab, NULL, 0);
}

static void a_fabric_is_described(void **state)
{
    (void)state;
    const char *const answers[] = {DESCRIPTION, NULL};
    meet_lab(answers);
    assert_int_equal(lab_client_describe(client, &fabric), 0);
    leave_lab();
    assert_int_equal(fabric.leaf_count, 2);
    assert_int_equal(fabric.host_count, 2);
    assert_int_equal(fabric.link_count, 2);
    assert_float_equal(fabric.host_rate_bps, 1e8, 1);
    assert_int_equal(fabric.hosts[1].address, 0x0a020001);
    assert_int_equal(fabric.hosts[1].leaf, 1);
    assert_string_equal(fabric.hosts[1].socket_path, "/run/1");
    assert_string_equal(fabric.links[1].name, "leaf1-spine0");
}

static void counters_are_read_and_faults_asked_for(void **state)
{
    (void)state;
    const char *const answers[] = {
        DESCRIPTION, "{\"links\":[" LINK("leaf0-spine0") "," LINK("leaf1-spine0") "]," HOSTS "}",
        "{\"ok\":true}", "{\"error\":\"no such link\"}", NULL};
    const struct bench_fault fault = {"leaf0-spine0", "loss", "1%", 0};
    meet_lab(answers);
    assert_int_equal(lab_client_describe(client, &fabric), 0);
    assert_int_equal(lab_client_counters(client, &fabric, &counters), 0);
    assert_int_equal(lab_client_fault(client, &fault), 0);
    assert_int_equal(lab_client_fault(client, &fault), -1);
    leave_lab();
    assert_int_equal(counters.links[1].leaf, 1);
    assert_int_equal(counters.links[1].up_bytes, 11);
    assert_int_equal(counters.links[1].down_bytes, 22);
    assert_true(counters.links[1].up);
    assert_int_equal(counters.dropped_packets, 6);
    assert_int_equal(counters.marked_packets, 8);
    assert_int_equal(counters.host_received_bytes[1], 8);
}

static void useless_descriptions_are_refused(void **state)
{
    (void)state;
    const char *const wrong[] = {
        "",
        "{",
        "[]",
        "{\"error\":\"busy\"}",
        "{\"leaves\":2}",
        "{\"leaves\":0,\"spines\":1,\"host_rate_bps\":1,\"hosts\":[{}],\"links\":[]}",
        "{\"leaves\":1,\"spines\":1,\"host_rate_bps\":1,\"hosts\":[{}],\"links\":[]}",
        "{\"leaves\":1,\"spines\":1,\"host_rate_bps\":1,\"hosts\":[{\"name\":\"h\",\"leaf\":1,\"address\":"
        "\"10.1.0.1\",\"socket\":\"/s\"}],\"links\":[]}",
        "{\"leaves\":1,\"spines\":1,\"host_rate_bps\":1,\"hosts\":[{\"name\":\"h\",\"leaf\":0,\"address\":"
        "\"10.1.0\",\"socket\":\"/s\"}],\"links\":[]}",
        "{\"leaves\":1,\"spines\":1,\"host_rate_bps\":1,\"hosts\":[{\"name\":\"h\",\"leaf\":0,\"address\":"
        "\"10.1.0.1\",\"socket\":\"/"
        "s\"}],\"links\":[{\"name\":\"l\",\"leaf\":0,\"spine\":1,\"rate_bps\":1}]}"};
    for (unsigned i = 0; i < sizeof wrong / sizeof *wrong; i++) {
        const char *const answers[] = {wrong[i], NULL};
        meet_lab(answers);
        if (lab_client_describe(client, &fabric) != -1)
            fail_msg("accepted: %s", wrong[i]);
        leave_lab();
    }
}

static void counters_of_another_fabric_are_refused(void **state)
{
    (void)state;
    const char *const wrong[] = {"{\"links\":[" LINK("leaf0-spine0") "]," HOSTS "}",
                                 "{\"links\":[" LINK("leaf0-spine0") "," LINK("leaf1-spine7") "]," HOSTS "}",
                                 "{\"links\":[" LINK("leaf0-spine0") ",{}]," HOSTS "}"};
    for (unsigned i = 0; i < sizeof wrong / sizeof *wrong; i++) {
        const char *const answers[] = {DESCRIPTION, wrong[i], NULL};
        meet_lab(answers);
        assert_int_equal(lab_client_describe(client, &fabric), 0);
        assert_int_equal(lab_client_counters(client, &fabric, &counters), -1);
        leave_lab();
    }
}

static void a_missing_lab_is_said(void **state)
{
    (void)state;
    assert_int_equal(lab_client_open("/nonexistent/lab.sock", &client), -1);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_fabric_is_described),
        cmocka_unit_test(counters_are_read_and_faults_asked_for),
        cmocka_unit_test(useless_descriptions_are_refused),
        cmocka_unit_test(counters_of_another_fabric_are_refused),
        cmocka_unit_test(a_missing_lab_is_said),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
