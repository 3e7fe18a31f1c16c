/* SPDX-License-Identifier: BSD-3-Clause */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "tests/unit/localiser/small_fabric.h"

static void begin(struct small_fabric *f, uint32_t records_max)
{
    struct localiser_config config;
    localiser_config_default(&config);
    config.records_max = records_max;
    small_fabric_create(f, &config);
}

static enum localiser_refusal take(struct small_fabric *f, const struct timing_record *r)
{
    return localiser_take_record(f->localiser, r->source, r, small_fabric_now(f));
}

static void what_the_fabric_does_not_have_is_refused_and_counted(void **state)
{
    (void)state;
    struct small_fabric f;
    struct localiser_counters c;
    begin(&f, 1000);
    struct timing_record r = small_fabric_message(&f, 0, 5);
    assert_int_equal(take(&f, &r), LOCALISER_TAKEN);
    r.path = SMALL_SPINES;
    assert_int_equal(take(&f, &r), LOCALISER_UNKNOWN_PATH);
    r = small_fabric_message(&f, 0, 5);
    r.destination = 77;
    assert_int_equal(take(&f, &r), LOCALISER_UNKNOWN_PORT);
    r = small_fabric_message(&f, 0, 5);
    r.network_ns = UINT64_MAX;
    assert_int_equal(take(&f, &r), LOCALISER_MALFORMED);
    localiser_use_epoch(f.localiser, 9);
    r = small_fabric_message(&f, 0, 5);
    r.plan_epoch = 10;
    assert_int_equal(take(&f, &r), LOCALISER_UNKNOWN_EPOCH);
    r.plan_epoch = 9;
    assert_int_equal(take(&f, &r), LOCALISER_TAKEN);
    localiser_get_counters(f.localiser, &c);
    assert_int_equal(c.records, 6);
    assert_int_equal(c.refused[LOCALISER_UNKNOWN_PATH] + c.refused[LOCALISER_UNKNOWN_PORT] +
                         c.refused[LOCALISER_MALFORMED] + c.refused[LOCALISER_UNKNOWN_EPOCH],
                     4);
    small_fabric_destroy(&f);
}

static void another_ports_records_are_not_its_to_tell(void **state)
{
    (void)state;
    struct small_fabric f;
    begin(&f, 1000);
    struct timing_record r = small_fabric_message(&f, 0, 5);
    assert_int_equal(localiser_take_record(f.localiser, f.ports[1].address, &r, 0), LOCALISER_MALFORMED);
    small_fabric_destroy(&f);
}

static void records_beyond_the_bound_are_refused(void **state)
{
    (void)state;
    struct small_fabric f;
    begin(&f, 10);
    struct timing_record r = small_fabric_message(&f, 0, 5);
    for (unsigned i = 0; i < 10; i++)
        assert_int_equal(take(&f, &r), LOCALISER_TAKEN);
    assert_int_equal(take(&f, &r), LOCALISER_FULL);
    small_fabric_destroy(&f);
}

static void what_has_been_judged_is_late(void **state)
{
    (void)state;
    struct small_fabric f;
    begin(&f, 10000);
    struct timing_record r = small_fabric_message(&f, 0, 5);
    small_fabric_step(&f);
    assert_int_equal(take(&f, &r), LOCALISER_LATE);
    small_fabric_destroy(&f);
}

struct batch {
    struct timing_view view;
    uint8_t bytes[sizeof(struct timing_batch) + 2 * sizeof(struct timing_record)];
};

static void send_batch(struct small_fabric *f, uint64_t incarnation, uint64_t first, uint64_t lost)
{
    struct batch b;
    char error[TIMING_ERROR_BYTES];
    struct timing_record records[2] = {small_fabric_message(f, 0, 5), small_fabric_message(f, 0, 9)};
    struct timing_batch envelope = {.count = 2,
                                    .address = f->ports[0].address,
                                    .incarnation = incarnation,
                                    .first_sequence = first,
                                    .lost = lost};
    size_t bytes = timing_batch_write(b.bytes, &envelope, records);
    assert_int_equal(timing_batch_check(b.bytes, bytes, f->ports[0].address, &b.view, error), 0);
    localiser_take_batch(f->localiser, &b.view, small_fabric_now(f));
}

static void batches_sent_twice_are_counted_once_and_gaps_are_seen(void **state)
{
    (void)state;
    struct small_fabric f;
    struct localiser_counters c;
    begin(&f, 1000);
    send_batch(&f, 4, 0, 0);
    send_batch(&f, 4, 0, 0); /* again: its answer was lost */
    localiser_get_counters(f.localiser, &c);
    assert_int_equal(c.refused[LOCALISER_DUPLICATE], 2);
    send_batch(&f, 4, 5, 3); /* 2 .. 4 never came, and the monitor knows */
    localiser_get_counters(f.localiser, &c);
    assert_int_equal(c.records_lost, 3);
    assert_int_equal(c.refused[LOCALISER_DUPLICATE], 2);
    small_fabric_destroy(&f);
}

static void a_monitor_that_starts_again_starts_its_count_again(void **state)
{
    (void)state;
    struct small_fabric f;
    struct localiser_counters c;
    begin(&f, 1000);
    send_batch(&f, 4, 100, 0);
    send_batch(&f, 5, 0, 0);
    localiser_get_counters(f.localiser, &c);
    assert_int_equal(c.monitors_restarted, 1);
    assert_int_equal(c.refused[LOCALISER_DUPLICATE], 0);
    assert_int_equal(c.records_lost, 0);
    small_fabric_destroy(&f);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_the_fabric_does_not_have_is_refused_and_counted),
        cmocka_unit_test(another_ports_records_are_not_its_to_tell),
        cmocka_unit_test(records_beyond_the_bound_are_refused),
        cmocka_unit_test(what_has_been_judged_is_late),
        cmocka_unit_test(batches_sent_twice_are_counted_once_and_gaps_are_seen),
        cmocka_unit_test(a_monitor_that_starts_again_starts_its_count_again),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
