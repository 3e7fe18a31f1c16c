/* SPDX-License-Identifier: BSD-3-Clause */
/* Which packets of a link's queue go as one, and what comes of such a run at the other end. */
#include <stdlib.h>
#include <string.h>

#include "dataplane/daemon/carrier_state.h"
#include "tests/unit/nic/cmocka_headers.h"

enum {
    PACKET_BYTES = 61440,
    PACKETS = 40
};

static struct link *queued;
static uint8_t memory[1]; /* never touched: places in it are only compared */

static struct packet_data *data_of(unsigned i)
{
    return (struct packet_data *)link_queue_at(queued, i)->header;
}

/* A message's packets, one after another. */
static void fill(struct carried *packet, unsigned i)
{
    struct packet_data data = {.header = {.version = PACKET_VERSION,
                                          .type = PACKET_DATA,
                                          .session = 3,
                                          .path = 1,
                                          .incarnation = 100,
                                          .number = UINT32_MAX - 1 + i,
                                          .sent_at_ns = 1000 + i,
                                          .plan_epoch = 9},
                               .message = 5,
                               .offset = i * PACKET_BYTES,
                               .message_bytes = (uint64_t)PACKETS * PACKET_BYTES};
    *packet = (struct carried){.payload = (const uint8_t *)((uintptr_t)memory + (size_t)i * PACKET_BYTES),
                               .remote_address = 0x10000 + (uint64_t)i * PACKET_BYTES,
                               .remote_key = 7,
                               .payload_bytes = PACKET_BYTES,
                               .region = 1,
                               .header_bytes = sizeof(data)};
    memcpy(packet->header, &data, sizeof(data));
}

static int set_up(void **state)
{
    (void)state;
    queued = calloc(1, sizeof(*queued));
    for (unsigned i = 0; i < PACKETS; i++)
        fill(link_queue_at(queued, queued->end++), i);
    return 0;
}

static int tear_down(void **state)
{
    (void)state;
    free(queued);
    return 0;
}

static void a_run_ends_at_its_limit(void **state)
{
    (void)state;
    assert_int_equal(carrier_run_packets(queued), PACKET_RUN_BYTES_MAX / PACKET_BYTES);
}

static void a_run_ends_with_what_waits(void **state)
{
    (void)state;
    queued->end = 3;
    assert_int_equal(carrier_run_packets(queued), 3);
    queued->posted = 2;
    assert_int_equal(carrier_run_packets(queued), 1);
}

static void a_shorter_packet_is_the_last(void **state)
{
    (void)state;
    link_queue_at(queued, 4)->payload_bytes = 100;
    assert_int_equal(carrier_run_packets(queued), 5);
}

/* Each makes packet 4 one that does not follow packet 3. */
static void of_another_message(void)
{
    data_of(4)->message++;
}
static void of_another_length(void)
{
    data_of(4)->message_bytes++;
}
static void elsewhere_in_the_message(void)
{
    data_of(4)->offset++;
}
static void of_another_number(void)
{
    data_of(4)->header.number++;
}
static void of_another_generation(void)
{
    data_of(4)->header.generation++;
}
static void of_another_plan(void)
{
    data_of(4)->header.plan_epoch++;
}
static void of_no_data(void)
{
    data_of(4)->header.type = PACKET_VOID;
}
static void without_payload(void)
{
    link_queue_at(queued, 4)->payload_bytes = 0;
}
static void longer(void)
{
    link_queue_at(queued, 4)->payload_bytes++;
}
static void of_another_header(void)
{
    link_queue_at(queued, 4)->header_bytes++;
}
static void of_another_region(void)
{
    link_queue_at(queued, 4)->region++;
}
static void of_another_key(void)
{
    link_queue_at(queued, 4)->remote_key++;
}
static void of_another_place_there(void)
{
    link_queue_at(queued, 4)->remote_address++;
}
static void of_another_place_here(void)
{
    link_queue_at(queued, 4)->payload++;
}

static void what_does_not_follow_goes_apart(void **state)
{
    static void (*const changes[])(void) = {
        of_another_message,
        of_another_length,
        elsewhere_in_the_message,
        of_another_number,
        of_another_generation,
        of_another_plan,
        of_no_data,
        without_payload,
        longer,
        of_another_header,
        of_another_region,
        of_another_key,
        of_another_place_there,
        of_another_place_here,
    };
    for (unsigned i = 0; i < sizeof(changes) / sizeof(changes[0]); i++) {
        fill(link_queue_at(queued, 4), 4);
        changes[i]();
        assert_int_equal(carrier_run_packets(queued), 4);
    }
    (void)state;
}

static void what_has_no_payload_goes_alone(void **state)
{
    (void)state;
    link_queue_at(queued, 0)->payload_bytes = 0;
    assert_int_equal(carrier_run_packets(queued), 1);
}

/* ---- at the other end ---- */

static bool open_run(const struct packet_run *run, uint32_t header_bytes, uint32_t payload_bytes,
                     struct arrival *arrival)
{
    struct carrier c = {.config = {.payload_bytes_max = PACKET_BYTES}};
    struct verbs_completion completion = {
        .header = (const uint8_t *)run, .header_bytes = header_bytes, .payload_bytes = payload_bytes};
    return carrier_open_arrival(&c, &completion, arrival);
}

static void a_run_is_the_packets_that_it_was(void **state)
{
    struct packet_run run;
    struct packet_data header, expected;
    struct received_packet packet;
    struct arrival arrival;
    (void)state;
    carrier_run_begin(link_queue_at(queued, 0), &run);
    assert_true(open_run(&run, sizeof(run), 4 * PACKET_BYTES + 100, &arrival));
    assert_int_equal(arrival.packets, 5);
    for (; arrival.taken < arrival.packets; arrival.taken++) {
        carrier_next_of_arrival(&arrival, &header, &packet);
        expected = *data_of(arrival.taken);
        expected.header.sent_at_ns = data_of(0)->header.sent_at_ns;
        assert_memory_equal(packet.bytes, &expected, sizeof(expected));
        assert_int_equal(packet.length, sizeof(expected) + (arrival.taken < 4 ? PACKET_BYTES : 100));
    }
}

static void runs_that_cannot_be_are_refused(void **state)
{
    struct packet_run run;
    struct arrival arrival;
    (void)state;
    carrier_run_begin(link_queue_at(queued, 0), &run);
    assert_false(open_run(&run, sizeof(run), PACKET_BYTES, &arrival)); /* one packet is no run */
    assert_false(open_run(&run, sizeof(run), PACKET_RUN_BYTES_MAX + 1, &arrival));
    assert_false(open_run(&run, sizeof(run), UINT32_MAX, &arrival));
    assert_false(open_run(&run, sizeof(run) - 1, 2 * PACKET_BYTES, &arrival));
    assert_false(open_run(&run, sizeof(run.first), 2 * PACKET_BYTES, &arrival));
    assert_false(open_run(&run, sizeof(run), 0, &arrival)); /* a header that promises what did not come */
    run.packet_bytes = PACKET_RUN_BYTES_MAX / PACKET_WINDOW_MAX - 1; /* more packets than a window has */
    assert_false(open_run(&run, sizeof(run), PACKET_RUN_BYTES_MAX, &arrival));
    run.packet_bytes++;
    assert_true(open_run(&run, sizeof(run), PACKET_RUN_BYTES_MAX, &arrival));
    run.packet_bytes = 0;
    assert_false(open_run(&run, sizeof(run), 2 * PACKET_BYTES, &arrival));
    run.packet_bytes = PACKET_BYTES + 1;
    assert_false(open_run(&run, sizeof(run), 2 * PACKET_BYTES, &arrival));
    run.packet_bytes = PACKET_BYTES;
    run.first.header.type = PACKET_CREDIT;
    assert_false(open_run(&run, sizeof(run), 2 * PACKET_BYTES, &arrival));
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)
    const struct CMUnitTest tests[] = {
        TEST(a_run_ends_at_its_limit),         TEST(a_run_ends_with_what_waits),
        TEST(a_shorter_packet_is_the_last),    TEST(what_does_not_follow_goes_apart),
        TEST(what_has_no_payload_goes_alone),  TEST(a_run_is_the_packets_that_it_was),
        TEST(runs_that_cannot_be_are_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
