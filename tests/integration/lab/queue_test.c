/* SPDX-License-Identifier: BSD-3-Clause */
/* What a link's queue does with more than it can carry. Runs inside a lab with one spine whose links are so
 * slow that a burst has no time to drain: 125 packets a second. Bounds hold however late the test is
 * scheduled, since time only ever drains the queues. */
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
    PORT = 4793,
    PAYLOAD_BYTES = 958,
    FRAME_BYTES = 14 + 20 + 8 + PAYLOAD_BYTES, /* 1000 */
    BUFFER_BYTES = 65536,
    MARK_BYTES = 16384,
    ECT_0 = 2,
    ECN_CE = 3
};

struct pair {
    int sender, receiver;
};

static struct pair pair_open(int ecn)
{
    struct pair pair = {harness_udp_socket("host0", 0), harness_udp_socket("host1", PORT)};
    int on = 1;
    assert_int_equal(setsockopt(pair.sender, IPPROTO_IP, IP_TOS, &ecn, sizeof(ecn)), 0);
    assert_int_equal(setsockopt(pair.receiver, IPPROTO_IP, IP_RECVTOS, &on, sizeof(on)), 0);
    return pair;
}

static void pair_close(struct pair pair)
{
    close(pair.sender);
    close(pair.receiver);
}

static void pair_send(struct pair pair, unsigned count)
{
    char payload[PAYLOAD_BYTES] = {0};
    struct sockaddr_in to = harness_address("10.2.0.1", PORT);
    for (unsigned i = 0; i < count; i++)
        assert_int_equal(sendto(pair.sender, payload, sizeof(payload), 0, (struct sockaddr *)&to, sizeof(to)),
                         sizeof(payload));
}

/* The ECN bits of the next packet. */
static int pair_receive(struct pair pair)
{
    char payload[PAYLOAD_BYTES], control[64];
    struct iovec vector = {payload, sizeof(payload)};
    struct msghdr message = {
        .msg_iov = &vector, .msg_iovlen = 1, .msg_control = control, .msg_controllen = sizeof(control)};
    assert_int_equal(recvmsg(pair.receiver, &message, 0), sizeof(payload));
    struct cmsghdr *part = CMSG_FIRSTHDR(&message);
    assert_non_null(part);
    assert_int_equal(part->cmsg_type, IP_TOS);
    return *CMSG_DATA(part) & IPTOS_ECN_MASK;
}

/* The phantom queue has drained when a new lab begins; later tests begin behind what the earlier have left,
 * so this one is the first. */
static void packets_above_the_threshold_are_marked(void **state)
{
    (void)state;
    enum {
        COUNT = 50,
        UNMARKED_AT_LEAST = MARK_BYTES / FRAME_BYTES
    };
    unsigned marked = 0;
    struct pair pair = pair_open(ECT_0);
    pair_send(pair, COUNT);
    for (unsigned i = 0; i < COUNT; i++) {
        bool mark = pair_receive(pair) == ECN_CE;
        assert_false(mark && i < UNMARKED_AT_LEAST);
        marked += mark;
    }
    assert_true(marked > 0);
    assert_true(harness_counter("leaf0-spine0", "marked_packets") <= marked);
    assert_true(harness_counter("leaf0-spine0", "marked_packets") > 0);
    pair_close(pair);
}

static void packets_that_cannot_carry_marks_get_none(void **state)
{
    (void)state;
    enum {
        COUNT = 50
    };
    struct pair pair = pair_open(0);
    pair_send(pair, COUNT);
    for (unsigned i = 0; i < COUNT; i++)
        assert_int_equal(pair_receive(pair), 0);
    pair_close(pair);
}

static void the_buffer_is_limited_in_bytes(void **state)
{
    (void)state;
    enum {
        COUNT = 200,
        FIT = BUFFER_BYTES / FRAME_BYTES
    };
    struct pair pair = pair_open(0);
    json_int_t dropped = harness_counter("leaf0-spine0", "dropped_packets");
    pair_send(pair, COUNT);
    for (unsigned i = 0; i < FIT; i++)
        pair_receive(pair);
    dropped = harness_counter("leaf0-spine0", "dropped_packets") - dropped;
    assert_in_range(dropped, 1, COUNT - FIT);
    for (unsigned i = FIT; i < COUNT - dropped; i++)
        pair_receive(pair);
    pair_close(pair);
}

/* At 10 kb/s a packet takes 0.8 s: of a burst beyond the token bucket, something is left when the counters
 * are read; once the fault is mended it comes through, and nothing is lost by the change. */
static void a_reduced_rate_holds_packets_back(void **state)
{
    (void)state;
    enum {
        COUNT = 60
    };
    struct pair pair = pair_open(ECT_0);
    json_int_t before = harness_counter("leaf0-spine0", "up_packets");
    harness_do("{\"do\":\"fault\",\"link\":\"leaf0-spine0\",\"kind\":\"rate\",\"value\":\"10K\"}");
    pair_send(pair, COUNT);
    assert_true(harness_counter("leaf0-spine0", "up_packets") - before < COUNT);
    harness_do("{\"do\":\"fault\",\"link\":\"leaf0-spine0\",\"kind\":\"clear\"}");
    for (unsigned i = 0; i < COUNT; i++)
        pair_receive(pair);
    pair_send(pair, 1);
    assert_int_equal(pair_receive(pair), ECT_0);
    pair_close(pair);
}

/* What the host's kernel sends waits in its shaper. */
static void a_host_link_can_be_slowed_too(void **state)
{
    (void)state;
    enum {
        COUNT = 60
    };
    struct pair pair = pair_open(0);
    json_int_t before = harness_counter("host0", "up_packets");
    harness_do("{\"do\":\"fault\",\"link\":\"leaf0-host0\",\"kind\":\"rate\",\"value\":\"10K\","
               "\"direction\":\"up\"}");
    pair_send(pair, COUNT);
    assert_true(harness_counter("host0", "up_packets") - before < COUNT);
    harness_do("{\"do\":\"fault\",\"link\":\"leaf0-host0\",\"kind\":\"clear\"}");
    for (unsigned i = 0; i < COUNT; i++)
        pair_receive(pair);
    pair_close(pair);
}

/* What passes by that, as AF_XDP does, is policed by the leaf. */
static void the_leaf_polices_a_slowed_host_link(void **state)
{
    (void)state;
    enum {
        COUNT = 200,
        FIT = BUFFER_BYTES / FRAME_BYTES
    };
    static const char frame[FRAME_BYTES] = {0xff, 0xff, 0xff, 0xff, 0xff, 0xff, [12] = 0x88, [13] = 0xb5};
    int fd = harness_bypassing_socket("host1");
    json_int_t before = harness_counter("host1", "dropped_packets");
    harness_do("{\"do\":\"fault\",\"link\":\"leaf1-host1\",\"kind\":\"rate\",\"value\":\"10K\","
               "\"direction\":\"up\"}");
    for (unsigned i = 0; i < COUNT; i++)
        assert_int_equal(send(fd, frame, sizeof(frame), 0), sizeof(frame));
    assert_in_range(harness_counter("host1", "dropped_packets") - before, 1, COUNT - FIT);
    harness_do("{\"do\":\"fault\",\"link\":\"leaf1-host1\",\"kind\":\"clear\"}");
    close(fd);
}

int main(int count, char **arguments)
{
    static const char *const run[] = {"2x1x1", "--rate", "1M",  "--host-rate",    "10G", "--buffer",
                                      "64K",   "--mark", "16K", "--no-dataplane", NULL};
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(packets_above_the_threshold_are_marked),
        cmocka_unit_test(packets_that_cannot_carry_marks_get_none),
        cmocka_unit_test(the_buffer_is_limited_in_bytes),
        cmocka_unit_test(a_reduced_rate_holds_packets_back),
        cmocka_unit_test(a_host_link_can_be_slowed_too),
        cmocka_unit_test(the_leaf_polices_a_slowed_host_link),
    };
    if (count != 2) {
        fprintf(stderr, "queue-test WEFT-LAB\n");
        return 1;
    }
    harness_enter_lab(arguments, arguments[1], run);
    return cmocka_run_group_tests(tests, NULL, NULL);
}
