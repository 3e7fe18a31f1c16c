/* SPDX-License-Identifier: BSD-3-Clause */
#include "tests/unit/sim/unit.h"

#include <stdlib.h>
#include <string.h>

#include "tools/sim/workload.h"

enum {
    RANKS_MAX = 20
};

static struct workload_turn turns[RANKS_MAX];
static struct schedule_step steps[RANKS_MAX];

/* How often `from` sends `bytes` to `to` in this step, minus how often `to` receives it from there. */
static int unmatched(uint32_t from, uint32_t to, uint64_t bytes)
{
    int count = 0;
    for (unsigned i = 0; i < steps[from].send_count; i++)
        count += steps[from].sends[i].peer == to && steps[from].sends[i].bytes == bytes;
    for (unsigned i = 0; i < steps[to].receive_count; i++)
        count -= steps[to].receives[i].peer == from && steps[to].receives[i].bytes == bytes;
    return count;
}

static void check_lane_step(const struct workload *w, unsigned lane, unsigned step)
{
    for (uint32_t rank = 0; rank < w->ranks; rank++)
        workload_step(&turns[rank], lane, step, &steps[rank]);
    for (uint32_t rank = 0; rank < w->ranks; rank++) {
        for (unsigned i = 0; i < steps[rank].send_count; i++)
            assert_int_equal(unmatched(rank, steps[rank].sends[i].peer, steps[rank].sends[i].bytes), 0);
        for (unsigned i = 0; i < steps[rank].receive_count; i++)
            assert_int_equal(unmatched(steps[rank].receives[i].peer, rank, steps[rank].receives[i].bytes), 0);
    }
}

static void check_phase(const struct workload *w, unsigned phase)
{
    for (uint32_t rank = 0; rank < w->ranks; rank++)
        workload_begin(&turns[rank], w, (struct workload_place){rank, 1, phase});
    for (unsigned i = 0; i < turns[0].lanes * turns[0].steps; i++)
        check_lane_step(w, i % turns[0].lanes, i / turns[0].lanes);
}

static void what_is_sent_is_received(void **state)
{
    (void)state;
    for (enum workload_kind kind = 0; kind < WORKLOAD_KINDS; kind++) {
        for (uint32_t ranks = 2; ranks <= RANKS_MAX; ranks++) {
            struct workload w = {.kind = kind,
                                 .ranks = ranks,
                                 .bytes = 1000 + ranks,
                                 .stride = 3,
                                 .factor = 3,
                                 .layers = 2,
                                 .seed = ranks};
            for (unsigned phase = 0; phase < workload_phases(&w); phase++)
                check_phase(&w, phase);
        }
    }
}

static void a_permutation_leaves_nobody_out(void **state)
{
    (void)state;
    for (uint32_t ranks = 2; ranks <= RANKS_MAX; ranks++) {
        struct workload w = {.kind = WORKLOAD_PERMUTATION, .ranks = ranks, .bytes = 1, .seed = 9};
        bool reached[RANKS_MAX] = {false};
        for (uint32_t rank = 0; rank < ranks; rank++) {
            workload_begin(&turns[0], &w, (struct workload_place){.rank = rank});
            workload_step(&turns[0], 0, 0, &steps[0]);
            assert_int_equal(steps[0].send_count, 1);
            assert_int_not_equal(steps[0].sends[0].peer, rank);
            assert_false(reached[steps[0].sends[0].peer]);
            reached[steps[0].sends[0].peer] = true;
        }
    }
}

/* Over both trees everybody sends 2 (n - 1) / n of the bytes on average, and the root's last part comes down.
 */
static void a_double_tree_moves_every_part_up_and_down(void **state)
{
    (void)state;
    struct workload w = {.kind = WORKLOAD_DOUBLE_TREE, .ranks = 7, .bytes = 6000, .factor = 3};
    uint64_t sent = 0;
    for (uint32_t rank = 0; rank < w.ranks; rank++) {
        workload_begin(&turns[0], &w, (struct workload_place){.rank = rank});
        for (unsigned i = 0; i < turns[0].lanes * turns[0].steps; i++) {
            workload_step(&turns[0], i % turns[0].lanes, i / turns[0].lanes, &steps[0]);
            for (unsigned k = 0; k < steps[0].send_count; k++)
                sent += steps[0].sends[k].bytes;
        }
    }
    assert_int_equal(sent, 2 * (w.ranks - 1) * w.bytes);
}

static uint64_t sent_to(const struct workload *w, struct workload_place place, uint32_t to)
{
    workload_begin(&turns[0], w, place);
    workload_step(&turns[0], 0, 0, &steps[0]);
    for (unsigned i = 0; i < steps[0].send_count; i++) {
        if (steps[0].sends[i].peer == to)
            return steps[0].sends[i].bytes;
    }
    return 0;
}

/* In each layer as many experts are hot as asked for, not always the same, and what was dispatched comes
 * back.
 */
static void experts_are_hot_in_turn_and_send_back(void **state)
{
    (void)state;
    const struct workload w = {.kind = WORKLOAD_EXPERT_PARALLEL,
                               .ranks = 16,
                               .bytes = 1000,
                               .stride = 3,
                               .factor = 10,
                               .layers = 8,
                               .seed = 5};
    uint32_t ever_hot = 0;
    for (unsigned layer = 0; layer < w.layers; layer++) {
        unsigned hot = 0;
        for (uint32_t expert = 0; expert < w.ranks; expert++) {
            struct workload_place there = {.rank = (expert + 1) % w.ranks, .phase = 2 * layer};
            struct workload_place back = {.rank = expert, .phase = 2 * layer + 1};
            uint64_t bytes = sent_to(&w, there, expert);
            assert_in_range(bytes, 500, 15000);
            assert_int_equal(sent_to(&w, back, there.rank), bytes);
            hot += bytes >= 5000;
            ever_hot |= (uint32_t)(bytes >= 5000) << expert;
        }
        assert_int_equal(hot, w.stride);
    }
    assert_true(__builtin_popcount(ever_hot) > 6);
}

/* The phases of a train are libweft's own collectives. */
static void trains_are_of_collectives(void **state)
{
    (void)state;
    static const struct {
        enum workload_kind train, first, last;
    } table[] = {{WORKLOAD_FSDP, WORKLOAD_ALL_GATHER, WORKLOAD_REDUCE_SCATTER},
                 {WORKLOAD_TENSOR_PARALLEL, WORKLOAD_ALL_REDUCE, WORKLOAD_ALL_REDUCE},
                 {WORKLOAD_ULYSSES, WORKLOAD_ALL_TO_ALL, WORKLOAD_ALL_TO_ALL}};
    for (size_t i = 0; i < sizeof(table) / sizeof(*table); i++) {
        struct workload w = {.kind = table[i].train, .ranks = 4, .bytes = 1000, .layers = 3};
        assert_int_equal(workload_phases(&w), 6);
        workload_begin(&turns[0], &w, (struct workload_place){.phase = 2});
        assert_int_equal(turns[0].kind, table[i].first);
        workload_begin(&turns[0], &w, (struct workload_place){.phase = 3});
        assert_int_equal(turns[0].kind, table[i].last);
    }
}

static void nonsense_is_named(void **state)
{
    (void)state;
    char error[100];
    struct workload w = {.kind = WORKLOAD_EXCHANGE, .ranks = 4, .bytes = 1};
    assert_false(workload_is_valid(&w, error, sizeof(error)));
    assert_string_equal(error, "this workload needs a stride of at least 1");
    w.stride = 1;
    assert_true(workload_is_valid(&w, error, sizeof(error)));
    w.bytes = 1ull << 33;
    assert_false(workload_is_valid(&w, error, sizeof(error)));
    w.kind = WORKLOAD_ALL_REDUCE;
    assert_true(workload_is_valid(&w, error, sizeof(error)));
    w.ranks = 1;
    assert_false(workload_is_valid(&w, error, sizeof(error)));
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(what_is_sent_is_received),
                                       cmocka_unit_test(a_permutation_leaves_nobody_out),
                                       cmocka_unit_test(a_double_tree_moves_every_part_up_and_down),
                                       cmocka_unit_test(experts_are_hot_in_turn_and_send_back),
                                       cmocka_unit_test(trains_are_of_collectives),
                                       cmocka_unit_test(nonsense_is_named)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
