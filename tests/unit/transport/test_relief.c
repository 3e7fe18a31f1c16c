/* SPDX-License-Identifier: BSD-3-Clause */
/* A path that gives less than planned loses work to its siblings; one that keeps up keeps its own. */
#include "dataplane/transport/relief.h"

#include "tests/unit/transport/fabric.h"
#include "tests/unit/transport/unit.h"

enum {
    FLOW_BYTES = 2 << 20,
    SLOW_PATH = 1
};

static uint64_t slow_path_bytes;

static enum fault count_path(struct fabric *f, const struct fabric_packet *packet)
{
    (void)f;
    bool data = ((const struct packet_header *)packet->bytes)->type == PACKET_DATA;
    if (packet->to == 1 && data && packet->source_port == PATH_PORT(SLOW_PATH))
        slow_path_bytes += packet->length;
    return FAULT_NONE;
}

static enum fault delay_path(struct fabric *f, const struct fabric_packet *packet)
{
    count_path(f, packet);
    return packet->to == 1 && packet->source_port == PATH_PORT(SLOW_PATH) ? FAULT_DELAY : FAULT_NONE;
}

/* All but one: the one is ahead of what the port brings. */
static enum fault delay_others(struct fabric *f, const struct fabric_packet *packet)
{
    (void)f;
    return packet->to == 1 && packet->source_port != PATH_PORT(SLOW_PATH) ? FAULT_DELAY : FAULT_NONE;
}

static struct transport_counters send_with(enum path_mode mode, unsigned paths, fault_function fault)
{
    struct fabric_config config = {
        .hosts = 2, .paths = paths, .memory_bytes = 4 << 20, .mode = mode, .congestion = "nscc"};
    struct fabric *f = fabric_create(&config);
    fabric_run(f, f->now + NSEC_PER_MSEC);
    slow_path_bytes = 0;
    f->fault = fault;
    struct fabric_flow flow = {.from = 0, .to = 1, .tag = 1, .bytes = FLOW_BYTES};
    fabric_receive(f, &flow);
    fabric_send(f, &flow);
    fabric_run(f, f->now + NSEC_PER_SEC);
    assert_int_equal(fabric_count(f, 1, EVENT_RECEIVED, EVENT_OK), 1);
    struct transport_counters counters = fabric_counters(f, 0);
    fabric_destroy(f);
    return counters;
}

static void test_equal_paths_keep_what_they_have(void **state)
{
    (void)state;
    struct transport_counters counters = send_with(PATH_MODE_WRAP, 4, count_path);
    assert_int_equal(counters.pieces_relieved, 0);
    assert_in_range(slow_path_bytes, FLOW_BYTES / 4, FLOW_BYTES / 4 + FLOW_BYTES / 50);
}

static void test_a_slow_path_is_relieved(void **state)
{
    (void)state;
    struct transport_counters counters = send_with(PATH_MODE_WRAP, 4, delay_path);
    assert_in_range(counters.pieces_relieved, 1, 64);
    assert_in_range(slow_path_bytes, 1, FLOW_BYTES / 6);
}

static void test_a_plan_is_unmade_for_a_slow_path_alone(void **state)
{
    (void)state;
    assert_in_range(send_with(PATH_MODE_PLANNED, 4, delay_path).pieces_relieved, 1, 64);
    assert_in_range(send_with(PATH_MODE_WRAP, 8, delay_others).pieces_relieved, 1, 64);
    assert_int_equal(send_with(PATH_MODE_PLANNED, 8, delay_others).pieces_relieved, 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_equal_paths_keep_what_they_have),
        cmocka_unit_test(test_a_slow_path_is_relieved),
        cmocka_unit_test(test_a_plan_is_unmade_for_a_slow_path_alone),
    };
    return cmocka_run_group_tests(tests, 0, 0);
}
