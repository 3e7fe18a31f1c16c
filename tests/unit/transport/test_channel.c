/* SPDX-License-Identifier: BSD-3-Clause */
/* A channel exists from the first packet on its path, and holds a window only while something is
 * unacknowledged.
 */
#include "dataplane/transport/channel.h"

#include "tests/unit/transport/fabric.h"
#include "tests/unit/transport/unit.h"

static struct fabric *start(enum path_mode mode)
{
    struct fabric_config config = {.hosts = 2, .paths = 4, .memory_bytes = 1 << 20, .mode = mode};
    return fabric_create(&config);
}

static void send_and_wait(struct fabric *f, uint64_t bytes)
{
    struct fabric_flow flow = {.from = 0, .to = 1, .bytes = bytes};
    assert_int_equal(fabric_receive(f, &flow), SUBMIT_OK);
    assert_int_equal(fabric_send(f, &flow), SUBMIT_OK);
    fabric_run(f, f->now + NSEC_PER_SEC);
    assert_int_equal(fabric_count(f, 1, EVENT_RECEIVED, EVENT_OK), 1);
}

static void test_a_path_that_is_only_known_has_no_channel(void **state)
{
    (void)state;
    struct fabric *f = start(PATH_MODE_HASH);
    const struct transport *t = f->hosts[0].transport;
    uint16_t peer = f->hosts[0].rank_peers[1];
    assert_int_equal(t->channel_count, 0);
    for (unsigned path = 0; path < 4; path++) {
        assert_int_equal(path_state(t, peer, path), CHANNEL_ALIVE);
        assert_int_not_equal(path_source_port(t, peer, path), 0);
    }
    fabric_destroy(f);
}

static void test_a_message_opens_what_it_uses(void **state)
{
    (void)state;
    struct fabric *f = start(PATH_MODE_HASH);
    send_and_wait(f, 1000);
    assert_in_range(f->hosts[0].transport->channel_count, 1, 2); /* its data's, and its credit's */
    fabric_destroy(f);
}

/* However many messages there are, their credits go where something goes anyway. */
static void test_credits_open_no_further_channels(void **state)
{
    (void)state;
    struct fabric *f = start(PATH_MODE_HASH);
    for (uint64_t tag = 1; tag <= 8; tag++) {
        struct fabric_flow flow = {.from = 0, .to = 1, .tag = tag, .bytes = 1000};
        assert_int_equal(fabric_receive(f, &flow), SUBMIT_OK);
        assert_int_equal(fabric_send(f, &flow), SUBMIT_OK);
        fabric_run(f, f->now + NSEC_PER_MSEC);
    }
    assert_int_equal(fabric_count(f, 1, EVENT_RECEIVED, EVENT_OK), 8);
    for (unsigned host = 0; host < 2; host++)
        assert_in_range(f->hosts[host].transport->channel_count, 1, 2);
    fabric_destroy(f);
}

static void test_no_window_is_held_at_rest(void **state)
{
    (void)state;
    struct fabric *f = start(PATH_MODE_WRAP);
    send_and_wait(f, 1 << 20);
    for (unsigned host = 0; host < 2; host++) {
        const struct transport *t = f->hosts[host].transport;
        assert_true(t->windows.small.fresh > 0);
        for (uint32_t i = 0; i < t->channel_count; i++)
            assert_null(t->channels[i].sent.packets);
    }
    fabric_destroy(f);
}

/* The last one that lives stays; the others may go, used or not. */
static void test_paths_are_withdrawn_before_they_are_used(void **state)
{
    (void)state;
    struct fabric *f = start(PATH_MODE_WRAP);
    struct transport *t = f->hosts[0].transport;
    uint16_t peer = f->hosts[0].rank_peers[1];
    struct path_entry entries[4] = {{0}, {0}, {50002}, {0}};
    transport_set_paths(t, peer, entries, 4, f->now);
    for (unsigned path = 0; path < 4; path++)
        assert_int_equal(path_state(t, peer, path) == CHANNEL_ALIVE, path == 2);
    assert_int_equal(path_source_port(t, peer, 2), 50002);
    entries[2].source_port = 0;
    transport_set_paths(t, peer, entries, 4, f->now);
    assert_int_equal(path_state(t, peer, 2), CHANNEL_ALIVE);
    fabric_destroy(f);
}

static enum fault delay_data(struct fabric *f, const struct fabric_packet *packet)
{
    (void)f;
    bool data = ((const struct packet_header *)packet->bytes)->type == PACKET_DATA;
    return data ? FAULT_DELAY : FAULT_NONE;
}

static void send_one_by_one(struct fabric *f, unsigned to, uint64_t first_tag, unsigned count)
{
    for (uint64_t tag = first_tag; tag < first_tag + count; tag++) {
        struct fabric_flow flow = {.from = 0, .to = to, .tag = tag, .bytes = 1000};
        assert_int_equal(fabric_receive(f, &flow), SUBMIT_OK);
        assert_int_equal(fabric_send(f, &flow), SUBMIT_OK);
        fabric_run(f, f->now + NSEC_PER_MSEC);
    }
}

/* Queues have grown since it last sent: what others see keeps it from asking for what is on its way. */
static void test_a_channel_at_rest_learns_of_delay_from_the_others(void **state)
{
    (void)state;
    struct fabric_config config = {.hosts = 3, .paths = 1, .memory_bytes = 1 << 20, .mode = PATH_MODE_WRAP};
    struct fabric *f = fabric_create(&config);
    send_one_by_one(f, 1, 1, 100);
    send_one_by_one(f, 2, 1, 100);
    f->fault = delay_data;
    send_one_by_one(f, 1, 101, 20);
    assert_true(fabric_counters(f, 0).tail_probes > 0); /* someone has to be the first */
    uint64_t before = fabric_counters(f, 0).tail_probes;
    send_one_by_one(f, 2, 101, 1);
    assert_int_equal(fabric_counters(f, 0).tail_probes, before);
    fabric_destroy(f);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_a_path_that_is_only_known_has_no_channel),
        cmocka_unit_test(test_a_message_opens_what_it_uses),
        cmocka_unit_test(test_credits_open_no_further_channels),
        cmocka_unit_test(test_no_window_is_held_at_rest),
        cmocka_unit_test(test_paths_are_withdrawn_before_they_are_used),
        cmocka_unit_test(test_a_channel_at_rest_learns_of_delay_from_the_others),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
