/* SPDX-License-Identifier: BSD-3-Clause */
/* What control has not taken is kept, up to a bound; numbers tell it what is missing. */
#include "ebpf/monitor/outbox.h"

#include "tests/unit/monitor/unit.h"

enum {
    CAPACITY = 8
};

static void add(struct outbox *o, unsigned count)
{
    for (unsigned i = 0; i < count; i++)
        outbox_add(o, &(struct timing_record){.sequence = o->next});
}

static void test_records_come_out_in_order(void **state)
{
    struct outbox o;
    struct timing_record out[CAPACITY];
    (void)state;
    assert_int_equal(outbox_init(&o, 1, CAPACITY), 0);
    add(&o, 5);
    assert_int_equal(outbox_peek(&o, out, 3), 3);
    assert_int_equal(out[2].sequence, 2);
    outbox_on_taken(&o, 0, 3);
    assert_int_equal(outbox_peek(&o, out, CAPACITY), 2);
    assert_int_equal(out[0].sequence, 3);
    assert_int_equal(o.first, 3);
    assert_int_equal(o.dropped, 0);
    assert_int_equal(o.taken, 3);
    outbox_free(&o);
}

static void test_the_oldest_is_dropped_and_counted(void **state)
{
    struct outbox o;
    struct timing_record out[CAPACITY];
    (void)state;
    assert_int_equal(outbox_init(&o, 1, CAPACITY), 0);
    add(&o, CAPACITY + 3);
    assert_int_equal(outbox_peek(&o, out, CAPACITY), CAPACITY);
    assert_int_equal(out[0].sequence, 3);
    assert_int_equal(o.dropped, 3);
    outbox_free(&o);
}

/* It was dropped here while it was under way, and arrived all the same. */
static void test_what_arrives_was_not_dropped(void **state)
{
    struct outbox o;
    (void)state;
    assert_int_equal(outbox_init(&o, 1, CAPACITY), 0);
    add(&o, CAPACITY);
    uint64_t first = o.first;
    add(&o, 3);
    outbox_on_taken(&o, first, 4);
    assert_int_equal(o.dropped, 0);
    assert_int_equal(o.first, 4);
    add(&o, 2 * CAPACITY);
    outbox_on_taken(&o, 4, 2);
    assert_int_equal(o.dropped, o.next - CAPACITY - 6);
    assert_int_equal(o.first, o.next - CAPACITY);
    outbox_free(&o);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_records_come_out_in_order),
        cmocka_unit_test(test_the_oldest_is_dropped_and_counted),
        cmocka_unit_test(test_what_arrives_was_not_dropped),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
