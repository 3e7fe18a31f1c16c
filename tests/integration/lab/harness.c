/* SPDX-License-Identifier: BSD-3-Clause */
#include "tests/integration/lab/harness.h"

#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <net/if.h>
#include <netpacket/packet.h>
#include <poll.h>
#include <sched.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

enum {
    SKIPPED = 77,
    ARGUMENTS_MAX = 32
};

void harness_skip_without_root(void)
{
    pid_t child = fork();
    int status;
    if (child == 0)
        _exit(unshare(CLONE_NEWNET | CLONE_NEWNS | CLONE_NEWPID) != 0);
    if (waitpid(child, &status, 0) == child && status == 0)
        return;
    fprintf(stderr, "skipped: making network, mount and process namespaces needs root\n");
    exit(SKIPPED);
}

void harness_enter_lab(char **program_arguments, const char *weft_lab, const char *const *run_arguments)
{
    const char *arguments[ARGUMENTS_MAX] = {weft_lab, "run"};
    unsigned count = 2;
    if (getenv("WEFT_LAB_SOCKET"))
        return;
    harness_skip_without_root();
    while (*run_arguments)
        arguments[count++] = *run_arguments++;
    arguments[count++] = "--";
    while (*program_arguments)
        arguments[count++] = *program_arguments++;
    execv(weft_lab, (char **)arguments);
    perror(weft_lab);
    exit(1);
}

/* Calls make(value) in the node's network namespace. */
static int in_node(const char *node, int (*make)(uint16_t value), uint16_t value)
{
    char path[64];
    snprintf(path, sizeof(path), "/run/netns/%s", node);
    int home = open("/proc/self/ns/net", O_RDONLY | O_CLOEXEC);
    int there = open(path, O_RDONLY | O_CLOEXEC);
    assert_true(home >= 0 && there >= 0);
    assert_int_equal(setns(there, CLONE_NEWNET), 0);
    int made = make(value);
    assert_int_equal(setns(home, CLONE_NEWNET), 0);
    close(home);
    close(there);
    return made;
}

static int make_udp_socket(uint16_t port)
{
    struct timeval patience = {.tv_sec = 2};
    struct sockaddr_in any = {.sin_family = AF_INET, .sin_port = htons(port)};
    int reuse = 1, fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
    assert_int_equal(setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &reuse, sizeof(reuse)), 0);
    assert_int_equal(setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof(patience)), 0);
    assert_int_equal(bind(fd, (struct sockaddr *)&any, sizeof(any)), 0);
    return fd;
}

int harness_udp_socket(const char *node, uint16_t port)
{
    return in_node(node, make_udp_socket, port);
}

static int make_bypassing_socket(uint16_t protocol)
{
    struct sockaddr_ll eth0 = {.sll_family = AF_PACKET, .sll_ifindex = (int)if_nametoindex("eth0")};
    int bypass = 1, fd = socket(AF_PACKET, SOCK_RAW | SOCK_CLOEXEC, protocol);
    assert_int_equal(setsockopt(fd, SOL_PACKET, PACKET_QDISC_BYPASS, &bypass, sizeof(bypass)), 0);
    assert_int_equal(bind(fd, (struct sockaddr *)&eth0, sizeof(eth0)), 0);
    return fd;
}

int harness_bypassing_socket(const char *node)
{
    return in_node(node, make_bypassing_socket, 0);
}

struct sockaddr_in harness_address(const char *address, uint16_t port)
{
    return (struct sockaddr_in){
        .sin_family = AF_INET, .sin_port = htons(port), .sin_addr.s_addr = inet_addr(address)};
}

json_t *harness_ask(const char *line)
{
    struct sockaddr_un address = {.sun_family = AF_UNIX};
    json_error_t why;
    snprintf(address.sun_path, sizeof(address.sun_path), "%s", getenv("WEFT_LAB_SOCKET"));
    int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
    assert_int_equal(connect(fd, (struct sockaddr *)&address, sizeof(address)), 0);
    FILE *stream = fdopen(fd, "r+");
    fprintf(stream, "%s\n", line);
    fflush(stream);
    json_t *answer = json_loadf(stream, JSON_DISABLE_EOF_CHECK, &why);
    fclose(stream);
    assert_non_null(answer);
    return answer;
}

void harness_do(const char *line)
{
    json_t *answer = harness_ask(line);
    const char *error = json_string_value(json_object_get(answer, "error"));
    if (error)
        print_error("%s: %s\n", line, error);
    assert_true(json_is_true(json_object_get(answer, "ok")));
    json_decref(answer);
}

static json_t *find_named(json_t *array, const char *name)
{
    size_t i;
    json_t *object;
    json_array_foreach(array, i, object)
    {
        if (strcmp(json_string_value(json_object_get(object, "name")), name) == 0)
            return object;
    }
    return NULL;
}

json_int_t harness_counter(const char *link, const char *key)
{
    json_t *answer = harness_ask("{\"do\":\"counters\"}");
    json_t *object = find_named(json_object_get(answer, "links"), link);
    if (!object)
        object = find_named(json_object_get(answer, "hosts"), link);
    assert_non_null(object);
    assert_true(json_is_integer(json_object_get(object, key)));
    json_int_t value = json_integer_value(json_object_get(object, key));
    json_decref(answer);
    return value;
}

bool harness_await_counter(const char *link, const char *key, json_int_t value)
{
    for (unsigned tries = 0; tries < 500; tries++) {
        if (harness_counter(link, key) >= value)
            return true;
        poll(NULL, 0, 10);
    }
    return false;
}
