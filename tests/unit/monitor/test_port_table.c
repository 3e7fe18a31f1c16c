/* SPDX-License-Identifier: BSD-3-Clause */
/* Records are told by the port they are of; what no port may tell is refused. */
#include "ebpf/monitor/port_table.h"

#include "tests/unit/monitor/unit.h"

static struct port_table table;

static struct timing_record sent(uint32_t source, uint32_t destination)
{
    return (struct timing_record){.kind = TIMING_SENT,
                                  .source = source,
                                  .destination = destination,
                                  .packets = 1,
                                  .bytes = 100,
                                  .path = 3,
                                  .pieces = 1};
}

static void test_each_port_has_its_own(void **state)
{
    (void)state;
    port_table_init(&table, 1024);
    struct timing_record out = sent(1, 2), in = sent(1, 2);
    in.kind = TIMING_RECEIVED;
    assert_true(port_table_add(&table, &out));
    assert_true(port_table_add(&table, &in));
    assert_true(port_table_add(&table, &out));
    assert_int_equal(table.count, 2);
    assert_int_equal(table.outboxes[0].address, 1);
    assert_int_equal(table.outboxes[0].next, 2);
    assert_int_equal(table.outboxes[1].address, 2);
    assert_int_equal(table.outboxes[1].next, 1);
    port_table_free(&table);
}

static void test_nonsense_is_refused(void **state)
{
    (void)state;
    port_table_init(&table, 1024);
    struct timing_record nobody = sent(0, 2), late = sent(1, 2), kind = sent(1, 2);
    late.network_ns = UINT64_MAX;
    kind.kind = TIMING_KINDS;
    assert_false(port_table_add(&table, &nobody));
    assert_false(port_table_add(&table, &late));
    assert_false(port_table_add(&table, &kind));
    assert_int_equal(table.refused, 3);
    assert_int_equal(table.count, 0);
    port_table_free(&table);
}

static void test_another_library_s_call_is_of_the_first_port(void **state)
{
    (void)state;
    struct timing_record call = {.kind = TIMING_ENTERED, .flags = TIMING_ENQUEUE_ONLY}, out = sent(7, 8);
    struct timing_record early = call;
    port_table_init(&table, 1024);
    assert_false(port_table_add(&table, &early));
    assert_true(port_table_add(&table, &out));
    assert_true(port_table_add(&table, &call));
    assert_int_equal(call.source, 7);
    assert_int_equal(table.outboxes[0].next, 2);
    port_table_free(&table);
}

static void test_ports_are_bounded(void **state)
{
    (void)state;
    port_table_init(&table, 1024);
    for (uint32_t i = 1; i <= TIMING_ADDRESSES_MAX + 5; i++) {
        struct timing_record record = sent(i, 1);
        assert_int_equal(port_table_add(&table, &record), i <= TIMING_ADDRESSES_MAX);
    }
    assert_int_equal(table.refused, 5);
    port_table_free(&table);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_each_port_has_its_own),
        cmocka_unit_test(test_nonsense_is_refused),
        cmocka_unit_test(test_another_library_s_call_is_of_the_first_port),
        cmocka_unit_test(test_ports_are_bounded),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
