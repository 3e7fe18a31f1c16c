/* SPDX-License-Identifier: BSD-3-Clause */
#include "dataplane/formats/timing.h"

#include <setjmp.h>
#include <stdarg.h>
#include <string.h>

#include <cmocka.h>

#define ADDRESS 0x0a010001u
#define PEER    0x0a020001u

static struct timing_record good_record(void)
{
    return (struct timing_record){.communicator = 7,
                                  .sequence = 1,
                                  .bytes = 65536,
                                  .network_ns = 100000,
                                  .source = ADDRESS,
                                  .destination = PEER,
                                  .rank = 1,
                                  .peer_rank = 2,
                                  .rank_count = 8,
                                  .packets = 16,
                                  .retransmits = 2,
                                  .marks = 3,
                                  .kind = TIMING_SENT};
}

static const struct timing_batch good_batch = {
    .count = 2, .address = ADDRESS, .incarnation = 99, .first_sequence = 5, .lost = 1};

struct block {
    uint8_t bytes[sizeof(struct timing_batch) + 2 * sizeof(struct timing_record) + 1];
    size_t count;
};

static struct block written(void)
{
    struct block b;
    struct timing_record records[2] = {good_record(), good_record()};
    records[1].sequence = 2;
    b.count = timing_batch_write(b.bytes + 1, &good_batch, records);
    return b;
}

static int check(struct block *b, size_t count, struct timing_view *view)
{
    char error[TIMING_ERROR_BYTES] = "";
    int result = timing_batch_check(b->bytes + 1, count, ADDRESS, view, error);
    assert_int_equal(result != 0, error[0] != '\0');
    return result;
}

static void a_batch_is_read_as_it_was_written(void **state)
{
    (void)state;
    struct block b = written(); /* at an odd address */
    struct timing_view view;
    assert_int_equal(b.count, timing_batch_bytes(2));
    assert_int_equal(check(&b, b.count, &view), 0);
    assert_int_equal(view.batch.first_sequence, 5);
    assert_int_equal(view.batch.lost, 1);
    struct timing_record record;
    timing_batch_record(&view, 1, &record);
    assert_int_equal(record.sequence, 2);
    assert_int_equal(record.destination, PEER);
}

static void a_batch_of_other_length_is_refused(void **state)
{
    (void)state;
    struct block b = written();
    struct timing_view view;
    for (size_t bytes = 0; bytes < b.count; bytes++)
        assert_int_not_equal(check(&b, bytes, &view), 0);
}

static void each_part_of_the_envelope_is_checked(void **state)
{
    (void)state;
    struct timing_view view;
    const size_t parts[] = {offsetof(struct timing_batch, magic), offsetof(struct timing_batch, version),
                            offsetof(struct timing_batch, record_bytes), offsetof(struct timing_batch, count),
                            offsetof(struct timing_batch, address)};
    for (size_t i = 0; i < sizeof(parts) / sizeof(parts[0]); i++) {
        struct block b = written();
        b.bytes[1 + parts[i]] ^= 1;
        assert_int_not_equal(check(&b, b.count, &view), 0);
    }
    struct block b = written();
    memset(b.bytes + 1 + offsetof(struct timing_batch, incarnation), 0, 8);
    assert_int_not_equal(check(&b, b.count, &view), 0);
}

static void too_many_records_are_not_written(void **state)
{
    (void)state;
    struct timing_batch many = good_batch;
    many.count = TIMING_RECORDS_MAX + 1;
    assert_int_equal(timing_batch_write(NULL, &many, NULL), 0);
}

static void a_record_is_believed_only_if_possible(void **state)
{
    (void)state;
    struct timing_record r = good_record();
    assert_int_equal(timing_record_check(&r, ADDRESS), TIMING_GOOD);
    assert_int_equal(timing_record_check(&r, PEER), TIMING_BAD_ADDRESS);
    r.kind = TIMING_RECEIVED;
    assert_int_equal(timing_record_check(&r, PEER), TIMING_GOOD);
    r = good_record(), r.kind = TIMING_KINDS;
    assert_int_equal(timing_record_check(&r, ADDRESS), TIMING_BAD_KIND);
    r = good_record(), r.kind = 0;
    assert_int_equal(timing_record_check(&r, ADDRESS), TIMING_BAD_KIND);
    r = good_record(), r.flags = 0x80;
    assert_int_equal(timing_record_check(&r, ADDRESS), TIMING_BAD_KIND);
    r = good_record(), r.reserved = 1;
    assert_int_equal(timing_record_check(&r, ADDRESS), TIMING_BAD_KIND);
}

static void impossible_times_and_counts_are_told_apart(void **state)
{
    (void)state;
    struct timing_record r = good_record();
    r.network_ns = (uint64_t)-5; /* a clock that went back */
    assert_int_equal(timing_record_check(&r, ADDRESS), TIMING_BAD_STAGE);
    r = good_record(), r.retransmits = 17;
    assert_int_equal(timing_record_check(&r, ADDRESS), TIMING_BAD_COUNT);
    r = good_record(), r.marks = 17;
    assert_int_equal(timing_record_check(&r, ADDRESS), TIMING_BAD_COUNT);
    r = good_record(), r.packets = r.retransmits = r.marks = 0;
    assert_int_equal(timing_record_check(&r, ADDRESS), TIMING_BAD_COUNT);
    r = good_record(), r.peer_rank = 8;
    assert_int_equal(timing_record_check(&r, ADDRESS), TIMING_BAD_COUNT);
    r = good_record(), r.bytes = TIMING_BYTES_MAX + 1;
    assert_int_equal(timing_record_check(&r, ADDRESS), TIMING_BAD_COUNT);
    r = good_record(), r.kind = TIMING_SILENT, r.packets = 0;
    assert_int_equal(timing_record_check(&r, ADDRESS), TIMING_BAD_COUNT); /* marks without packets */
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_batch_is_read_as_it_was_written),
        cmocka_unit_test(a_batch_of_other_length_is_refused),
        cmocka_unit_test(each_part_of_the_envelope_is_checked),
        cmocka_unit_test(too_many_records_are_not_written),
        cmocka_unit_test(a_record_is_believed_only_if_possible),
        cmocka_unit_test(impossible_times_and_counts_are_told_apart),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
