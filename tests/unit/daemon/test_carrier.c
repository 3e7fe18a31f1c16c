/* SPDX-License-Identifier: BSD-3-Clause */
/* Transfers over queue pairs of nothing (carrier_hosts.h), and what befalls them. */
#include <stdio.h>
#include <string.h>

#include "tests/unit/daemon/carrier_hosts.h"
#include "tests/unit/nic/cmocka_headers.h"

static void a_message_goes_over_queue_pairs_of_all_paths(void **state)
{
    struct carrier_counters counters;
    (void)state;
    hosts_begin_transfer(BYTES, BYTES);
    hosts_finish();
    hosts_check_bytes(BYTES);
    carrier_get_counters(hosts[0].carrier, &counters);
    assert_int_equal(hosts[0].links_made, PATHS);
    assert_in_range(counters.packets_carried, BYTES / PAYLOAD_BYTES, 2 * BYTES / PAYLOAD_BYTES);
    assert_int_equal(hosts[0].paths_down, 0);
}

/* The plan, without anybody's, is an equal share for each path. */
static void every_path_carries_its_share(void **state)
{
    uint64_t most = 0, sum = 0;
    struct channel_info info;
    bool exists;
    (void)state;
    hosts_begin_transfer(BYTES, BYTES);
    hosts_finish();
    for (unsigned i = 0; transport_get_channel(hosts[0].transport, i, &info, &exists); i++) {
        if (!exists || info.peer_address != FIRST_ADDRESS + 1)
            continue;
        sum += info.acked_bytes;
        most = info.acked_bytes > most ? info.acked_bytes : most;
    }
    assert_int_equal(sum, BYTES);
    assert_in_range(most * PATHS, sum, sum + sum / 20);
}

static void lengths_need_not_fill_the_room(void **state)
{
    static const uint64_t lengths[] = {0, 1, 4095, PAYLOAD_BYTES, PAYLOAD_BYTES + 1};
    for (unsigned i = 0; i < sizeof(lengths) / sizeof(lengths[0]); i++) {
        hosts_begin_transfer(lengths[i], BYTES);
        hosts_finish();
        hosts_check_bytes(lengths[i]);
        hosts_tear_down(state);
        hosts_set_up(state);
    }
}

/* Several packets a round on each path. */
static int set_up_fast(void **state)
{
    hosts_rate_bytes_per_s = 50000000000;
    return hosts_set_up(state);
}

static int tear_down_fast(void **state)
{
    hosts_rate_bytes_per_s = 1250000000;
    return hosts_tear_down(state);
}

static void packets_that_follow_each_other_go_as_one(void **state)
{
    struct carrier_counters carrier;
    struct verbs_counters verbs;
    (void)state;
    hosts_begin_transfer(BYTES, BYTES);
    hosts_finish();
    carrier_get_counters(hosts[0].carrier, &carrier);
    verbs_get_counters(hosts[0].verbs, &verbs);
    assert_in_range(verbs.messages_sent, PATHS, carrier.packets_carried / 2);
}

/* Every third time, what has come is refused for want of room. */
static enum drop_reason receive_with_little_room(void *context, const struct received_packet *packet)
{
    struct host *h = context;
    struct placement placement;
    static unsigned calls;
    return ++calls % 3 == 0 ? DROP_NO_RESOURCES : transport_receive(h->transport, packet, &placement, now);
}

static void the_rest_of_a_run_is_taken_later(void **state)
{
    struct transport_counters counters;
    struct carrier_counters carrier;
    struct carrier_receiver receiver = {.receive = receive_with_little_room, .context = &hosts[1]};
    (void)state;
    carrier_set_receiver(hosts[1].carrier, &receiver);
    hosts_begin_transfer(BYTES, BYTES);
    hosts_finish();
    hosts_check_bytes(BYTES);
    transport_get_counters(hosts[1].transport, &counters);
    carrier_get_counters(hosts[1].carrier, &carrier);
    assert_int_equal(counters.drops[DROP_DUPLICATE], 0);
    assert_in_range(carrier.packets_held, 1, UINT32_MAX);
}

/* A few messages in, the next work request fails, however it may. */
static void after_any_failure_nothing_is_lost_or_doubled(void **state)
{
    for (unsigned status = IBV_WC_LOC_LEN_ERR; status <= IBV_WC_GENERAL_ERR; status++) {
        hosts_begin_transfer(BYTES, BYTES);
        hosts_do_rounds(12);
        assert_int_equal(hosts[1].received, 0);
        null_verbs_fail((enum ibv_wc_status)status);
        hosts_finish();
        hosts_check_bytes(BYTES);
        assert_in_range(hosts[0].paths_down + hosts[1].paths_down, 1, 2);
        hosts_tear_down(state);
        hosts_set_up(state);
    }
}

static void a_path_lives_again_on_a_new_queue_pair(void **state)
{
    (void)state;
    hosts_begin_transfer(BYTES, BYTES);
    hosts_do_rounds(12);
    null_verbs_fail(IBV_WC_RETRY_EXC_ERR);
    hosts_finish();
    for (unsigned i = 0; i < ROUNDS_MAX && hosts[0].paths_up == 0; i++)
        hosts_do_round();
    assert_int_equal(hosts[0].paths_up, 1);
    assert_int_equal(hosts[0].links_made, PATHS + 1);
}

static void a_break_from_outside_is_mended(void **state)
{
    struct link_name name = hosts_name_for(0, 2);
    (void)state;
    hosts_begin_transfer(BYTES, BYTES);
    hosts_do_rounds(12);
    carrier_break_link(hosts[0].carrier, &name, now);
    hosts_finish();
    hosts_check_bytes(BYTES);
}

/* What is posted when its queue pair is found dead has been read by nobody yet: nothing that waits is lost.
 */
static void what_was_on_its_way_is_asked_for(void **state)
{
    struct transport_counters counters;
    (void)state;
    hosts_begin_transfer(BYTES, BYTES);
    hosts_do_rounds(12);
    null_verbs_hold();
    hosts_do_rounds(3);
    null_verbs_fail(IBV_WC_RETRY_EXC_ERR);
    null_verbs_let_go();
    hosts_finish();
    hosts_check_bytes(BYTES);
    transport_get_counters(hosts[0].transport, &counters);
    assert_in_range(counters.paths_died, 1, 4);
}

/* Rounds from the failure of a path until its rest goes elsewhere, while so many datagrams are lost. */
static unsigned fail_a_path(unsigned datagrams_lost_percent)
{
    struct transport_counters counters = {0};
    unsigned rounds = 0;
    hosts_begin_transfer(BYTES, BYTES);
    hosts_do_rounds(12);
    null_verbs_hold();
    hosts_do_rounds(2);
    null_verbs_fail(IBV_WC_RETRY_EXC_ERR);
    null_verbs_let_go();
    weather.datagrams_lost_percent = datagrams_lost_percent;
    for (; rounds < 1000 && counters.packets_rehomed == 0; rounds++) {
        hosts_do_round();
        transport_get_counters(hosts[0].transport, &counters);
    }
    weather.datagrams_lost_percent = 0;
    return rounds;
}

/* The close is answered as soon as the queue pair has been stopped, not when it is asked again. */
static void the_rest_of_a_failed_path_goes_at_once(void **state)
{
    (void)state;
    assert_in_range(fail_a_path(0), 1, 5); /* 25 us; closes are repeated every 80 us */
    hosts_finish();
    hosts_check_bytes(BYTES);
}

/* Those whose ports lead to the dead one of two spines are. All six of either way get lost once in 32
 * failures. */
static void where_every_other_datagram_is_lost_the_rest_goes_at_once_too(void **state)
{
    unsigned at_once = 0;
    for (uint64_t seed = 0; seed < 25; seed++) {
        weather.random.state = seed;
        at_once += fail_a_path(50) <= 5;
        hosts_finish();
        hosts_check_bytes(BYTES);
        hosts_tear_down(state);
        hosts_set_up(state);
    }
    assert_in_range(at_once, 22, 25);
}

static void a_forged_close_breaks_nothing(void **state)
{
    struct packet_header forged = {
        .version = PACKET_VERSION, .type = PACKET_CLOSE, .incarnation = 9999, .generation = 100, .path = 1};
    (void)state;
    hosts_begin_transfer(BYTES, BYTES);
    hosts_do_rounds(12);
    assert_false(carrier_sees_datagram(hosts[1].carrier, FIRST_ADDRESS, (const uint8_t *)&forged,
                                       sizeof(forged), now));
    hosts_finish();
    assert_int_equal(hosts[0].links_made, PATHS);
}

static void what_comes_before_our_session_is_open_is_kept(void **state)
{
    struct carrier_counters counters;
    (void)state;
    hosts_begin_transfer(BYTES, BYTES);
    hosts_do_round();
    weather.mute[1] = true; /* its last answer is lost */
    hosts_do_rounds(20);
    assert_true(transport_has_session(hosts[1].transport, FIRST_ADDRESS));
    assert_false(transport_has_session(hosts[0].transport, FIRST_ADDRESS + 1));
    carrier_get_counters(hosts[0].carrier, &counters);
    assert_int_equal(counters.packets_held, 1);
    weather.mute[1] = false;
    hosts_finish();
    hosts_check_bytes(BYTES);
}

static void what_is_submitted_while_no_path_lives_waits_for_one(void **state)
{
    (void)state;
    hosts_begin_transfer(BYTES, BYTES);
    hosts_finish();
    weather.datagrams_lost_percent = 100; /* nobody answers what has arrived */
    for (unsigned p = 0; p < PATHS; p++) {
        struct link_name name = hosts_name_for(0, p);
        carrier_break_link(hosts[0].carrier, &name, now);
    }
    hosts_begin_transfer(BYTES, BYTES);
    hosts_do_rounds(100);
    assert_int_equal(hosts[0].sent, 0);
    weather.datagrams_lost_percent = 0;
    hosts_finish();
    hosts_check_bytes(BYTES);
}

static void payload_that_a_header_may_not_have_is_counted(void **state)
{
    struct carrier_counters counters;
    struct packet_header header = {.version = PACKET_VERSION, .type = PACKET_VOID, .incarnation = 100};
    struct packet_data data = {
        .header = {.version = PACKET_VERSION, .type = PACKET_DATA, .incarnation = 100}};
    struct verbs_end end;
    (void)state;
    hosts_begin_transfer(BYTES, BYTES);
    hosts_finish();
    verbs_link_describe(hosts[1].links[0], &end);
    null_verbs_send_raw(end.queue_pair, &header, sizeof(header), 1, 100);
    null_verbs_send_raw(end.queue_pair, &data, sizeof(data), 1, PAYLOAD_BYTES + 1);
    null_verbs_send_raw(end.queue_pair, &data, sizeof(data), 1, UINT32_MAX);
    null_verbs_send_raw(end.queue_pair, &data, sizeof(data) - 1, 1, 100);
    hosts_do_round();
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
    hosts_begin_transfer(BYTES, BYTES);
    hosts_finish();
    transport_get_counters(hosts[1].transport, &before);
    verbs_link_describe(hosts[1].links[0], &end);
    null_verbs_send_raw(end.queue_pair, &data, sizeof(data), 1, 100);
    hosts_do_round();
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
    hosts_begin_transfer(BYTES, BYTES);
    hosts_finish();
    *header = (struct packet_header){.version = PACKET_VERSION, .type = PACKET_VOID};
    packet.header_bytes = sizeof(*header);
    assert_true(carrier_send(hosts[0].carrier, &packet, NULL));
    carrier_get_counters(hosts[0].carrier, &counters);
    assert_int_equal(counters.no_link, 1);
}

static void a_region_is_in_use_while_the_nic_may_read_it(void **state)
{
    (void)state;
    hosts_begin_transfer(BYTES, BYTES);
    hosts_do_rounds(12);
    null_verbs_hold();
    for (unsigned i = 0; i < 20 && !carrier_uses_region(hosts[0].carrier, REGION); i++)
        hosts_do_round();
    assert_true(carrier_uses_region(hosts[0].carrier, REGION));
    null_verbs_let_go();
    hosts_finish();
    assert_false(carrier_uses_region(hosts[0].carrier, REGION));
}

/* With an argument: only the stories that it matches. */
int main(int argc, char **argv)
{
    if (argc > 1)
        cmocka_set_test_filter(argv[1]);
#define TEST(name)      cmocka_unit_test_setup_teardown(name, hosts_set_up, hosts_tear_down)
#define FAST_TEST(name) cmocka_unit_test_setup_teardown(name, set_up_fast, tear_down_fast)
    const struct CMUnitTest tests[] = {
        TEST(a_message_goes_over_queue_pairs_of_all_paths),
        TEST(every_path_carries_its_share),
        TEST(lengths_need_not_fill_the_room),
        FAST_TEST(packets_that_follow_each_other_go_as_one),
        FAST_TEST(the_rest_of_a_run_is_taken_later),
        TEST(after_any_failure_nothing_is_lost_or_doubled),
        TEST(a_path_lives_again_on_a_new_queue_pair),
        TEST(a_break_from_outside_is_mended),
        TEST(what_was_on_its_way_is_asked_for),
        TEST(the_rest_of_a_failed_path_goes_at_once),
        TEST(where_every_other_datagram_is_lost_the_rest_goes_at_once_too),
        TEST(a_forged_close_breaks_nothing),
        TEST(what_comes_before_our_session_is_open_is_kept),
        TEST(what_is_submitted_while_no_path_lives_waits_for_one),
        TEST(payload_that_a_header_may_not_have_is_counted),
        TEST(headers_of_another_incarnation_are_dropped),
        TEST(paths_beyond_the_queue_pairs_are_refused_by_count),
        TEST(a_region_is_in_use_while_the_nic_may_read_it),
    };
    int failed = cmocka_run_group_tests(tests, NULL, NULL);
    printf("work requests: %lu\n", null_verbs_work); /* for carrier_cost */
    return failed;
}
