/* SPDX-License-Identifier: BSD-3-Clause */
/* Every algorithm, for every rank count from 1 to 17 and counts that divide badly, gives on every rank
 * exactly what a naive loop gives, whatever the order in which messages arrive. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "dataplane/client/reduce.h"
#include "tests/unit/client/schedule_simulator.h"

enum {
    RANKS_MAX = 17
};

static const uint64_t counts[] = {0, 1, 2, 3, 5, 7, 13, 16, 17, 31, 64, 257};
static const enum weft_algorithm algorithms[] = {WEFT_ALGORITHM_AUTO, WEFT_ALGORITHM_RING,
                                                 WEFT_ALGORITHM_HALVING_DOUBLING, WEFT_ALGORITHM_DIRECT};

/* One collective on int64: buffers, the problem that all ranks share, and what each must end with. */
struct trial {
    struct schedule_problem problem;
    uint64_t in_count, out_count; /* elements per rank */
    enum weft_type type;
    enum weft_reduction reduction;
    uint64_t seed;
    struct simulated_rank *ranks;
    uint64_t **inputs; /* as they were */
};

static void trial_start(struct trial *t)
{
    uint32_t n = t->problem.rank_count;
    t->ranks = calloc(n, sizeof(*t->ranks));
    t->inputs = calloc(n, sizeof(*t->inputs));
    uint64_t random = t->seed;
    for (uint32_t rank = 0; rank < n; rank++) {
        struct simulated_rank *r = &t->ranks[rank];
        r->out = malloc(t->out_count * 8 + 8);
        memset(r->out, 0xdd, t->out_count * 8 + 8);
        t->inputs[rank] = malloc(t->in_count * 8 + 8);
        for (uint64_t i = 0; i < t->in_count; i++)
            t->inputs[rank][i] = simulator_random(&random);
        bool gathers = t->problem.operation == APP_OPERATION_ALL_GATHER;
        r->in = t->problem.in_place ? (uint64_t *)r->out + (gathers ? rank * t->in_count : 0)
                                    : malloc(t->in_count * 8 + 8);
        memcpy(r->in, t->inputs[rank], t->in_count * 8);
        struct schedule_problem own = t->problem;
        own.rank = rank;
        schedule_plan(&r->schedule, &own);
    }
}

static void trial_run(struct trial *t)
{
    trial_start(t);
    simulate_collective(&(struct simulated_collective){.type = t->type,
                                                       .reduction = t->reduction,
                                                       .rank_count = t->problem.rank_count,
                                                       .ranks = t->ranks,
                                                       .seed = t->seed});
}

/* Inputs are not written, unless they are the outputs. */
static void trial_end(struct trial *t)
{
    for (uint32_t rank = 0; rank < t->problem.rank_count; rank++) {
        if (!t->problem.in_place) {
            assert_memory_equal(t->ranks[rank].in, t->inputs[rank], t->in_count * 8);
            free(t->ranks[rank].in);
        }
        free(t->ranks[rank].out);
        free(t->inputs[rank]);
    }
    free(t->ranks);
    free(t->inputs);
}

static uint64_t naive_sum(const struct trial *t, uint64_t index)
{
    uint64_t sum = 0;
    for (uint32_t rank = 0; rank < t->problem.rank_count; rank++)
        sum += t->inputs[rank][index];
    return sum;
}

static void check_reduction(const struct trial *t)
{
    for (uint32_t rank = 0; rank < t->problem.rank_count; rank++) {
        uint64_t first = t->problem.operation == APP_OPERATION_REDUCE_SCATTER ? rank * t->out_count : 0;
        for (uint64_t i = 0; i < t->out_count; i++)
            assert_int_equal(((uint64_t *)t->ranks[rank].out)[i], naive_sum(t, first + i));
    }
}

static void check_gathered(const struct trial *t)
{
    for (uint32_t rank = 0; rank < t->problem.rank_count; rank++)
        for (uint32_t source = 0; source < t->problem.rank_count; source++)
            assert_memory_equal((uint64_t *)t->ranks[rank].out + source * t->in_count, t->inputs[source],
                                t->in_count * 8);
}

static struct trial trial_of(enum app_operation operation, enum weft_algorithm algorithm, uint32_t ranks,
                             uint64_t count)
{
    return (struct trial){.problem = {.operation = operation,
                                      .algorithm = algorithm,
                                      .rank_count = ranks,
                                      .count = count,
                                      .element_bytes = 8},
                          .in_count = count,
                          .out_count = count,
                          .type = WEFT_INT64,
                          .reduction = WEFT_SUM,
                          .seed = ranks * 1000003ull + count};
}

static void try_all_reduce(enum weft_algorithm algorithm, uint32_t ranks, uint64_t count, bool in_place)
{
    struct trial t = trial_of(APP_OPERATION_ALL_REDUCE, algorithm, ranks, count);
    t.problem.in_place = in_place;
    trial_run(&t);
    check_reduction(&t);
    trial_end(&t);
}

static void try_reduce_scatter(enum weft_algorithm algorithm, uint32_t ranks, uint64_t count)
{
    struct trial t = trial_of(APP_OPERATION_REDUCE_SCATTER, algorithm, ranks, count);
    t.in_count = count * ranks;
    trial_run(&t);
    check_reduction(&t);
    trial_end(&t);
}

static void try_all_gather(enum weft_algorithm algorithm, uint32_t ranks, uint64_t count, bool in_place)
{
    struct trial t = trial_of(APP_OPERATION_ALL_GATHER, algorithm, ranks, count);
    t.out_count = count * ranks;
    t.problem.in_place = in_place;
    trial_run(&t);
    check_gathered(&t);
    trial_end(&t);
}

static void try_all_to_all(uint32_t ranks, uint64_t count, bool in_place)
{
    struct trial t = trial_of(APP_OPERATION_ALL_TO_ALL, WEFT_ALGORITHM_AUTO, ranks, count);
    t.in_count = t.out_count = count * ranks;
    t.problem.in_place = in_place;
    trial_run(&t);
    for (uint32_t rank = 0; rank < ranks; rank++)
        for (uint32_t source = 0; source < ranks; source++)
            assert_memory_equal((uint64_t *)t.ranks[rank].out + source * count,
                                t.inputs[source] + rank * count, count * 8);
    trial_end(&t);
}

static void try_broadcast(uint32_t ranks, uint64_t count, uint32_t root)
{
    struct trial t = trial_of(APP_OPERATION_BROADCAST, WEFT_ALGORITHM_AUTO, ranks, count);
    t.problem.root = root;
    t.problem.in_place = true;
    trial_run(&t);
    for (uint32_t rank = 0; rank < ranks; rank++)
        assert_memory_equal(t.ranks[rank].out, t.inputs[root], count * 8);
    trial_end(&t);
}

#define FOR_EACH(index, array) for (size_t index = 0; index < sizeof(array) / sizeof((array)[0]); index++)

static void test_all_reduce(void **state)
{
    (void)state;
    for (uint32_t ranks = 1; ranks <= RANKS_MAX; ranks++)
        FOR_EACH(c, counts)
    FOR_EACH(a, algorithms)
    for (int in_place = 0; in_place < 2; in_place++)
        try_all_reduce(algorithms[a], ranks, counts[c], in_place);
}

static void test_reduce_scatter(void **state)
{
    (void)state;
    for (uint32_t ranks = 1; ranks <= RANKS_MAX; ranks++)
        FOR_EACH(c, counts)
    FOR_EACH(a, algorithms)
    try_reduce_scatter(algorithms[a], ranks, counts[c]);
}

static void test_all_gather(void **state)
{
    (void)state;
    for (uint32_t ranks = 1; ranks <= RANKS_MAX; ranks++)
        FOR_EACH(c, counts)
    FOR_EACH(a, algorithms)
    for (int in_place = 0; in_place < 2; in_place++)
        try_all_gather(algorithms[a], ranks, counts[c], in_place);
}

static void test_all_to_all(void **state)
{
    (void)state;
    for (uint32_t ranks = 1; ranks <= RANKS_MAX; ranks++)
        FOR_EACH(c, counts)
    for (int in_place = 0; in_place < 2; in_place++)
        try_all_to_all(ranks, counts[c], in_place);
}

static void test_broadcast(void **state)
{
    (void)state;
    for (uint32_t ranks = 1; ranks <= RANKS_MAX; ranks++)
        FOR_EACH(c, counts)
    for (uint32_t root = 0; root < ranks; root += 3)
        try_broadcast(ranks, counts[c], root);
}

/* Long enough for several lanes, and lengths that the lanes do not divide. */
static void test_lanes(void **state)
{
    (void)state;
    for (uint32_t ranks = 2; ranks <= 4; ranks++) {
        uint64_t count = ranks * 3 * (128 << 10) / 8 + 5;
        try_all_reduce(WEFT_ALGORITHM_RING, ranks, count, false);
        try_all_reduce(WEFT_ALGORITHM_RING, ranks, count, true);
        try_reduce_scatter(WEFT_ALGORITHM_RING, ranks, count / ranks);
        try_all_gather(WEFT_ALGORITHM_RING, ranks, count / ranks, false);
        try_broadcast(ranks, count, 1);
    }
}

/* More peers than one step may have: SCHEDULE_FLOWS_MAX. */
static void test_many_peers(void **state)
{
    (void)state;
    try_all_to_all(SCHEDULE_FLOWS_MAX + 4, 1, false);
    try_reduce_scatter(WEFT_ALGORITHM_DIRECT, SCHEDULE_FLOWS_MAX + 3, 1);
}

/* Rank r sends (r + 2 * i) % 5 elements to rank i, packed backwards: blocks neither equal nor in order. */
static uint64_t uneven_count(uint32_t source, uint32_t destination)
{
    return (source + 2 * destination) % 5;
}

struct uneven_layout {
    uint64_t in_bytes[RANKS_MAX], in_offsets[RANKS_MAX], out_bytes[RANKS_MAX], out_offsets[RANKS_MAX];
    struct schedule_layout layout;
};

static void uneven_layout_fill(struct uneven_layout *u, uint32_t rank, uint32_t ranks)
{
    uint64_t in = 0, out = 0;
    for (uint32_t i = ranks; i-- > 0;) {
        u->in_bytes[i] = uneven_count(rank, i) * 8;
        u->out_bytes[i] = uneven_count(i, rank) * 8;
        u->in_offsets[i] = in;
        u->out_offsets[i] = out;
        in += u->in_bytes[i];
        out += u->out_bytes[i];
    }
    u->layout = (struct schedule_layout){u->in_bytes, u->in_offsets, u->out_bytes, u->out_offsets};
}

static void try_all_to_all_v(uint32_t ranks, bool in_place)
{
    static struct uneven_layout layouts[RANKS_MAX];
    struct trial t = trial_of(APP_OPERATION_ALL_TO_ALL, WEFT_ALGORITHM_AUTO, ranks, 0);
    t.in_count = t.out_count = 5 * ranks;
    t.problem.in_place = in_place;
    trial_start(&t);
    for (uint32_t rank = 0; rank < ranks; rank++) {
        uneven_layout_fill(&layouts[rank], rank, ranks);
        struct schedule_problem own = t.ranks[rank].schedule.problem;
        own.layout = &layouts[rank].layout;
        schedule_plan(&t.ranks[rank].schedule, &own);
    }
    simulate_collective(&(struct simulated_collective){WEFT_INT64, WEFT_SUM, ranks, t.ranks, .seed = ranks});
    for (uint32_t rank = 0; rank < ranks; rank++)
        for (uint32_t source = 0; source < ranks; source++)
            assert_memory_equal((uint8_t *)t.ranks[rank].out + layouts[rank].out_offsets[source],
                                (uint8_t *)t.inputs[source] + layouts[source].in_offsets[rank],
                                layouts[rank].out_bytes[source]);
    trial_end(&t);
}

static void test_all_to_all_v(void **state)
{
    (void)state;
    for (uint32_t ranks = 1; ranks <= RANKS_MAX; ranks++) {
        try_all_to_all_v(ranks, false);
        try_all_to_all_v(ranks, true);
    }
}

/* Sums of floats depend on their order: it must be the same whatever arrives first, and on all ranks. */
static void float_sums(enum weft_algorithm algorithm, uint32_t ranks, uint64_t seed, float *result)
{
    enum {
        COUNT = 37
    };
    struct trial t = trial_of(APP_OPERATION_ALL_REDUCE, algorithm, ranks, COUNT);
    t.type = WEFT_FLOAT32;
    t.reduction = WEFT_AVERAGE;
    t.problem.element_bytes = 4;
    t.seed = 1;
    trial_start(&t);
    for (uint32_t rank = 0; rank < ranks; rank++)
        for (unsigned i = 0; i < COUNT; i++)
            ((float *)t.ranks[rank].in)[i] = (float)(int32_t)t.inputs[rank][i] * 1e-3f;
    simulate_collective(&(struct simulated_collective){t.type, t.reduction, ranks, t.ranks, seed});
    for (uint32_t rank = 1; rank < ranks; rank++)
        assert_memory_equal(t.ranks[rank].out, t.ranks[0].out, COUNT * 4);
    memcpy(result, t.ranks[0].out, COUNT * 4);
    for (uint32_t rank = 0; rank < ranks; rank++)
        memcpy(t.ranks[rank].in, t.inputs[rank], COUNT * 8);
    trial_end(&t);
}

static void test_result_does_not_depend_on_timing(void **state)
{
    (void)state;
    for (uint32_t ranks = 2; ranks <= 9; ranks++)
        FOR_EACH(a, algorithms)
        {
            float first[37], again[37];
            float_sums(algorithms[a], ranks, 1, first);
            for (uint64_t seed = 2; seed < 8; seed++) {
                float_sums(algorithms[a], ranks, seed, again);
                assert_memory_equal(first, again, sizeof(first));
            }
        }
}

/* After the steps of a barrier every rank has heard, directly or not, of every other. */
static void test_barrier(void **state)
{
    (void)state;
    static struct schedule_step step;
    for (uint32_t ranks = 1; ranks <= 64; ranks++) {
        uint64_t heard[64], before[64];
        for (uint32_t rank = 0; rank < ranks; rank++)
            heard[rank] = 1ull << rank;
        struct schedule s;
        schedule_plan(&s,
                      &(struct schedule_problem){.operation = APP_OPERATION_BARRIER, .rank_count = ranks});
        for (unsigned k = 0; k < s.steps; k++) {
            memcpy(before, heard, sizeof(heard));
            for (uint32_t rank = 0; rank < ranks; rank++) {
                s.problem.rank = rank;
                schedule_make_step(&s, 0, k, &step);
                assert_int_equal(step.receive_count, 1);
                heard[rank] |= before[step.receives[0].peer];
            }
        }
        for (uint32_t rank = 0; rank < ranks; rank++)
            assert_int_equal(heard[rank], ranks == 64 ? UINT64_MAX : (1ull << ranks) - 1);
    }
}

/* Every segment of the output becomes final exactly once. */
static void count_finals(enum app_operation operation, enum weft_algorithm algorithm, uint32_t ranks)
{
    static struct schedule_step step;
    uint32_t finals[64] = {0};
    struct schedule s;
    schedule_plan(&s, &(struct schedule_problem){.operation = operation,
                                                 .algorithm = algorithm,
                                                 .rank = ranks / 2,
                                                 .rank_count = ranks,
                                                 .count = 64,
                                                 .element_bytes = 4});
    for (uint32_t i = 0; i < s.own_final_count; i++)
        finals[s.own_final_first + i]++;
    for (unsigned k = 0; k < s.steps; k++) {
        schedule_make_step(&s, 0, k, &step);
        for (unsigned i = 0; i < step.receive_count; i++)
            for (uint32_t f = 0; f < step.receives[i].final_count; f++)
                finals[step.receives[i].final_first + f]++;
    }
    for (uint32_t i = 0; i < s.blocks; i++)
        assert_in_range(finals[i], 1, 2); /* twice: a fold brings a block that the end brings again */
}

static void test_segments_become_final(void **state)
{
    (void)state;
    for (uint32_t ranks = 2; ranks <= RANKS_MAX; ranks++)
        FOR_EACH(a, algorithms)
        {
            count_finals(APP_OPERATION_ALL_REDUCE, algorithms[a], ranks);
            count_finals(APP_OPERATION_ALL_GATHER, algorithms[a], ranks);
            count_finals(APP_OPERATION_REDUCE_SCATTER, algorithms[a], ranks);
            count_finals(APP_OPERATION_ALL_TO_ALL, algorithms[a], ranks);
            count_finals(APP_OPERATION_BROADCAST, algorithms[a], ranks);
        }
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_all_reduce),
                                       cmocka_unit_test(test_reduce_scatter),
                                       cmocka_unit_test(test_all_gather),
                                       cmocka_unit_test(test_all_to_all),
                                       cmocka_unit_test(test_all_to_all_v),
                                       cmocka_unit_test(test_broadcast),
                                       cmocka_unit_test(test_lanes),
                                       cmocka_unit_test(test_many_peers),
                                       cmocka_unit_test(test_result_does_not_depend_on_timing),
                                       cmocka_unit_test(test_barrier),
                                       cmocka_unit_test(test_segments_become_final)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
