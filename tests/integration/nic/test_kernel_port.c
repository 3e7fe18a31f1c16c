/* SPDX-License-Identifier: BSD-3-Clause */
/* Ports that borrow a kernel interface (AF_XDP, AF_PACKET), two hosts and a router between them. Waits are
 * for events: where a frame never comes, the test ends by the runner's time limit or by the bound of
 * receive_one().
 */
#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include <bpf/bpf.h>
#include <bpf/libbpf.h>
#include <libmnl/libmnl.h>
#include <linux/bpf.h>
#include <linux/rtnetlink.h>
#include <net/if.h>

#include "nic/next_hop.h"
#include "nic/port.h"
#include "tests/integration/nic/kernel_view.h"
#include "tests/integration/nic/two_hosts.h"
#include "tests/unit/nic/cmocka_headers.h"

enum {
    SKIP = 77,
    UDP_PORT = 4793,
    PAYLOAD_MAX = TWO_HOSTS_MTU - 28,
    WAIT_NS = 2000000000
};

static struct two_hosts hosts;
static struct port *a, *b;
static char device[64];
static const char *steering_program;

static struct port *open_here(char error[PORT_ERROR_BYTES])
{
    struct port_config config = {.device = device, .udp_port = UDP_PORT, .xdp_program = steering_program};
    struct port *port = NULL;
    error[0] = '\0';
    if (port_open(&config, &port, error) != 0)
        return NULL;
    return port;
}

/* Resolves as the daemon does, but waits: for the kernel's word that a neighbour has changed. */
static int resolve(int interface, uint32_t destination, uint8_t ethernet[6])
{
    struct mnl_socket *socket = mnl_socket_open(NETLINK_ROUTE);
    struct pollfd ready = {.fd = mnl_socket_get_fd(socket), .events = POLLIN};
    char event[8192];
    int result;
    assert_int_equal(mnl_socket_bind(socket, RTMGRP_NEIGH, MNL_SOCKET_AUTOPID), 0);
    while ((result = next_hop_resolve(interface, destination, ethernet)) == -EAGAIN) {
        if (poll(&ready, 1, 2000) != 1)
            break;
        mnl_socket_recvfrom(socket, event, sizeof(event));
    }
    mnl_socket_close(socket);
    return result;
}

static struct port *open_host(int network, uint32_t peer)
{
    char error[PORT_ERROR_BYTES];
    uint8_t ethernet[6];
    two_hosts_enter(network);
    struct port *port = open_here(error);
    if (port == NULL)
        fail_msg("%s", error);
    assert_int_equal(resolve(port_kernel_interface(port), peer, ethernet), 0);
    port_set_next_hop(port, peer, ethernet);
    return port;
}

static int open_both(void **state)
{
    (void)state;
    a = open_host(hosts.a, TWO_HOSTS_B);
    b = open_host(hosts.b, TWO_HOSTS_A);
    return 0;
}

static int close_both(void **state)
{
    (void)state;
    two_hosts_enter(hosts.a);
    port_close(a);
    two_hosts_enter(hosts.b);
    port_close(b);
    two_hosts_enter(hosts.router);
    return 0;
}

/* The next frame; the caller releases it. */
static struct received_frame receive_one(struct port *port)
{
    struct received_frame frame;
    for (int tries = 0; tries < 100; tries++) {
        if (port_receive(port, &frame, 1) == 1)
            return frame;
        port_wait(port, -1, WAIT_NS);
    }
    fail_msg("no frame has arrived");
    return frame;
}

static void send_one(struct port *port, const struct sent_frame *frame)
{
    assert_int_equal(port_transmit(port, frame, 1), 1);
}

static void check_crossing(uint16_t length, uint16_t source_port, uint8_t ecn_capable)
{
    static uint8_t payload[PAYLOAD_MAX];
    memset(payload, length & 0xff, sizeof(payload));
    send_one(a, &(struct sent_frame){.destination = TWO_HOSTS_B,
                                     .source_port = source_port,
                                     .ttl = 64,
                                     .ecn_capable = ecn_capable,
                                     .payload = payload,
                                     .payload_bytes = length});
    struct received_frame frame = receive_one(b);
    assert_int_equal(frame.kind, FRAME_UDP);
    assert_int_equal(frame.source, TWO_HOSTS_A);
    assert_int_equal(frame.source_port, source_port);
    assert_int_equal(frame.ecn, ecn_capable ? 2 : 0);
    assert_int_equal(frame.length, length);
    assert_memory_equal(frame.bytes, payload, length);
    port_release(b, &frame, 1);
}

static void what_the_port_is(void **state)
{
    (void)state;
    assert_int_equal(port_address(a), TWO_HOSTS_A);
    assert_int_equal(port_mtu(a), TWO_HOSTS_MTU);
    assert_true(port_kernel_interface(a) > 0);
    assert_true(port_rate_bytes_per_s(a) > 0);
}

static void every_length_crosses(void **state)
{
    (void)state;
    for (uint16_t length = 0; length < 64; length++)
        check_crossing(length, 50000, 1);
    for (uint16_t length = 64; length < PAYLOAD_MAX; length += 61)
        check_crossing(length, 50000, 1);
    check_crossing(PAYLOAD_MAX, 50000, 1);
}

static void source_port_and_ecn_survive(void **state)
{
    (void)state;
    check_crossing(100, 1, 0);
    check_crossing(100, 65535, 1);
    check_crossing(100, UDP_PORT, 0);
}

/* More than any ring holds, in bursts: nothing is lost on a path that drops nothing. */
static void bursts_lose_nothing(void **state)
{
    (void)state;
    enum {
        BURST = 48,
        FRAMES = 100 * BURST
    };
    struct sent_frame sent[BURST];
    struct received_frame received[BURST];
    uint32_t numbers[BURST], expected = 0;
    for (uint32_t first = 0; first < FRAMES; first += BURST) {
        for (uint32_t i = 0; i < BURST; i++) {
            numbers[i] = first + i;
            sent[i] = (struct sent_frame){.destination = TWO_HOSTS_B,
                                          .source_port = 50000,
                                          .ttl = 64,
                                          .header = (const uint8_t *)&numbers[i],
                                          .header_bytes = sizeof(numbers[i])};
        }
        assert_int_equal(port_transmit(a, sent, BURST), BURST);
        while (expected < first + BURST) {
            unsigned count = port_receive(b, received, BURST);
            for (unsigned i = 0; i < count; i++, expected++)
                assert_memory_equal(received[i].bytes, &expected, sizeof(expected));
            port_release(b, received, count);
            if (count == 0)
                port_wait(b, -1, UINT64_MAX);
        }
    }
}

static void the_kernel_still_answers_pings(void **state)
{
    (void)state;
    two_hosts_enter(hosts.a);
    assert_true(kernel_view_ping(TWO_HOSTS_B));
    check_crossing(1000, 50000, 1);
    assert_true(kernel_view_ping(TWO_HOSTS_B));
}

static uint64_t count_not_ours(void)
{
    struct port_counters at_a, at_b;
    struct received_frame none;
    assert_int_equal(port_receive(a, &none, 1) + port_receive(b, &none, 1), 0);
    port_get_counters(a, &at_a);
    port_get_counters(b, &at_b);
    return at_a.dropped_not_ours + at_b.dropped_not_ours;
}

static void what_is_not_ours_stays_outside(void **state)
{
    (void)state;
    uint64_t before = count_not_ours();
    two_hosts_enter(hosts.a);
    assert_true(kernel_view_ping(TWO_HOSTS_B));
    assert_int_equal(count_not_ours(), before);
}

static void the_kernel_does_not_answer_weft(void **state)
{
    (void)state;
    two_hosts_enter(hosts.b);
    long before = kernel_view_unreachables_sent();
    assert_true(before >= 0);
    check_crossing(1000, 50000, 1);
    assert_int_equal(kernel_view_unreachables_sent(), before);
}

static void a_router_answers_when_the_ttl_runs_out(void **state)
{
    (void)state;
    for (uint16_t source_port = 40000; source_port < 40008; source_port++) {
        send_one(a, &(struct sent_frame){.destination = TWO_HOSTS_B,
                                         .source_port = source_port,
                                         .ttl = 1,
                                         .id = source_port + 1,
                                         .header = (const uint8_t *)"probe",
                                         .header_bytes = 5});
        struct received_frame frame = receive_one(a);
        assert_int_equal(frame.kind, FRAME_TIME_EXCEEDED);
        assert_int_equal(frame.source, TWO_HOSTS_ROUTER_A);
        assert_int_equal(frame.source_port, source_port);
        assert_int_equal(frame.quoted_destination, TWO_HOSTS_B);
        assert_int_equal(frame.quoted_id, source_port + 1);
        port_release(a, &frame, 1);
    }
}

/* What came before the socket had its filter may end some of the waits of an AF_PACKET port. */
static void waiting_is_sleeping(void **state)
{
    (void)state;
    enum {
        WAITS = 100
    };
    struct rusage before, after;
    struct received_frame frame;
    getrusage(RUSAGE_THREAD, &before);
    for (int i = 0; i < WAITS; i++) {
        assert_int_equal(port_receive(a, &frame, 1), 0);
        port_wait(a, -1, 1000000);
    }
    getrusage(RUSAGE_THREAD, &after);
    assert_true(after.ru_nvcsw - before.ru_nvcsw > WAITS / 2);
}

static void a_doorbell_ends_the_wait(void **state)
{
    (void)state;
    int doorbell = eventfd(1, EFD_CLOEXEC);
    port_wait(a, doorbell, UINT64_MAX);
    close(doorbell);
}

static void a_frame_ends_the_wait(void **state)
{
    (void)state;
    struct received_frame frame;
    send_one(a, &(struct sent_frame){.destination = TWO_HOSTS_B, .source_port = 50000, .ttl = 64});
    while (port_receive(b, &frame, 1) == 0)
        port_wait(b, -1, UINT64_MAX);
    port_release(b, &frame, 1);
}

static void next_hops_are_the_kernels(void **state)
{
    (void)state;
    uint8_t ethernet[6], router[6];
    two_hosts_enter(hosts.a);
    int interface = port_kernel_interface(a);
    assert_int_equal(resolve(interface, TWO_HOSTS_B, ethernet), 0);
    assert_int_equal(resolve(interface, TWO_HOSTS_ROUTER_A, router), 0);
    assert_memory_equal(ethernet, router, 6);
    assert_int_equal(next_hop_resolve(interface, TWO_HOSTS_A, ethernet), -ENETUNREACH);
    assert_true(next_hop_resolve(interface + 1000, TWO_HOSTS_B, ethernet) < 0);
}

static void counters_tell_what_happened(void **state)
{
    (void)state;
    struct port_counters sender, receiver;
    check_crossing(1000, 50000, 1);
    send_one(a, &(struct sent_frame){.destination = 0x0a030001, .source_port = 50000, .ttl = 64});
    port_get_counters(a, &sender);
    port_get_counters(b, &receiver);
    assert_int_equal(sender.sent_frames, 1);
    assert_int_equal(sender.sent_bytes, 1042);
    assert_int_equal(sender.dropped_no_next_hop, 1);
    assert_int_equal(receiver.received_frames, 1);
    assert_int_equal(receiver.dropped_checksum + receiver.dropped_malformed + receiver.device_missed, 0);
}

static void an_interface_has_one_owner(void **state)
{
    (void)state;
    char error[PORT_ERROR_BYTES];
    two_hosts_enter(hosts.a);
    assert_null(open_here(error));
    assert_true(strlen(error) > 0);
    check_crossing(10, 50000, 1);
}

/* AF_PACKET has no business with XDP programs and opens all the same. */
static void somebody_elses_program_is_left_alone(void **state)
{
    (void)state;
    const struct bpf_insn pass_all[] = {
        {.code = BPF_ALU64 | BPF_MOV | BPF_K, .dst_reg = BPF_REG_0, .imm = XDP_PASS},
        {.code = BPF_JMP | BPF_EXIT},
    };
    char error[PORT_ERROR_BYTES];
    two_hosts_enter(hosts.a);
    int interface = (int)if_nametoindex("eth0");
    int program = bpf_prog_load(BPF_PROG_TYPE_XDP, "somebody_elses", "GPL", pass_all, 2, NULL);
    assert_int_equal(bpf_xdp_attach(interface, program, 0, NULL), 0);
    struct port *port = open_here(error);
    bpf_xdp_detach(interface, 0, NULL);
    close(program);
    if (port != NULL)
        port_close(port);
    assert_true(steering_program != NULL ? strstr(error, "somebody_elses") != NULL : port != NULL);
}

/* Dies as by kill -9, with its port open, which leaves the XDP program behind. */
static pid_t start_doomed_owner(void)
{
    static const char *const arguments[] = {"--file-prefix=doomed"};
    char error[PORT_ERROR_BYTES];
    pid_t child = fork();
    if (child != 0)
        return child;
    two_hosts_enter(hosts.a);
    if (port_library_start(arguments, 1, error) != 0 || open_here(error) == NULL) {
        fprintf(stderr, "%s\n", error);
        _exit(EXIT_FAILURE);
    }
    raise(SIGKILL);
    return child;
}

static void a_killed_owner_leaves_nothing_in_the_way(void **state)
{
    const int *status = *state;
    assert_true(WIFSIGNALED(*status));
    check_crossing(10, 50000, 1);
}

static int build(const char *kind)
{
    char error[PORT_ERROR_BYTES];
    snprintf(device, sizeof(device), "%s:eth0", kind);
    int failure = two_hosts_build(&hosts);
    if (failure == -EPERM) {
        fprintf(stderr, "skipped: network namespaces and packet sockets need root\n");
        return SKIP;
    }
    if (failure != 0)
        return EXIT_FAILURE;
    static int status;
    waitpid(start_doomed_owner(), &status, 0);
    failure = port_library_start(NULL, 0, error);
    if (failure != 0)
        fprintf(stderr, "%s\n", error);
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_prestate_setup_teardown(a_killed_owner_leaves_nothing_in_the_way, open_both,
                                                 close_both, &status),
        cmocka_unit_test_setup_teardown(what_the_port_is, open_both, close_both),
        cmocka_unit_test_setup_teardown(every_length_crosses, open_both, close_both),
        cmocka_unit_test_setup_teardown(source_port_and_ecn_survive, open_both, close_both),
        cmocka_unit_test_setup_teardown(bursts_lose_nothing, open_both, close_both),
        cmocka_unit_test_setup_teardown(the_kernel_still_answers_pings, open_both, close_both),
        cmocka_unit_test_setup_teardown(what_is_not_ours_stays_outside, open_both, close_both),
        cmocka_unit_test_setup_teardown(the_kernel_does_not_answer_weft, open_both, close_both),
        cmocka_unit_test_setup_teardown(a_router_answers_when_the_ttl_runs_out, open_both, close_both),
        cmocka_unit_test_setup_teardown(waiting_is_sleeping, open_both, close_both),
        cmocka_unit_test_setup_teardown(a_doorbell_ends_the_wait, open_both, close_both),
        cmocka_unit_test_setup_teardown(a_frame_ends_the_wait, open_both, close_both),
        cmocka_unit_test_setup_teardown(next_hops_are_the_kernels, open_both, close_both),
        cmocka_unit_test_setup_teardown(counters_tell_what_happened, open_both, close_both),
        cmocka_unit_test_setup_teardown(an_interface_has_one_owner, open_both, close_both),
        cmocka_unit_test(somebody_elses_program_is_left_alone),
    };
    return failure != 0 ? EXIT_FAILURE : cmocka_run_group_tests_name(kind, tests, NULL, NULL);
}

int main(int count, char **arguments)
{
    if (count < 2)
        return EXIT_FAILURE;
    steering_program = count > 2 ? arguments[2] : NULL;
    return build(arguments[1]);
}
