/* SPDX-License-Identifier: BSD-3-Clause */
/* The lab's network as its hosts see it: who reaches whom, over which spine, what the routers count, and what
 * faults do. Runs inside a 2x4x4 lab whose links are faster than what is sent. */
#include <arpa/inet.h>
#include <errno.h>
#include <linux/errqueue.h>
#include <netinet/ip.h>
#include <poll.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cmocka.h>

#include "tests/integration/lab/harness.h"

enum {
    HOSTS = 8,
    SPINES = 4,
    PORT = 4793,
    FIRST_PORT = 20000,
    PORTS = 64,
    PAYLOAD_BYTES = 100,
    FRAME_BYTES = 14 + 20 + 8 + PAYLOAD_BYTES
};

static void host_address(unsigned host, char text[INET_ADDRSTRLEN])
{
    snprintf(text, INET_ADDRSTRLEN, "10.%u.0.%u", host / 4 + 1, host % 4 + 1);
}

static void send_numbered(int fd, unsigned host, uint32_t number)
{
    char address[INET_ADDRSTRLEN], payload[PAYLOAD_BYTES] = {0};
    host_address(host, address);
    struct sockaddr_in to = harness_address(address, PORT);
    memcpy(payload, &number, sizeof(number));
    assert_int_equal(sendto(fd, payload, sizeof(payload), 0, (struct sockaddr *)&to, sizeof(to)),
                     sizeof(payload));
}

static uint32_t receive_numbered(int fd)
{
    uint32_t number;
    char payload[PAYLOAD_BYTES];
    assert_int_equal(recv(fd, payload, sizeof(payload), 0), sizeof(payload));
    memcpy(&number, payload, sizeof(number));
    return number;
}

static void every_host_reaches_every_other(void **state)
{
    (void)state;
    int sockets[HOSTS];
    for (unsigned i = 0; i < HOSTS; i++) {
        char name[16];
        snprintf(name, sizeof(name), "host%u", i);
        sockets[i] = harness_udp_socket(name, PORT);
    }
    for (unsigned from = 0; from < HOSTS; from++)
        for (unsigned to = 0; to < HOSTS; to++)
            if (from != to) {
                send_numbered(sockets[from], to, from * HOSTS + to);
                assert_int_equal(receive_numbered(sockets[to]), from * HOSTS + to);
            }
    for (unsigned i = 0; i < HOSTS; i++)
        close(sockets[i]);
}

/* The router that answers a datagram from `host` to `target` with this source port and TTL, host byte order.
 */
static uint32_t router_at(const char *host, unsigned target, uint16_t source_port, int ttl)
{
    int fd = harness_udp_socket(host, source_port), on = 1;
    char control[512];
    struct msghdr message = {.msg_control = control, .msg_controllen = sizeof(control)};
    struct pollfd answer = {.fd = fd};
    assert_int_equal(setsockopt(fd, IPPROTO_IP, IP_RECVERR, &on, sizeof(on)), 0);
    assert_int_equal(setsockopt(fd, IPPROTO_IP, IP_TTL, &ttl, sizeof(ttl)), 0);
    send_numbered(fd, target, 0);
    assert_int_equal(poll(&answer, 1, 2000), 1);
    assert_true(recvmsg(fd, &message, MSG_ERRQUEUE) >= 0);
    close(fd);
    for (struct cmsghdr *part = CMSG_FIRSTHDR(&message); part; part = CMSG_NXTHDR(&message, part))
        if (part->cmsg_level == IPPROTO_IP && part->cmsg_type == IP_RECVERR) {
            struct sock_extended_err *error = (struct sock_extended_err *)CMSG_DATA(part);
            assert_int_equal(error->ee_errno, EHOSTUNREACH);
            return ntohl(((struct sockaddr_in *)SO_EE_OFFENDER(error))->sin_addr.s_addr);
        }
    fail_msg("no router answered");
    return 0;
}

static unsigned spine_of_port(const char *host, unsigned target, uint16_t source_port)
{
    uint32_t identity = router_at(host, target, source_port, 2);
    assert_int_equal(identity >> 8, 10 << 16 | 255 << 8 | 1);
    assert_in_range(identity & 255, 1, SPINES);
    return (identity & 255) - 1;
}

static uint16_t port_of_spine(unsigned spine)
{
    for (uint16_t port = FIRST_PORT; port < FIRST_PORT + PORTS; port++)
        if (spine_of_port("host0", 4, port) == spine)
            return port;
    fail_msg("none of %u source ports takes spine%u", PORTS, spine);
    return 0;
}

static void source_ports_choose_the_spine(void **state)
{
    (void)state;
    unsigned used[SPINES] = {0};
    for (uint16_t port = FIRST_PORT; port < FIRST_PORT + PORTS; port++) {
        unsigned spine = spine_of_port("host0", 4, port);
        assert_int_equal(spine_of_port("host0", 4, port), spine);
        used[spine]++;
    }
    for (unsigned spine = 0; spine < SPINES; spine++)
        assert_true(used[spine] > 0);
}

static void leaves_answer_with_their_identity(void **state)
{
    (void)state;
    assert_int_equal(router_at("host0", 4, FIRST_PORT, 1), 10 << 24 | 255 << 16 | 1);
    assert_int_equal(router_at("host0", 4, FIRST_PORT, 3), 10 << 24 | 255 << 16 | 2);
    assert_int_equal(router_at("host7", 0, FIRST_PORT, 1), 10 << 24 | 255 << 16 | 2);
}

static void links_count_what_crosses_them(void **state)
{
    (void)state;
    enum {
        COUNT = 200,
        OF_ARP = 8
    };
    int sender = harness_udp_socket("host0", port_of_spine(2)), receiver = harness_udp_socket("host4", PORT);
    json_int_t before = harness_counter("leaf0-spine2", "up_bytes");
    json_int_t before_other = harness_counter("leaf0-spine1", "up_packets");
    json_int_t before_down = harness_counter("leaf1-spine2", "down_packets");
    json_int_t before_host = harness_counter("host0", "up_bytes");
    for (uint32_t i = 0; i < COUNT; i++)
        send_numbered(sender, 4, i);
    for (uint32_t i = 0; i < COUNT; i++)
        assert_int_equal(receive_numbered(receiver), i);
    assert_in_range(harness_counter("leaf0-spine2", "up_bytes") - before, COUNT * FRAME_BYTES,
                    (COUNT + OF_ARP) * FRAME_BYTES);
    assert_in_range(harness_counter("leaf1-spine2", "down_packets") - before_down, COUNT, COUNT + OF_ARP);
    assert_in_range(harness_counter("host0", "up_bytes") - before_host, COUNT * FRAME_BYTES,
                    (COUNT + OF_ARP) * FRAME_BYTES);
    assert_in_range(harness_counter("leaf0-spine1", "up_packets") - before_other, 0, OF_ARP);
    close(sender);
    close(receiver);
}

/* That none of the lost ones arrives later is seen from what does arrive: the first one after mending. */
static void a_black_hole_swallows_silently(const char *link)
{
    enum {
        COUNT = 50
    };
    char line[160];
    int sender = harness_udp_socket("host0", port_of_spine(1)), receiver = harness_udp_socket("host4", PORT);
    const char *counted = strstr(link, "host") ? strstr(link, "host") : link;
    json_int_t before = harness_counter(counted, "dropped_packets");
    snprintf(line, sizeof(line),
             "{\"do\":\"fault\",\"link\":\"%s\",\"kind\":\"black_hole\",\"direction\":\"up\"}", link);
    harness_do(line);
    for (uint32_t i = 0; i < COUNT; i++)
        send_numbered(sender, 4, i);
    assert_true(harness_await_counter(counted, "dropped_packets", before + COUNT));
    snprintf(line, sizeof(line), "{\"do\":\"fault\",\"link\":\"%s\",\"kind\":\"clear\"}", link);
    harness_do(line);
    send_numbered(sender, 4, COUNT);
    assert_int_equal(receive_numbered(receiver), COUNT);
    close(sender);
    close(receiver);
}

static void black_holes_are_silent(void **state)
{
    (void)state;
    a_black_hole_swallows_silently("leaf0-spine1");
    a_black_hole_swallows_silently("leaf0-host0");
}

/* 20000 packets at 10 %: 2000 are expected, with a standard deviation of 42; six of those either way. */
static void loss_is_as_probable_as_asked(void **state)
{
    (void)state;
    enum {
        COUNT = 20000,
        EXPECTED = 2000,
        TOLERANCE = 6 * 42 + 8
    };
    int sender = harness_udp_socket("host0", port_of_spine(3)), receiver = harness_udp_socket("host4", PORT);
    json_int_t dropped = harness_counter("leaf0-spine3", "dropped_packets");
    json_int_t passed = harness_counter("leaf0-spine3", "up_packets");
    harness_do("{\"do\":\"fault\",\"link\":\"leaf0-spine3\",\"kind\":\"loss\",\"value\":\"10%\"}");
    for (uint32_t i = 0; i < COUNT; i++)
        send_numbered(sender, 4, i);
    assert_true(harness_await_counter("leaf0-spine3", "up_packets", passed + COUNT - EXPECTED - TOLERANCE));
    assert_true(harness_await_counter("leaf0-spine3", "dropped_packets", dropped + EXPECTED - TOLERANCE));
    harness_do("{\"do\":\"fault\",\"link\":\"leaf0-spine3\",\"kind\":\"clear\"}");
    assert_in_range(harness_counter("leaf0-spine3", "dropped_packets") - dropped, EXPECTED - TOLERANCE,
                    EXPECTED + TOLERANCE);
    close(sender);
    close(receiver);
}

static void nobody_is_routed_over_a_link_that_is_down(void **state)
{
    (void)state;
    unsigned again = 0;
    harness_do("{\"do\":\"fault\",\"link\":\"leaf0-spine0\",\"kind\":\"down\"}");
    for (uint16_t port = FIRST_PORT; port < FIRST_PORT + PORTS; port++) {
        assert_int_not_equal(spine_of_port("host0", 4, port), 0);
        assert_int_not_equal(spine_of_port("host4", 0, port), 0);
    }
    harness_do("{\"do\":\"fault\",\"link\":\"leaf0-spine0\",\"kind\":\"clear\"}");
    for (uint16_t port = FIRST_PORT; port < FIRST_PORT + PORTS; port++)
        again += spine_of_port("host4", 0, port) == 0;
    assert_true(again > 0);
}

int main(int count, char **arguments)
{
    static const char *const run[] = {"2x4x4", "--rate",         "1G", "--host-rate", "500M", "--buffer",
                                      "1M",    "--no-dataplane", NULL};
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_host_reaches_every_other),
        cmocka_unit_test(source_ports_choose_the_spine),
        cmocka_unit_test(leaves_answer_with_their_identity),
        cmocka_unit_test(links_count_what_crosses_them),
        cmocka_unit_test(black_holes_are_silent),
        cmocka_unit_test(loss_is_as_probable_as_asked),
        cmocka_unit_test(nobody_is_routed_over_a_link_that_is_down),
    };
    if (count != 2) {
        fprintf(stderr, "fabric-test WEFT-LAB\n");
        return 1;
    }
    harness_enter_lab(arguments, arguments[1], run);
    return cmocka_run_group_tests(tests, NULL, NULL);
}
