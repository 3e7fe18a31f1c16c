/* SPDX-License-Identifier: BSD-3-Clause */
#include "control/localiser/stage_gate.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#define T_H 1000

static struct stage_gate *create(bool whole)
{
    struct stage_gate_config config = {
        .hang_ns = T_H, .whole_communicators = whole, .communicators_max = 2, .ranks_max = 64};
    struct stage_gate *g = stage_gate_create(&config);
    assert_non_null(g);
    return g;
}

static struct timing_record record(enum timing_kind kind, uint32_t rank, uint64_t sequence)
{
    return (struct timing_record){.communicator = 1,
                                  .sequence = sequence,
                                  .source = 100 + rank,
                                  .destination = 100 + rank,
                                  .rank = rank,
                                  .rank_count = 4,
                                  .kind = (uint8_t)kind};
}

static void tell(struct stage_gate *g, enum timing_kind kind, uint32_t rank, uint64_t sequence, uint64_t now)
{
    struct timing_record r = record(kind, rank, sequence);
    stage_gate_take_record(g, &r, now);
}

static void ranks_that_never_entered_are_named(void **state)
{
    (void)state;
    struct stage_gate *g = create(true);
    struct stage_finding f;
    for (uint32_t rank = 0; rank < 4; rank++) {
        tell(g, TIMING_ENTERED, rank, 0, 0);
        tell(g, TIMING_ENDED, rank, 0, 0);
    }
    tell(g, TIMING_ENTERED, 0, 1, 10);
    tell(g, TIMING_ENTERED, 2, 1, 10);
    assert_false(stage_gate_next(g, 9 + T_H, &f));
    assert_int_equal(stage_gate_wakeup(g), 10 + T_H);
    assert_true(stage_gate_next(g, 10 + T_H, &f));
    assert_int_equal(f.kind, STAGE_NEVER_ENTERED);
    assert_int_equal(f.sequence, 1);
    assert_int_equal(f.rank_count, 2);
    assert_int_equal(f.ranks[0], 1);
    assert_int_equal(f.ranks[1], 3);
    assert_false(stage_gate_next(g, 20 + T_H, &f)); /* told once */
    stage_gate_destroy(g);
}

/* A process that was stopped after it had sent all that the others needed: they are one further. */
static void a_rank_that_stopped_while_others_went_on_is_named(void **state)
{
    (void)state;
    struct stage_gate *g = create(true);
    struct stage_finding f;
    for (uint32_t rank = 0; rank < 4; rank++)
        tell(g, TIMING_ENTERED, rank, 0, 0);
    for (uint32_t rank = 1; rank < 4; rank++) {
        tell(g, TIMING_ENDED, rank, 0, 5);
        tell(g, TIMING_ENTERED, rank, 1, 10);
    }
    assert_true(stage_gate_next(g, 10 + T_H, &f));
    assert_int_equal(f.kind, STAGE_NEVER_ENTERED);
    assert_int_equal(f.sequence, 1);
    assert_int_equal(f.rank_count, 1);
    assert_int_equal(f.ranks[0], 0);
    tell(g, TIMING_ENDED, 0, 0, 20 + T_H);
    assert_false(stage_gate_next(g, 20 + T_H, &f)); /* they wait still */
    for (uint32_t rank = 0; rank < 4; rank++)
        tell(g, rank == 0 ? TIMING_ENTERED : TIMING_ENDED, rank, 1, 30 + T_H);
    tell(g, TIMING_ENDED, 0, 1, 30 + T_H);
    assert_true(stage_gate_next(g, 30 + T_H, &f));
    assert_int_equal(f.kind, STAGE_RESUMED);
    stage_gate_destroy(g);
}

static void a_hang_of_all_names_the_silent_path(void **state)
{
    (void)state;
    struct stage_gate *g = create(true);
    struct stage_finding f;
    struct timing_record silent = record(TIMING_SILENT, 1, 0);
    for (uint32_t rank = 0; rank < 4; rank++)
        tell(g, TIMING_ENTERED, rank, 0, 0);
    silent.destination = 103;
    silent.path = 2;
    stage_gate_take_record(g, &silent, 5);
    tell(g, TIMING_ENDED, 3, 0, 6);
    assert_true(stage_gate_next(g, 6 + T_H, &f));
    assert_int_equal(f.kind, STAGE_HANG);
    assert_int_equal(f.rank_count, 3);
    assert_true(f.path_silent);
    assert_int_equal(f.destination, 103);
    assert_int_equal(f.path, 2);
    assert_false(stage_gate_next(g, 6 + T_H, &f));
    for (uint32_t rank = 0; rank < 3; rank++)
        tell(g, TIMING_ENDED, rank, 0, 7 + T_H);
    assert_true(stage_gate_next(g, 7 + T_H, &f));
    assert_int_equal(f.kind, STAGE_RESUMED);
    stage_gate_destroy(g);
}

static void progress_is_no_hang(void **state)
{
    (void)state;
    struct stage_gate *g = create(true);
    struct stage_finding f;
    for (uint32_t rank = 0; rank < 4; rank++)
        tell(g, TIMING_ENTERED, rank, 0, 0);
    for (uint64_t now = 0; now < 10 * T_H; now += T_H / 2) {
        tell(g, TIMING_SENT, 0, 0, now);
        assert_false(stage_gate_next(g, now, &f));
    }
    stage_gate_destroy(g);
}

static void one_host_that_waits_alone_is_not_believed(void **state)
{
    (void)state;
    struct stage_gate *g = create(true);
    struct stage_finding f;
    for (uint32_t rank = 0; rank < 4; rank++) {
        tell(g, TIMING_ENTERED, rank, 0, 0);
        tell(g, TIMING_ENDED, rank, 0, 0);
    }
    tell(g, TIMING_ENTERED, 1, 1000000, 0);
    assert_false(stage_gate_next(g, 10 * T_H, &f));
    stage_gate_destroy(g);
}

static void what_was_lost_is_not_held_against_a_rank(void **state)
{
    (void)state;
    struct stage_gate *g = create(true);
    struct stage_finding f;
    for (uint32_t rank = 0; rank < 4; rank++) {
        tell(g, TIMING_ENTERED, rank, 0, 0);
        tell(g, TIMING_ENDED, rank, 0, 0);
    }
    for (uint32_t rank = 0; rank < 2; rank++)
        tell(g, TIMING_ENTERED, rank, 1, 0);
    stage_gate_on_loss(g, 102);
    assert_true(stage_gate_next(g, T_H, &f));
    assert_int_equal(f.rank_count, 1);
    assert_int_equal(f.ranks[0], 3);
    stage_gate_destroy(g);
}

static void a_host_cannot_speak_for_anothers_rank(void **state)
{
    (void)state;
    struct stage_gate *g = create(true);
    struct stage_finding f;
    struct timing_record forged = record(TIMING_ENTERED, 2, 0);
    forged.source = forged.destination = 999;
    for (uint32_t rank = 0; rank < 4; rank++) {
        tell(g, TIMING_OPENED, rank, 0, 0);
        if (rank < 2)
            tell(g, TIMING_ENTERED, rank, 0, 0);
    }
    stage_gate_take_record(g, &forged, 0);
    assert_true(stage_gate_next(g, T_H, &f));
    assert_int_equal(f.rank_count, 2); /* rank 2 has not entered, whatever the other says */
    stage_gate_destroy(g);
}

/* One host's monitor knows nothing of other hosts' ranks. */
static void on_one_host_nobody_is_said_to_be_missing(void **state)
{
    (void)state;
    struct stage_gate *g = create(false);
    struct stage_finding f;
    tell(g, TIMING_ENTERED, 2, 0, 0);
    assert_true(stage_gate_next(g, T_H, &f));
    assert_int_equal(f.kind, STAGE_HANG);
    assert_int_equal(f.rank_count, 1);
    assert_int_equal(f.ranks[0], 2);
    stage_gate_destroy(g);
}

static void where_ends_are_not_seen_only_missing_ranks_are_told(void **state)
{
    (void)state;
    struct stage_gate *g = create(true);
    struct stage_finding f;
    for (uint32_t rank = 0; rank < 4; rank++)
        for (uint64_t sequence = 0; sequence < 3; sequence++) {
            struct timing_record r = record(TIMING_ENTERED, rank, sequence);
            r.flags = TIMING_ENQUEUE_ONLY;
            if (rank != 3 || sequence < 2)
                stage_gate_take_record(g, &r, 0);
        }
    assert_true(stage_gate_next(g, T_H, &f));
    assert_int_equal(f.kind, STAGE_NEVER_ENTERED);
    assert_int_equal(f.rank_count, 1);
    assert_int_equal(f.ranks[0], 3);
    stage_gate_destroy(g);
}

/* Two of its first four ranks wait for the others. */
static void let_hang(struct stage_gate *g, uint64_t communicator, uint32_t rank_count)
{
    for (uint32_t i = 0; i < 10; i++) {
        bool second = i >= 8; /* operation */
        struct timing_record r =
            record(i % 2 && !second ? TIMING_ENDED : TIMING_ENTERED, second ? 2 * (i - 8) : i / 2, second);
        r.communicator = communicator;
        r.rank_count = rank_count;
        stage_gate_take_record(g, &r, 0);
    }
}

static void the_longest_idle_communicator_gives_way(void **state)
{
    (void)state;
    struct stage_gate *g = create(true); /* room for two */
    struct stage_finding f;
    uint64_t found = 0;
    for (uint64_t communicator = 1; communicator <= 3; communicator++)
        let_hang(g, communicator, 4);
    while (stage_gate_next(g, T_H, &f))
        found |= 1u << f.communicator;
    assert_int_equal(found, 1u << 2 | 1u << 3);
    stage_gate_destroy(g);
}

static void ranks_without_room_are_not_followed(void **state)
{
    (void)state;
    struct stage_gate *g = create(true); /* room for 64 */
    struct stage_finding f;
    let_hang(g, 1, 4000000000u);
    assert_false(stage_gate_next(g, T_H, &f));
    let_hang(g, 2, 60);
    let_hang(g, 1, 5);
    assert_true(stage_gate_next(g, T_H, &f));
    assert_int_equal(f.communicator, 2);
    assert_false(stage_gate_next(g, T_H, &f));
    let_hang(g, 2, 60);
    let_hang(g, 3, 5); /* the first gives way, but the second's 60 are still there */
    assert_false(stage_gate_next(g, T_H, &f));
    stage_gate_destroy(g);
}

static void the_longest_stage_is_found(void **state)
{
    (void)state;
    struct timing_record r = {.ready_ns = 5, .credit_ns = 9, .network_ns = 7};
    assert_int_equal(stage_longest(&r), STAGE_CREDIT);
    assert_string_equal(stage_name(STAGE_CREDIT), "credit");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(ranks_that_never_entered_are_named),
        cmocka_unit_test(a_rank_that_stopped_while_others_went_on_is_named),
        cmocka_unit_test(a_hang_of_all_names_the_silent_path),
        cmocka_unit_test(progress_is_no_hang),
        cmocka_unit_test(one_host_that_waits_alone_is_not_believed),
        cmocka_unit_test(what_was_lost_is_not_held_against_a_rank),
        cmocka_unit_test(a_host_cannot_speak_for_anothers_rank),
        cmocka_unit_test(on_one_host_nobody_is_said_to_be_missing),
        cmocka_unit_test(where_ends_are_not_seen_only_missing_ranks_are_told),
        cmocka_unit_test(the_longest_idle_communicator_gives_way),
        cmocka_unit_test(ranks_without_room_are_not_followed),
        cmocka_unit_test(the_longest_stage_is_found),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
