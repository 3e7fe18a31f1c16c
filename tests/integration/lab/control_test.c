/* SPDX-License-Identifier: BSD-3-Clause */
/* The lab's socket: what it tells, what it does with dataplanes, what it makes of nonsense. Runs inside a lab
 * whose dataplanes are only played. */
#include <poll.h>
#include <setjmp.h>
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

#include "control/topology/topology.h"
#include "tests/integration/lab/harness.h"

static void assert_refused(const char *line, const char *because)
{
    json_t *answer = harness_ask(line);
    const char *error = json_string_value(json_object_get(answer, "error"));
    assert_non_null(error);
    if (!strstr(error, because))
        fail_msg("%s: answered '%s', not about '%s'", line, error, because);
    json_decref(answer);
}

static void a_description_has_hosts_and_links(void **state)
{
    (void)state;
    json_t *answer = harness_ask("{\"do\":\"describe\"}");
    json_t *host = json_array_get(json_object_get(answer, "hosts"), 3);
    json_t *link = json_array_get(json_object_get(answer, "links"), 3);
    assert_int_equal(json_integer_value(json_object_get(answer, "leaves")), 2);
    assert_int_equal(json_integer_value(json_object_get(answer, "spines")), 2);
    assert_int_equal(json_integer_value(json_object_get(answer, "hosts_per_leaf")), 2);
    assert_int_equal(json_integer_value(json_object_get(answer, "rate_bps")), 150000000);
    assert_int_equal(json_array_size(json_object_get(answer, "hosts")), 4);
    assert_int_equal(json_array_size(json_object_get(answer, "links")), 4);
    assert_string_equal(json_string_value(json_object_get(host, "name")), "host3");
    assert_string_equal(json_string_value(json_object_get(host, "address")), "10.2.0.2");
    assert_string_equal(json_string_value(json_object_get(host, "socket")), "/run/weft-lab/host3.sock");
    assert_string_equal(json_string_value(json_object_get(link, "name")), "leaf1-spine1");
    json_decref(answer);
}

static void its_fabric_is_a_topology(void **state)
{
    (void)state;
    json_t *answer = harness_ask("{\"do\":\"topology\"}");
    const char *yaml = json_string_value(json_object_get(answer, "yaml"));
    struct topology_error error;
    struct topology *topology;
    assert_non_null(yaml);
    if (topology_parse("lab", yaml, strlen(yaml), &topology, &error) != 0)
        fail_msg("%s", error.text);
    assert_int_equal(topology_port_count(topology), 4);
    assert_int_equal(topology_port(topology, topology_port_by_address(topology, 0x0a020002))->host, 3);
    assert_string_equal(topology_node(topology, topology_switch_by_address(topology, 0x0aff0102))->name,
                        "spine1");
    uint32_t link = topology_link_by_name(topology, "leaf1-spine1");
    assert_int_equal(topology_link(topology, link)->rate_bits_per_s, 150000000);
    topology_free(topology);
    json_decref(answer);
}

static void dataplanes_are_killed_paused_and_started(void **state)
{
    (void)state;
    harness_do("{\"do\":\"pause\",\"host\":\"host1\"}");
    harness_do("{\"do\":\"resume\",\"host\":\"host1\"}");
    assert_refused("{\"do\":\"start\",\"host\":\"host1\"}", "runs already");
    harness_do("{\"do\":\"kill\",\"host\":\"host1\"}");
    assert_refused("{\"do\":\"kill\",\"host\":\"host1\"}", "not running");
    harness_do("{\"do\":\"start\",\"host\":\"host1\"}");
    harness_do("{\"do\":\"kill\",\"host\":\"host1\"}");
}

static void nonsense_is_refused_in_words(void **state)
{
    (void)state;
    static const char *const lines[][2] = {
        {"", "column"},
        {"nonsense", "column"},
        {"{\"do\":\"describe\"", "column"},
        {"{\"do\":\"describe\",\"do\":\"counters\"}", "duplicate"},
        {"[1,2]", "object"},
        {"{\"do\":7}", "string \"do\""},
        {"{\"do\":\"destroy\"}", "'destroy'"},
        {"{\"do\":\"kill\"}", "\"host\" is missing"},
        {"{\"do\":\"kill\",\"host\":{}}", "\"host\" is missing"},
        {"{\"do\":\"kill\",\"host\":\"host4\"}", "host0 to host3"},
        {"{\"do\":\"kill\",\"host\":\"control\"}", "without control"},
        {"{\"do\":\"fault\",\"link\":\"leaf0-spine0\"}", "kind"},
        {"{\"do\":\"fault\",\"link\":1,\"kind\":\"down\"}", "string"},
        {"{\"do\":\"fault\",\"link\":\"leaf0-spine2\",\"kind\":\"down\"}", "leaf0-spine2"},
        {"{\"do\":\"fault\",\"link\":\"leaf0-spine0\",\"kind\":\"melt\"}", "'melt'"},
        {"{\"do\":\"fault\",\"link\":\"leaf0-spine0\",\"kind\":\"loss\"}", "ratio"},
        {"{\"do\":\"fault\",\"link\":\"leaf0-spine0\",\"kind\":\"loss\",\"value\":\"101%\"}", "ratio"},
        {"{\"do\":\"fault\",\"link\":\"leaf0-spine0\",\"kind\":\"rate\",\"value\":\"0\"}", "rate"},
        {"{\"do\":\"fault\",\"link\":\"leaf0-spine0\",\"kind\":\"delay\",\"value\":\"2\"}", "time"},
        {"{\"do\":\"fault\",\"link\":\"leaf0-spine0\",\"kind\":\"down\",\"direction\":\"up\"}", "both"},
        {"{\"do\":\"fault\",\"link\":\"leaf0-spine0\",\"kind\":\"clear\",\"direction\":\"in\"}", "'in'"},
        {"{\"do\":\"fault\",\"link\":\"leaf0-spine0\",\"kind\":\"clear\",\"value\":\"1\"}", "no value"},
        {"{\"do\":\"fault\",\"link\":\"leaf0-host0\",\"kind\":\"delay\",\"value\":\"1ms\"}", "AF_XDP"},
    };
    for (size_t i = 0; i < sizeof(lines) / sizeof(*lines); i++)
        assert_refused(lines[i][0], lines[i][1]);
}

/* Not every kernel can: then it must say what it lacks, and leave the link as it was. */
static void a_delay_is_set_or_refused_in_words(void **state)
{
    (void)state;
    json_t *answer =
        harness_ask("{\"do\":\"fault\",\"link\":\"leaf0-spine0\",\"kind\":\"delay\",\"value\":\"1ms\"}");
    const char *error = json_string_value(json_object_get(answer, "error"));
    assert_true(json_is_true(json_object_get(answer, "ok")) || (error && strstr(error, "netem")));
    json_decref(answer);
    harness_do("{\"do\":\"fault\",\"link\":\"leaf0-spine0\",\"kind\":\"clear\"}");
}

static int control_connect(void)
{
    struct sockaddr_un address = {.sun_family = AF_UNIX};
    snprintf(address.sun_path, sizeof(address.sun_path), "%s", getenv("WEFT_LAB_SOCKET"));
    int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
    assert_int_equal(connect(fd, (struct sockaddr *)&address, sizeof(address)), 0);
    return fd;
}

static void an_endless_line_is_cut_off(void **state)
{
    (void)state;
    char bytes[4096], byte;
    int fd = control_connect();
    memset(bytes, '[', sizeof(bytes));
    for (unsigned i = 0; i < 4 && send(fd, bytes, sizeof(bytes), MSG_NOSIGNAL) > 0;)
        i++;
    struct pollfd closed = {.fd = fd, .events = POLLIN};
    assert_int_equal(poll(&closed, 1, 5000), 1);
    assert_true(recv(fd, &byte, 1, 0) <= 0);
    close(fd);
    json_decref(harness_ask("{\"do\":\"describe\"}"));
}

static void a_client_may_leave_before_its_answer(void **state)
{
    (void)state;
    static const char line[] = "{\"do\":\"kill\",\"host\":\"host0\"}\n{\"do\":\"counters\"}\n"
                               "{\"do\":\"start\",\"host\":\"host0\"}\n{\"do\":\"describe\"}\n";
    int fd = control_connect();
    assert_int_equal(send(fd, line, sizeof(line) - 1, 0), sizeof(line) - 1);
    close(fd);
    json_decref(harness_ask("{\"do\":\"describe\"}"));
}

int main(int count, char **arguments)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_description_has_hosts_and_links),
        cmocka_unit_test(its_fabric_is_a_topology),
        cmocka_unit_test(dataplanes_are_killed_paused_and_started),
        cmocka_unit_test(nonsense_is_refused_in_words),
        cmocka_unit_test(a_delay_is_set_or_refused_in_words),
        cmocka_unit_test(an_endless_line_is_cut_off),
        cmocka_unit_test(a_client_may_leave_before_its_answer),
    };
    if (count != 3) {
        fprintf(stderr, "control-test WEFT-LAB FAKE-DATAPLANE\n");
        return 1;
    }
    const char *const run[] = {"2x2x2", "--rate", "150M", "--dataplane", arguments[2], NULL};
    harness_enter_lab(arguments, arguments[1], run);
    return cmocka_run_group_tests(tests, NULL, NULL);
}
