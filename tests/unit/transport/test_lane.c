/* SPDX-License-Identifier: BSD-3-Clause */
/* The order in which pieces go: those of a step end together, steps one after the other, communicators alike.
 */
#include <stdlib.h>
#include <string.h>

#include "dataplane/transport/channel.h"
#include "dataplane/transport/random.h"
#include "tests/unit/transport/fabric.h"
#include "tests/unit/transport/unit.h"

static uint64_t sent_to[FABRIC_HOSTS_MAX];
static uint64_t half_way[FABRIC_HOSTS_MAX];
static uint64_t all_bytes;

static enum fault count_data(struct fabric *f, const struct fabric_packet *packet)
{
    (void)f;
    const struct packet_data *data = (const struct packet_data *)packet->bytes;
    if (packet->from != 0 || data->header.type != PACKET_DATA)
        return FAULT_NONE;
    sent_to[packet->to] += packet->length - sizeof(*data);
    uint64_t sum = 0;
    for (unsigned i = 0; i < FABRIC_HOSTS_MAX; i++)
        sum += sent_to[i];
    if (sum <= all_bytes / 2)
        memcpy(half_way, sent_to, sizeof(half_way));
    return FAULT_NONE;
}

static struct fabric *start(void)
{
    struct fabric_config config = {.hosts = 4, .paths = 4, .memory_bytes = 4 << 20, .mode = PATH_MODE_WRAP};
    struct fabric *f = fabric_create(&config);
    f->fault = count_data;
    memset(sent_to, 0, sizeof(sent_to));
    memset(half_way, 0, sizeof(half_way));
    fabric_run(f, f->now + NSEC_PER_MSEC);
    return f;
}

static void post_receives(struct fabric *f, const uint64_t *bytes, uint64_t tag)
{
    for (unsigned to = 1; to < 4; to++) {
        struct fabric_flow flow = {.from = 0, .to = to, .tag = tag, .bytes = bytes[to]};
        assert_int_equal(fabric_receive(f, &flow), SUBMIT_OK);
    }
    fabric_run(f, f->now + NSEC_PER_MSEC);
}

static void send_step(struct fabric *f, const uint64_t *bytes, uint64_t tag)
{
    struct flow_request flows[3];
    for (unsigned to = 1; to < 4; to++)
        flows[to - 1] =
            (struct flow_request){.cookie = tag * 10 + to, .peer_rank = to, .tag = tag, .bytes = bytes[to]};
    struct fabric_host *h = &f->hosts[0];
    assert_int_equal(
        transport_send_batch(h->transport, (uint32_t)h->communicator, &(struct flow_batch){flows, 3}, f->now),
        SUBMIT_OK);
}

static void test_unequal_flows_end_together(void **state)
{
    (void)state;
    struct fabric *f = start();
    static const uint64_t bytes[4] = {0, 200000, 400000, 1400000};
    all_bytes = 2000000;
    post_receives(f, bytes, 1);
    send_step(f, bytes, 1);
    fabric_run(f, f->now + NSEC_PER_SEC);
    for (unsigned to = 1; to < 4; to++) {
        assert_int_equal(sent_to[to], bytes[to]);
        assert_in_range(half_way[to], bytes[to] / 2 - bytes[to] / 10, bytes[to] / 2 + bytes[to] / 10);
    }
    fabric_destroy(f);
}

/* Nothing is in flight, so only the pacer's time can wake the lane. */
static void wait_for_the_pacer_alone(enum path_mode mode)
{
    struct fabric_config config = {.hosts = 2, .paths = 2, .memory_bytes = 100000, .mode = mode};
    struct fabric *f = fabric_create(&config);
    struct fabric_flow flow = {.from = 0, .to = 1, .bytes = 5000};
    fabric_receive(f, &flow);
    fabric_run(f, f->now + NSEC_PER_SEC);
    struct transport *t = f->hosts[0].transport;
    for (unsigned path = 0; path < 2; path++)
        channel_at(t, f->hosts[0].rank_peers[1], path)->pacer.due = f->now + 50 * NSEC_PER_USEC;
    fabric_send(f, &flow);
    fabric_run(f, f->now + NSEC_PER_MSEC);
    assert_int_equal(fabric_count(f, 1, EVENT_RECEIVED, EVENT_OK), 1);
    fabric_destroy(f);
}

static void test_a_lane_that_is_paced_is_woken(void **state)
{
    (void)state;
    wait_for_the_pacer_alone(PATH_MODE_WRAP);
    wait_for_the_pacer_alone(PATH_MODE_SPRAY);
}

static enum fault lose_first_data(struct fabric *f, const struct fabric_packet *packet)
{
    const struct packet_header *header = (const struct packet_header *)packet->bytes;
    return header->type == PACKET_DATA && f->lost == 0 ? FAULT_LOSE : FAULT_NONE;
}

/* A channel that was dead, and probed at long intervals, lives again: what is lost on it is noticed in time.
 */
static void test_a_late_timer_hides_no_loss(void **state)
{
    (void)state;
    struct fabric_config config = {.hosts = 2, .paths = 2, .memory_bytes = 1000, .mode = PATH_MODE_SPRAY};
    struct fabric *f = fabric_create(&config);
    struct fabric_flow flow = {.from = 0, .to = 1, .bytes = 1000};
    fabric_receive(f, &flow);
    fabric_run(f, f->now + NSEC_PER_SEC);
    struct transport *t = f->hosts[0].transport;
    for (unsigned path = 0; path < 2; path++)
        timer_heap_set(&t->timers, channel_index(t, channel_at(t, f->hosts[0].rank_peers[1], path)),
                       f->now + NSEC_PER_SEC);
    f->fault = lose_first_data;
    fabric_send(f, &flow);
    fabric_run(f, f->now + NSEC_PER_MSEC);
    assert_int_equal(fabric_count(f, 1, EVENT_RECEIVED, EVENT_OK), 1);
    fabric_destroy(f);
}

static void test_steps_go_in_order(void **state)
{
    (void)state;
    struct fabric *f = start();
    static const uint64_t first[4] = {0, 500000, 500000, 1000}, second[4] = {0, 1000, 1000, 1000000};
    all_bytes = 2003000;
    post_receives(f, first, 1);
    post_receives(f, second, 2);
    send_step(f, first, 1);
    send_step(f, second, 2);
    fabric_run(f, f->now + NSEC_PER_SEC);
    assert_true(half_way[1] + half_way[2] > 900000); /* the first step had nearly all of the port */
    assert_true(half_way[3] < 60000);
    assert_int_equal(sent_to[3], 1001000);
    fabric_destroy(f);
}

static void test_communicators_share_by_bytes(void **state)
{
    (void)state;
    struct fabric *f = start();
    all_bytes = 2000000;
    int second[2];
    for (unsigned h = 0; h < 2; h++) {
        unsigned host = h == 0 ? 0 : 2;
        struct communicator_config config = {.identity = 5,
                                             .rank = host,
                                             .rank_count = 4,
                                             .rank_peers = f->hosts[host].rank_peers,
                                             .path_mode = PATH_MODE_WRAP};
        second[h] = transport_open_communicator(f->hosts[host].transport, &config, f->now);
    }
    struct fabric_flow one = {.from = 0, .to = 1, .tag = 1, .bytes = 1000000};
    struct flow_request other = {.cookie = 2, .peer_rank = 0, .tag = 1, .bytes = 1000000};
    fabric_receive(f, &one);
    transport_receive_batch(f->hosts[2].transport, (uint32_t)second[1], &(struct flow_batch){&other, 1},
                            f->now);
    fabric_run(f, f->now + NSEC_PER_MSEC);
    fabric_send(f, &one);
    other.peer_rank = 2;
    transport_send_batch(f->hosts[0].transport, (uint32_t)second[0], &(struct flow_batch){&other, 1}, f->now);
    fabric_run(f, f->now + NSEC_PER_SEC);
    assert_int_equal(sent_to[1], 1000000);
    assert_int_equal(sent_to[2], 1000000);
    assert_in_range(half_way[1], 450000, 550000);
    fabric_destroy(f);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_unequal_flows_end_together),
        cmocka_unit_test(test_a_lane_that_is_paced_is_woken),
        cmocka_unit_test(test_a_late_timer_hides_no_loss),
        cmocka_unit_test(test_steps_go_in_order),
        cmocka_unit_test(test_communicators_share_by_bytes),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
