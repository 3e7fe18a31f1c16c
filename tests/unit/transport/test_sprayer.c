/* SPDX-License-Identifier: BSD-3-Clause */
/* One window over all paths of a peer: what fills it, what leaves it, and which path a packet takes. */
#include "dataplane/transport/sprayer.h"

#include <stdlib.h>
#include <string.h>

#include "dataplane/transport/channel.h"
#include "tests/unit/transport/fabric.h"
#include "tests/unit/transport/unit.h"

enum {
    BYTES = 1000000,
    PATHS = 4
};

static unsigned per_path[PATHS]; /* data packets that host 0 sent */
static unsigned swallows;        /* bit i: what path i carries is lost */
static bool marks_path_0;

static enum fault watch(struct fabric *f, const struct fabric_packet *packet)
{
    (void)f;
    const struct packet_header *header = (const struct packet_header *)packet->bytes;
    unsigned path = (unsigned)(packet->source_port - PATH_PORT(0));
    if (packet->from != 0 || path >= PATHS)
        return FAULT_NONE;
    per_path[path] += header->type == PACKET_DATA;
    if (swallows >> path & 1)
        return FAULT_LOSE;
    return marks_path_0 && path == 0 ? FAULT_MARK : FAULT_NONE;
}

static struct fabric *start(enum path_mode mode)
{
    struct fabric_config config = {
        .hosts = 2, .paths = PATHS, .memory_bytes = BYTES, .mode = mode, .congestion = "dctcp"};
    struct fabric *f = fabric_create(&config);
    f->fault = watch;
    memset(per_path, 0, sizeof(per_path));
    swallows = 0;
    marks_path_0 = false;
    return f;
}

static void begin_flow(struct fabric *f, uint64_t tag)
{
    struct fabric_flow flow = {.from = 0, .to = 1, .tag = tag, .bytes = BYTES};
    assert_int_equal(fabric_receive(f, &flow), SUBMIT_OK);
    fabric_run(f, f->now + NSEC_PER_MSEC);
    assert_int_equal(fabric_send(f, &flow), SUBMIT_OK);
}

static uint16_t peer_of_1(const struct fabric *f)
{
    return f->hosts[0].rank_peers[1];
}

static const struct flight *flight_to_1(const struct fabric *f, unsigned flight)
{
    return &f->hosts[0].transport->peers[peer_of_1(f)].flights[flight - 1];
}

static void test_paths_take_turns(void **state)
{
    (void)state;
    struct fabric *f = start(PATH_MODE_SPRAY);
    begin_flow(f, 1);
    fabric_run(f, f->now + NSEC_PER_SEC);
    assert_int_equal(fabric_count(f, 1, EVENT_RECEIVED, EVENT_OK), 1);
    for (unsigned i = 1; i < PATHS; i++)
        assert_in_range(per_path[i], per_path[0] - 1, per_path[0] + 1);
    fabric_destroy(f);
}

/* A window of six packets over four paths; the rate of the port would let forty go. */
static void test_one_window_for_all_paths(void **state)
{
    (void)state;
    struct fabric *f = start(PATH_MODE_SPRAY);
    struct transport *t = f->hosts[0].transport;
    const uint64_t window_bytes = 6 * (uint64_t)t->path.packet_bytes;
    begin_flow(f, 1);
    sprayer_at(t, peer_of_1(f), FLIGHT_SPRAY)->congestion.window_bytes = window_bytes;
    for (unsigned i = 0; i < 50; i++) {
        fabric_run(f, f->now + NSEC_PER_USEC);
        const struct flight *flight = flight_to_1(f, FLIGHT_SPRAY);
        uint64_t room_bytes = sprayer_at(t, peer_of_1(f), FLIGHT_SPRAY)->congestion.window_bytes;
        assert_true(transport_wire_bytes(t, flight->packets, flight->bytes) <= room_bytes);
        assert_true(room_bytes <= 2 * window_bytes);
    }
    fabric_run(f, f->now + NSEC_PER_SEC);
    assert_int_equal(flight_to_1(f, FLIGHT_SPRAY)->packets, 0);
    assert_int_equal(flight_to_1(f, FLIGHT_SPRAY)->bytes, 0);
    fabric_destroy(f);
}

/* From the first overdue ack on it carries a single packet, until it is known to be dead. */
static void test_a_bad_path_does_not_fill_the_window(void **state)
{
    (void)state;
    struct fabric *f = start(PATH_MODE_SPRAY);
    begin_flow(f, 1);
    fabric_run(f, f->now + 100 * NSEC_PER_USEC);
    swallows = 1u << 2;
    const struct channel *bad = channel_at(f->hosts[0].transport, peer_of_1(f), 2);
    nsec_t give_up_at = f->now + 200 * NSEC_PER_USEC;
    while (!channel_is_suspect(bad) && f->now < give_up_at)
        fabric_run(f, f->now + 100);
    assert_int_equal(bad->state, CHANNEL_ALIVE);
    assert_true(bad->sent.in_flight_packets <= 1);
    unsigned sent = per_path[2], others = per_path[0];
    for (; bad->state == CHANNEL_ALIVE && f->now < give_up_at; fabric_run(f, f->now + 100))
        assert_true(bad->sent.in_flight_packets <= 1 && per_path[2] <= sent + 1);
    assert_true(per_path[0] > others);
    fabric_run(f, f->now + NSEC_PER_SEC);
    assert_int_equal(fabric_count(f, 1, EVENT_RECEIVED, EVENT_OK), 1);
    fabric_destroy(f);
}

static void test_silence_everywhere_is_a_timeout(void **state)
{
    (void)state;
    struct fabric *f = start(PATH_MODE_SPRAY);
    begin_flow(f, 1);
    fabric_run(f, f->now + 100 * NSEC_PER_USEC);
    struct transport *t = f->hosts[0].transport;
    const struct sprayer *s = sprayer_at(t, peer_of_1(f), FLIGHT_SPRAY);
    assert_int_equal(s->timed_out_at, 0);
    swallows = (1u << PATHS) - 1;
    fabric_run(f, f->now + 5 * NSEC_PER_MSEC);
    assert_true(s->timed_out_at > 0);
    swallows = 0;
    fabric_run(f, f->now + NSEC_PER_SEC);
    assert_int_equal(fabric_count(f, 1, EVENT_RECEIVED, EVENT_OK), 1);
    fabric_destroy(f);
}

static void test_marked_paths_are_not_recycled(void **state)
{
    (void)state;
    struct fabric *f = start(PATH_MODE_REPS);
    marks_path_0 = true;
    begin_flow(f, 1);
    fabric_run(f, f->now + NSEC_PER_SEC);
    assert_int_equal(fabric_count(f, 1, EVENT_RECEIVED, EVENT_OK), 1);
    for (unsigned i = 1; i < PATHS; i++)
        assert_true(per_path[0] < per_path[i] / 2);
    fabric_destroy(f);
}

static void test_modes_do_not_mix(void **state)
{
    (void)state;
    static const enum path_mode modes[] = {PATH_MODE_SPRAY, PATH_MODE_REPS, PATH_MODE_MPRDMA};
    struct fabric *f = start(PATH_MODE_WRAP);
    int opened[3][2];
    for (unsigned m = 0; m < 3; m++) {
        for (unsigned h = 0; h < 2; h++) {
            struct communicator_config config = {.identity = 100 + m,
                                                 .rank = h,
                                                 .rank_count = 2,
                                                 .rank_peers = f->hosts[h].rank_peers,
                                                 .path_mode = modes[m]};
            opened[m][h] = transport_open_communicator(f->hosts[h].transport, &config, f->now);
        }
        struct flow_request flow = {.cookie = 10 + m, .peer_rank = 0, .tag = 1, .bytes = BYTES};
        transport_receive_batch(f->hosts[1].transport, (uint32_t)opened[m][1],
                                &(struct flow_batch){.flows = &flow, .count = 1}, f->now);
    }
    begin_flow(f, 1);
    for (unsigned m = 0; m < 3; m++) {
        struct flow_request flow = {.cookie = 10 + m, .peer_rank = 1, .tag = 1, .bytes = BYTES};
        transport_send_batch(f->hosts[0].transport, (uint32_t)opened[m][0],
                             &(struct flow_batch){.flows = &flow, .count = 1}, f->now);
    }
    fabric_run(f, f->now + 100 * NSEC_PER_USEC);
    struct transport *t = f->hosts[0].transport;
    uint32_t own = 0, all = 0;
    for (unsigned i = 0; i < PATHS; i++) {
        own += channel_at(t, peer_of_1(f), i)->sent.own_packets;
        all += channel_at(t, peer_of_1(f), i)->sent.in_flight_packets;
    }
    uint32_t sprayed = flight_to_1(f, FLIGHT_SPRAY)->packets, recycled = flight_to_1(f, FLIGHT_REPS)->packets;
    assert_true(own > 0 && sprayed > 0 && recycled > 0);
    assert_int_equal(own + sprayed + recycled, all);
    fabric_run(f, f->now + NSEC_PER_SEC);
    assert_int_equal(fabric_count(f, 1, EVENT_RECEIVED, EVENT_OK), 4);
    fabric_destroy(f);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_paths_take_turns),
        cmocka_unit_test(test_one_window_for_all_paths),
        cmocka_unit_test(test_a_bad_path_does_not_fill_the_window),
        cmocka_unit_test(test_silence_everywhere_is_a_timeout),
        cmocka_unit_test(test_marked_paths_are_not_recycled),
        cmocka_unit_test(test_modes_do_not_mix),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
