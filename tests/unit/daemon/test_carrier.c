/* SPDX-License-Identifier: BSD-3-Clause */
/* Two transports whose channels are queue pairs of a libibverbs of nothing (tests/unit/nic/null_verbs.h):
 * transfers, and what befalls their queue pairs. The main thread's part, connecting, is played here. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "dataplane/daemon/carrier.h"
#include "dataplane/transport/congestion.h"
#include "dataplane/transport/random.h"
#include "nic/verbs/verbs.h"
#include "tests/unit/nic/cmocka_headers.h"
#include "tests/unit/nic/null_verbs.h"

enum {
    HOSTS = 2,
    PATHS = 4,
    BYTES = 1000000,
    PAYLOAD_BYTES = 16384,
    REGION = 1,
    FIRST_ADDRESS = 0x0a000001,
    DATAGRAMS_MAX = 4096,
    ROUNDS_MAX = 20000
};

struct host {
    struct transport *transport;
    struct verbs *verbs;
    struct carrier *carrier;
    struct verbs_memory *memory;
    uint8_t *bytes; /* region 1: what is sent, then what is received */
    uint16_t peers[HOSTS];
    int communicator;
    struct verbs_link *links[PATHS];
    bool wanted[PATHS], down[PATHS];
    unsigned links_made, sent, received, cancelled, paths_down, paths_up;
    char reason[64];
};

static struct host hosts[HOSTS];
static nsec_t now;
static char error[VERBS_ERROR_BYTES];

static void receive(void *context, const struct received_packet *packet)
{
    struct host *h = context;
    struct placement placement;
    transport_receive(h->transport, packet, &placement, now);
}

static void create_transport(struct host *h, unsigned i)
{
    struct transport_config config;
    transport_config_default(&config, 1250000000, 20000);
    config.address = FIRST_ADDRESS + i;
    config.incarnation = 100 + i;
    config.seed = i;
    config.peers_max = 4;
    config.messages_max = 64;
    config.pieces_max = 4096;
    config.payload_bytes_max = PAYLOAD_BYTES;
    config.credit_budget_bytes = 64 * PAYLOAD_BYTES;
    config.congestion = &congestion_nic;
    config.reliable_nic = true;
    config.probe_interval_min_ns = NSEC_PER_MSEC;
    h->transport = transport_create(&config);
}

static void create_host(unsigned i)
{
    struct host *h = &hosts[i];
    struct verbs_config verbs = {.device = i == 0 ? "null0" : "null1", .links_max = PATHS};
    memset(h, 0, sizeof(*h));
    create_transport(h, i);
    h->bytes = calloc(2, BYTES);
    assert_int_equal(verbs_open(&verbs, &h->verbs, error), 0);
    assert_int_equal(verbs_memory_register(h->verbs, h->bytes, 2 * BYTES, &h->memory, error), 0);
    struct carrier_config config = {
        .verbs = h->verbs, .transport = h->transport, .peers_max = 4, .payload_bytes_max = PAYLOAD_BYTES};
    struct carrier_receiver receiver = {.receive = receive, .context = h};
    struct region_keys keys = {.base = (uintptr_t)h->bytes,
                               .local = verbs_memory_local_key(h->memory),
                               .remote = verbs_memory_remote_key(h->memory)};
    h->carrier = carrier_create(&config);
    carrier_set_receiver(h->carrier, &receiver);
    carrier_set_region(h->carrier, REGION, &keys);
}

static void open_communicator(unsigned i)
{
    struct host *h = &hosts[i];
    struct path_entry paths[PATHS];
    for (unsigned p = 0; p < PATHS; p++)
        paths[p].source_port = (uint16_t)(50000 + p);
    for (unsigned k = 0; k < HOSTS; k++) {
        h->peers[k] = (uint16_t)transport_add_peer(h->transport, FIRST_ADDRESS + k, k);
        transport_set_paths(h->transport, h->peers[k], paths, k == i ? 1 : PATHS, now);
    }
    struct communicator_config config = {
        .identity = 7, .rank = i, .rank_count = HOSTS, .rank_peers = h->peers, .path_mode = PATH_MODE_WRAP};
    h->communicator = transport_open_communicator(h->transport, &config, now);
}

static int set_up(void **state)
{
    (void)state;
    now = NSEC_PER_SEC;
    for (unsigned i = 0; i < HOSTS; i++)
        create_host(i);
    for (unsigned i = 0; i < HOSTS; i++)
        open_communicator(i);
    for (size_t i = 0; i < BYTES; i++)
        hosts[0].bytes[i] = (uint8_t)mix64(i);
    null_verbs_not_ready = 0;
    return 0;
}

static int tear_down(void **state)
{
    (void)state;
    for (unsigned i = 0; i < HOSTS; i++) {
        struct host *h = &hosts[i];
        for (unsigned p = 0; p < PATHS; p++)
            verbs_link_destroy(h->links[p]);
        carrier_destroy(h->carrier);
        verbs_memory_release(h->memory);
        verbs_close(h->verbs);
        transport_destroy(h->transport);
        free(h->bytes);
    }
    return 0;
}

/* ---- the main thread's part ---- */

static struct link_name name_for(unsigned i, unsigned path)
{
    return (struct link_name){.address = FIRST_ADDRESS + 1 - i, .path = (uint8_t)path};
}

static void take_news(unsigned i)
{
    struct host *h = &hosts[i];
    struct link_news news;
    while (carrier_news(h->carrier, &news)) {
        if (news.kind == LINK_WANTED)
            h->wanted[news.name.path] = true;
        else
            h->down[news.name.path] = true;
        if (news.kind == LINK_DOWN)
            snprintf(h->reason, sizeof(h->reason), "%s", news.reason);
        carrier_told(h->carrier);
    }
}

static void stop_links(unsigned i)
{
    struct host *h = &hosts[i];
    for (unsigned p = 0; p < PATHS; p++) {
        struct link_name name = name_for(i, p);
        if (!h->down[p])
            continue;
        h->down[p] = false;
        verbs_link_stop(h->links[p]);
        carrier_end_link(h->carrier, &name, now);
        verbs_link_destroy(h->links[p]);
        h->links[p] = NULL;
    }
}

static void connect_end(unsigned i, unsigned path, bool ready)
{
    struct link_name name = name_for(i, path);
    struct verbs_route route = {.destination = name.address, .source_port = (uint16_t)(50000 + path)};
    struct verbs_end other;
    verbs_link_describe(hosts[1 - i].links[path], &other);
    if (!ready)
        assert_int_equal(verbs_link_connect(hosts[i].links[path], &route, &other, error), 0);
    assert_int_equal(carrier_take_link(hosts[i].carrier, &name, hosts[i].links[path], ready), 0);
}

/* A queue pair for whoever wants one, once neither end has an old one. */
static void make_links(void)
{
    for (unsigned p = 0; p < PATHS; p++) {
        bool wanted = hosts[0].wanted[p] || hosts[1].wanted[p];
        if (!wanted || hosts[0].links[p] || hosts[1].links[p])
            continue;
        for (unsigned i = 0; i < HOSTS; i++) {
            assert_int_equal(verbs_link_create(hosts[i].verbs, &hosts[i].links[p], error), 0);
            hosts[i].wanted[p] = false;
            hosts[i].links_made++;
        }
        for (unsigned step = 0; step < 2 * HOSTS; step++)
            connect_end(step % HOSTS, p, step >= HOSTS);
    }
}

/* ---- rounds ---- */

static void count_events(struct host *h)
{
    struct event event;
    while (transport_next_event(h->transport, &event)) {
        h->sent += event.kind == EVENT_SENT && event.status == EVENT_OK;
        h->received += event.kind == EVENT_RECEIVED && event.status == EVENT_OK;
        h->cancelled += event.status == EVENT_CANCELLED;
        h->paths_down += event.kind == EVENT_PATH_DOWN;
        h->paths_up += event.kind == EVENT_PATH_UP;
    }
}

static void deliver_datagram(unsigned from, const struct outgoing_packet *packet)
{
    struct host *to = &hosts[1 - from];
    struct received_packet received = {.source = FIRST_ADDRESS + from,
                                       .source_port = packet->source_port,
                                       .bytes = packet->header,
                                       .length = packet->header_bytes};
    assert_int_equal(packet->length, 0);
    if (!carrier_sees_datagram(to->carrier, received.source, received.bytes, received.length, now))
        receive(to, &received);
}

static void send_packets(unsigned i)
{
    struct host *h = &hosts[i];
    struct outgoing_packet packets[32];
    unsigned count = transport_prepare_packets(h->transport, packets, 32, now);
    for (unsigned k = 0; k < count; k++) {
        const uint8_t *payload = packets[k].length > 0 ? h->bytes + packets[k].offset : NULL;
        if (!carrier_send(h->carrier, &packets[k], payload))
            deliver_datagram(i, &packets[k]);
    }
}

static void do_round(void)
{
    now += 5 * NSEC_PER_USEC;
    for (unsigned i = 0; i < HOSTS; i++) {
        carrier_poll(hosts[i].carrier, now);
        send_packets(i);
        count_events(&hosts[i]);
        take_news(i);
        stop_links(i);
    }
    make_links();
}

static void begin_transfer(uint64_t bytes, uint64_t room)
{
    struct flow_request send = {.peer_rank = 1, .region = REGION, .tag = 1, .bytes = bytes};
    struct flow_request take = {.peer_rank = 0, .region = REGION, .tag = 1, .offset = BYTES, .bytes = room};
    assert_int_equal(transport_receive_batch(hosts[1].transport, (uint32_t)hosts[1].communicator,
                                             &(struct flow_batch){&take, 1}, now),
                     SUBMIT_OK);
    assert_int_equal(transport_send_batch(hosts[0].transport, (uint32_t)hosts[0].communicator,
                                          &(struct flow_batch){&send, 1}, now),
                     SUBMIT_OK);
}

static void finish(void)
{
    for (unsigned i = 0; i < ROUNDS_MAX && (hosts[0].sent == 0 || hosts[1].received == 0); i++)
        do_round();
    assert_int_equal(hosts[0].sent, 1);
    assert_int_equal(hosts[1].received, 1);
}

static void check_bytes(uint64_t bytes)
{
    struct transport_counters counters;
    assert_memory_equal(hosts[0].bytes, hosts[1].bytes + BYTES, bytes);
    transport_get_counters(hosts[1].transport, &counters);
    assert_int_equal(counters.data_bytes_received, bytes);
    assert_int_equal(null_verbs_not_ready, 0);
}

/* ---- stories ---- */

static void a_message_goes_over_queue_pairs_of_all_paths(void **state)
{
    struct carrier_counters counters;
    (void)state;
    begin_transfer(BYTES, BYTES);
    finish();
    check_bytes(BYTES);
    carrier_get_counters(hosts[0].carrier, &counters);
    assert_int_equal(hosts[0].links_made, PATHS);
    assert_in_range(counters.packets_carried, BYTES / PAYLOAD_BYTES, 2 * BYTES / PAYLOAD_BYTES);
    assert_int_equal(hosts[0].paths_down, 0);
}

static void lengths_need_not_fill_the_room(void **state)
{
    static const uint64_t lengths[] = {0, 1, 4095, PAYLOAD_BYTES, PAYLOAD_BYTES + 1};
    for (unsigned i = 0; i < sizeof(lengths) / sizeof(lengths[0]); i++) {
        begin_transfer(lengths[i], BYTES);
        finish();
        check_bytes(lengths[i]);
        tear_down(state);
        set_up(state);
    }
}

/* A few messages in, the next work request fails, however it may. */
static void after_any_failure_nothing_is_lost_or_doubled(void **state)
{
    for (unsigned status = IBV_WC_LOC_LEN_ERR; status <= IBV_WC_GENERAL_ERR; status++) {
        begin_transfer(BYTES, BYTES);
        for (unsigned i = 0; i < 12; i++)
            do_round();
        assert_int_equal(hosts[1].received, 0);
        null_verbs_fail((enum ibv_wc_status)status);
        finish();
        check_bytes(BYTES);
        assert_in_range(hosts[0].paths_down + hosts[1].paths_down, 1, 2);
        tear_down(state);
        set_up(state);
    }
}

static void a_path_lives_again_on_a_new_queue_pair(void **state)
{
    (void)state;
    begin_transfer(BYTES, BYTES);
    for (unsigned i = 0; i < 12; i++)
        do_round();
    null_verbs_fail(IBV_WC_RETRY_EXC_ERR);
    finish();
    for (unsigned i = 0; i < ROUNDS_MAX && hosts[0].paths_up == 0; i++)
        do_round();
    assert_int_equal(hosts[0].paths_up, 1);
    assert_int_equal(hosts[0].links_made, PATHS + 1);
}

static void a_break_from_outside_is_mended(void **state)
{
    struct link_name name = name_for(0, 2);
    (void)state;
    begin_transfer(BYTES, BYTES);
    for (unsigned i = 0; i < 12; i++)
        do_round();
    carrier_break_link(hosts[0].carrier, &name, now);
    finish();
    check_bytes(BYTES);
}

/* What is posted when its queue pair is found dead has been read by nobody yet: nothing that waits is lost.
 */
static void what_was_on_its_way_is_asked_for(void **state)
{
    struct transport_counters counters;
    (void)state;
    begin_transfer(BYTES, BYTES);
    for (unsigned i = 0; i < 12; i++)
        do_round();
    null_verbs_hold();
    for (unsigned i = 0; i < 3; i++)
        do_round();
    null_verbs_fail(IBV_WC_RETRY_EXC_ERR);
    null_verbs_let_go();
    finish();
    check_bytes(BYTES);
    transport_get_counters(hosts[0].transport, &counters);
    assert_in_range(counters.paths_died, 1, 4);
}

static void payload_that_a_header_may_not_have_is_counted(void **state)
{
    struct carrier_counters counters;
    struct packet_header header = {.version = PACKET_VERSION, .type = PACKET_VOID, .incarnation = 100};
    struct packet_data data = {
        .header = {.version = PACKET_VERSION, .type = PACKET_DATA, .incarnation = 100}};
    struct verbs_end end;
    (void)state;
    begin_transfer(BYTES, BYTES);
    finish();
    verbs_link_describe(hosts[1].links[0], &end);
    null_verbs_send_raw(end.queue_pair, &header, sizeof(header), 1, 100);
    null_verbs_send_raw(end.queue_pair, &data, sizeof(data), 1, PAYLOAD_BYTES + 1);
    null_verbs_send_raw(end.queue_pair, &data, sizeof(data), 1, UINT32_MAX);
    null_verbs_send_raw(end.queue_pair, &data, sizeof(data) - 1, 1, 100);
    do_round();
    carrier_get_counters(hosts[1].carrier, &counters);
    assert_int_equal(counters.foreign_payload, 4);
}

/* Its session, incarnation or message is not ours: the transport's gate drops it, by name. */
static void headers_of_another_incarnation_are_dropped(void **state)
{
    struct transport_counters before, after;
    struct packet_data data = {
        .header = {.version = PACKET_VERSION, .type = PACKET_DATA, .incarnation = 9999},
        .message_bytes = 100};
    struct verbs_end end;
    (void)state;
    begin_transfer(BYTES, BYTES);
    finish();
    transport_get_counters(hosts[1].transport, &before);
    verbs_link_describe(hosts[1].links[0], &end);
    null_verbs_send_raw(end.queue_pair, &data, sizeof(data), 1, 100);
    do_round();
    transport_get_counters(hosts[1].transport, &after);
    assert_int_equal(after.drops[DROP_INCARNATION], before.drops[DROP_INCARNATION] + 1);
    assert_int_equal(after.data_bytes_received, before.data_bytes_received);
}

static void paths_beyond_the_queue_pairs_are_refused_by_count(void **state)
{
    struct carrier_counters counters;
    struct outgoing_packet packet = {.destination = FIRST_ADDRESS + 9, .source_port = 50000};
    struct packet_header *header = (struct packet_header *)packet.header;
    (void)state;
    begin_transfer(BYTES, BYTES);
    finish();
    *header = (struct packet_header){.version = PACKET_VERSION, .type = PACKET_VOID};
    packet.header_bytes = sizeof(*header);
    assert_true(carrier_send(hosts[0].carrier, &packet, NULL));
    carrier_get_counters(hosts[0].carrier, &counters);
    assert_int_equal(counters.no_link, 1);
}

static void a_region_is_in_use_while_the_nic_may_read_it(void **state)
{
    (void)state;
    begin_transfer(BYTES, BYTES);
    for (unsigned i = 0; i < 12; i++)
        do_round();
    null_verbs_hold();
    for (unsigned i = 0; i < 20 && !carrier_uses_region(hosts[0].carrier, REGION); i++)
        do_round();
    assert_true(carrier_uses_region(hosts[0].carrier, REGION));
    null_verbs_let_go();
    finish();
    assert_false(carrier_uses_region(hosts[0].carrier, REGION));
}

/* With an argument: only the stories that it matches. */
int main(int argc, char **argv)
{
    if (argc > 1)
        cmocka_set_test_filter(argv[1]);
#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)
    const struct CMUnitTest tests[] = {
        TEST(a_message_goes_over_queue_pairs_of_all_paths),
        TEST(lengths_need_not_fill_the_room),
        TEST(after_any_failure_nothing_is_lost_or_doubled),
        TEST(a_path_lives_again_on_a_new_queue_pair),
        TEST(a_break_from_outside_is_mended),
        TEST(what_was_on_its_way_is_asked_for),
        TEST(payload_that_a_header_may_not_have_is_counted),
        TEST(headers_of_another_incarnation_are_dropped),
        TEST(paths_beyond_the_queue_pairs_are_refused_by_count),
        TEST(a_region_is_in_use_while_the_nic_may_read_it),
    };
    int failed = cmocka_run_group_tests(tests, NULL, NULL);
    printf("work requests: %lu\n", null_verbs_work); /* for carrier_cost */
    return failed;
}
