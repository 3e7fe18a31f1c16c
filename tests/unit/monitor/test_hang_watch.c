/* SPDX-License-Identifier: BSD-3-Clause */
/* Collectives that do not end are told of once, last, and end. */
#include "ebpf/monitor/hang_watch.h"

#include <string.h>

#include "tests/unit/monitor/unit.h"

#define MS 1000000ull

static struct rank_table ranks;
static struct hang last_told;
static unsigned told;

static void tell(void *context, const struct hang *hang)
{
    (void)context;
    last_told = *hang;
    told++;
}

static struct hang_watch *open_watch(bool whole)
{
    told = 0;
    ranks = (struct rank_table){0};
    return hang_watch_create(
        &(struct hang_watch_config){.hang_ns = 100 * MS, .whole_communicators = whole, .tell = tell});
}

static void take(struct hang_watch *h, enum timing_kind kind, uint32_t rank, uint64_t sequence,
                 uint64_t now_ns)
{
    struct timing_record record = {.kind = (uint8_t)kind,
                                   .communicator = 9,
                                   .sequence = sequence,
                                   .source = 1 + rank,
                                   .destination = 1 + rank,
                                   .rank = rank,
                                   .rank_count = 2,
                                   .path = TIMING_PATH_NONE};
    rank_table_take(&ranks, &record);
    hang_watch_take(h, &record, &ranks, now_ns);
}

static void test_who_never_entered_is_named(void **state)
{
    (void)state;
    struct hang_watch *h = open_watch(true);
    for (uint32_t rank = 0; rank < 2; rank++)
        take(h, TIMING_OPENED, rank, 0, MS);
    take(h, TIMING_ENTERED, 0, 0, 2 * MS);
    hang_watch_tick(h, 90 * MS);
    assert_int_equal(told, 0);
    hang_watch_tick(h, 110 * MS);
    hang_watch_tick(h, 120 * MS);
    assert_int_equal(told, 1);
    assert_non_null(strstr(last_told.text, "rank 1 never entered"));
    assert_ptr_not_equal(hang_watch_get(h, 0), NULL);
    assert_null(hang_watch_get(h, 1));
    take(h, TIMING_ENTERED, 1, 0, 130 * MS);
    take(h, TIMING_ENDED, 0, 0, 131 * MS);
    take(h, TIMING_ENDED, 1, 0, 131 * MS);
    hang_watch_tick(h, 140 * MS);
    assert_int_equal(told, 2);
    assert_non_null(strstr(last_told.text, "goes on"));
    assert_null(hang_watch_get(h, 0));
    hang_watch_destroy(h);
}

static void test_one_host_names_its_own_and_the_silent_path(void **state)
{
    (void)state;
    struct hang_watch *h = open_watch(false);
    struct timing_record silent = {.kind = TIMING_SILENT,
                                   .source = 1,
                                   .destination = 0x0a020001,
                                   .path = 3,
                                   .network_ns = MS,
                                   .retransmits = 3};
    take(h, TIMING_OPENED, 0, 0, MS);
    take(h, TIMING_ENTERED, 0, 0, 2 * MS);
    hang_watch_take(h, &silent, &ranks, 3 * MS);
    hang_watch_tick(h, 200 * MS);
    assert_int_equal(told, 1);
    assert_int_equal(last_told.path, 3);
    assert_non_null(strstr(last_told.text, "rank 0: silent from 0.0.0.1 to 10.2.0.1 over spine 3"));
    hang_watch_destroy(h);
}

static void test_lost_records_are_nobody_s_fault(void **state)
{
    (void)state;
    struct hang_watch *h = open_watch(true);
    for (uint32_t rank = 0; rank < 2; rank++)
        take(h, TIMING_OPENED, rank, 0, MS);
    take(h, TIMING_ENTERED, 0, 0, 2 * MS);
    hang_watch_on_loss(h, &ranks);
    hang_watch_tick(h, 300 * MS);
    assert_int_equal(told, 0);
    hang_watch_destroy(h);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_who_never_entered_is_named),
        cmocka_unit_test(test_one_host_names_its_own_and_the_silent_path),
        cmocka_unit_test(test_lost_records_are_nobody_s_fault),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
