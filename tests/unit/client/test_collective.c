/* SPDX-License-Identifier: BSD-3-Clause */
/* Whole collectives among several contexts in one process, over the fake dataplane. */
#include <pthread.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "tests/unit/client/job.h"

static const enum weft_algorithm algorithms[] = {WEFT_ALGORITHM_AUTO, WEFT_ALGORITHM_RING,
                                                 WEFT_ALGORITHM_HALVING_DOUBLING, WEFT_ALGORITHM_DIRECT};

/* Element `index` of what `rank` puts in; small enough that float sums are exact. */
static int64_t input(uint32_t rank, uint64_t index)
{
    return (int64_t)((rank * 31 + index * 7) % 1000);
}

static int64_t input_sum(uint32_t ranks, uint64_t index)
{
    int64_t sum = 0;
    for (uint32_t rank = 0; rank < ranks; rank++)
        sum += input(rank, index);
    return sum;
}

static void fill_int64(struct job *job, uint64_t count)
{
    for (uint32_t rank = 0; rank < job->rank_count; rank++)
        for (uint64_t i = 0; i < count; i++)
            ((int64_t *)job->ranks[rank].in)[i] = input(rank, i);
}

static void all_succeeded(const struct job *job)
{
    for (uint32_t rank = 0; rank < job->rank_count; rank++)
        assert_int_equal(job->ranks[rank].outcome, 0);
}

static void try_all_reduce(struct job *job, uint64_t count, enum weft_algorithm algorithm, bool in_place)
{
    fill_int64(job, count);
    for (uint32_t rank = 0; rank < job->rank_count; rank++) {
        struct job_rank *r = &job->ranks[rank];
        assert_int_equal(weft_all_reduce(r->communicator, r->in, in_place ? r->in : r->out, count, WEFT_INT64,
                                         WEFT_SUM, algorithm, &r->request),
                         0);
    }
    job_wait(job);
    all_succeeded(job);
    for (uint32_t rank = 0; rank < job->rank_count; rank++) {
        const int64_t *out = (int64_t *)(in_place ? job->ranks[rank].in : job->ranks[rank].out);
        for (uint64_t i = 0; i < count; i++)
            assert_true(out[i] == input_sum(job->rank_count, i));
    }
}

static void test_all_reduce(void **state)
{
    (void)state;
    struct job job;
    for (uint32_t ranks = 1; ranks <= 9; ranks += ranks < 5 ? 1 : 2) {
        job_start(&job, ranks, 1 << 20, 0, ranks);
        for (unsigned a = 0; a < 4; a++)
            for (unsigned in_place = 0; in_place < 2; in_place++) {
                try_all_reduce(&job, 0, algorithms[a], in_place);
                try_all_reduce(&job, 1, algorithms[a], in_place);
                try_all_reduce(&job, 1001, algorithms[a], in_place);
                try_all_reduce(&job, 70001, algorithms[a], in_place);
            }
        job_stop(&job);
    }
}

/* Several lanes, each message in several chunks that come in any order. */
static void test_all_reduce_in_lanes_and_chunks(void **state)
{
    (void)state;
    struct job job;
    job_start(&job, 3, 12 << 20, 0, 99);
    try_all_reduce(&job, (12 << 20) / 8, WEFT_ALGORITHM_RING, false);
    try_all_reduce(&job, (12 << 20) / 8 - 5, WEFT_ALGORITHM_RING, true);
    try_all_reduce(&job, (12 << 20) / 8 - 5, WEFT_ALGORITHM_HALVING_DOUBLING, true);
    try_all_reduce(&job, (12 << 20) / 8 - 5, WEFT_ALGORITHM_DIRECT, false);
    job_stop(&job);
}

static void test_average_of_float16(void **state)
{
    (void)state;
    struct job job;
    job_start(&job, 4, 1 << 16, 0, 5);
    for (uint32_t rank = 0; rank < 4; rank++) {
        struct job_rank *r = &job.ranks[rank];
        for (unsigned i = 0; i < 1000; i++)
            ((uint16_t *)r->in)[i] = rank % 2 ? 0x4000 : 0x4400; /* 2, 4 */
        assert_int_equal(weft_all_reduce(r->communicator, r->in, r->out, 1000, WEFT_FLOAT16, WEFT_AVERAGE,
                                         WEFT_ALGORITHM_RING, &r->request),
                         0);
    }
    job_wait(&job);
    all_succeeded(&job);
    for (unsigned i = 0; i < 1000; i++)
        assert_int_equal(((uint16_t *)job.ranks[3].out)[i], 0x4200); /* 3 */
    job_stop(&job);
}

static void try_reduce_scatter(struct job *job, uint64_t count, enum weft_algorithm algorithm)
{
    fill_int64(job, count * job->rank_count);
    for (uint32_t rank = 0; rank < job->rank_count; rank++) {
        struct job_rank *r = &job->ranks[rank];
        assert_int_equal(weft_reduce_scatter(r->communicator, r->in, r->out, count, WEFT_INT64, WEFT_SUM,
                                             algorithm, &r->request),
                         0);
    }
    job_wait(job);
    all_succeeded(job);
    for (uint32_t rank = 0; rank < job->rank_count; rank++)
        for (uint64_t i = 0; i < count; i++)
            assert_true(((int64_t *)job->ranks[rank].out)[i] == input_sum(job->rank_count, rank * count + i));
}

static void try_all_gather(struct job *job, uint64_t count, enum weft_algorithm algorithm)
{
    fill_int64(job, count);
    for (uint32_t rank = 0; rank < job->rank_count; rank++) {
        struct job_rank *r = &job->ranks[rank];
        assert_int_equal(
            weft_all_gather(r->communicator, r->in, r->out, count, WEFT_INT64, algorithm, &r->request), 0);
    }
    job_wait(job);
    all_succeeded(job);
    for (uint32_t rank = 0; rank < job->rank_count; rank++)
        for (uint64_t i = 0; i < count * job->rank_count; i++)
            assert_true(((int64_t *)job->ranks[rank].out)[i] == input((uint32_t)(i / count), i % count));
}

static void try_all_to_all(struct job *job, uint64_t count, bool in_place)
{
    uint64_t total = count * job->rank_count;
    fill_int64(job, total);
    for (uint32_t rank = 0; rank < job->rank_count; rank++) {
        struct job_rank *r = &job->ranks[rank];
        assert_int_equal(weft_all_to_all(r->communicator, r->in, in_place ? r->in : r->out, count, WEFT_INT64,
                                         &r->request),
                         0);
    }
    job_wait(job);
    all_succeeded(job);
    for (uint32_t rank = 0; rank < job->rank_count; rank++)
        for (uint64_t i = 0; i < total; i++) {
            const int64_t *out = (int64_t *)(in_place ? job->ranks[rank].in : job->ranks[rank].out);
            assert_true(out[i] == input((uint32_t)(i / count), rank * count + i % count));
        }
}

static void test_other_collectives(void **state)
{
    (void)state;
    struct job job;
    for (uint32_t ranks = 1; ranks <= 7; ranks++) {
        job_start(&job, ranks, 2 << 20, 0, ranks);
        for (unsigned a = 0; a < 4; a++) {
            try_reduce_scatter(&job, 13, algorithms[a]);
            try_reduce_scatter(&job, 30011, algorithms[a]);
            try_all_gather(&job, 13, algorithms[a]);
            try_all_gather(&job, 30011, algorithms[a]);
        }
        try_all_to_all(&job, 1, false);
        try_all_to_all(&job, 30011, false);
        try_all_to_all(&job, 30011, true);
        job_stop(&job);
    }
}

static void try_broadcast(struct job *job, uint64_t count, uint32_t root)
{
    fill_int64(job, count);
    for (uint32_t rank = 0; rank < job->rank_count; rank++) {
        struct job_rank *r = &job->ranks[rank];
        assert_int_equal(weft_broadcast(r->communicator, r->in, count, WEFT_INT64, root, &r->request), 0);
    }
    job_wait(job);
    all_succeeded(job);
    for (uint32_t rank = 0; rank < job->rank_count; rank++)
        for (uint64_t i = 0; i < count; i++)
            assert_true(((int64_t *)job->ranks[rank].in)[i] == input(root, i));
}

static void test_broadcast(void **state)
{
    (void)state;
    struct job job;
    job_start(&job, 5, 4 << 20, 0, 3);
    for (uint32_t root = 0; root < 5; root++) {
        try_broadcast(&job, 1, root);
        try_broadcast(&job, (4 << 20) / 8, root);
    }
    job_stop(&job);
}

/* Rank r sends i + 1 elements to rank i, so it receives r + 1 from everyone. The last rank's blocks go from
 * `in`, which holds them back to back. */
static void test_all_to_all_v(void **state)
{
    (void)state;
    enum {
        RANKS = 4
    };
    struct job job;
    size_t in_counts[RANKS], in_displacements[RANKS], out_counts[RANKS], out_displacements[RANKS];
    job_start(&job, RANKS, 1 << 16, 0, 8);
    fill_int64(&job, 64);
    for (uint32_t rank = 0; rank < RANKS; rank++) {
        struct job_rank *r = &job.ranks[rank];
        for (size_t i = 0; i < RANKS; i++) {
            in_counts[i] = i + 1;
            in_displacements[i] = i * (i + 1) / 2;
            out_counts[i] = rank + 1;
            out_displacements[i] = (RANKS - 1 - i) * (rank + 1);
        }
        assert_int_equal(weft_all_to_all_v(r->communicator, r->in, in_counts, in_displacements, r->out,
                                           out_counts, out_displacements, WEFT_INT64, &r->request),
                         0);
        memset(in_counts, 0xff, sizeof(in_counts)); /* the arrays need not outlive the call */
    }
    job_wait(&job);
    all_succeeded(&job);
    for (uint32_t rank = 0; rank < RANKS; rank++)
        for (uint32_t source = 0; source < RANKS; source++)
            for (uint32_t i = 0; i <= rank; i++)
                assert_true(((int64_t *)job.ranks[rank].out)[(RANKS - 1 - source) * (rank + 1) + i] ==
                            input(source, rank * (rank + 1) / 2 + i));
    job_stop(&job);
}

/* No rank leaves a barrier before the last has entered it. */
static void test_barrier(void **state)
{
    (void)state;
    struct job job;
    job_start(&job, 6, 4096, 0, 2);
    for (uint32_t rank = 0; rank + 1 < 6; rank++)
        assert_int_equal(weft_barrier(job.ranks[rank].communicator, &job.ranks[rank].request), 0);
    for (unsigned turn = 0; turn < 1000; turn++)
        for (uint32_t rank = 0; rank + 1 < 6; rank++) {
            bool done;
            assert_int_equal(weft_test(job.ranks[rank].request, &done), 0);
            assert_false(done);
        }
    assert_int_equal(weft_barrier(job.ranks[5].communicator, &job.ranks[5].request), 0);
    job_wait(&job);
    all_succeeded(&job);
    job_stop(&job);
}

/* A second operation may be begun before the first has ended. */
static void test_operations_overlap(void **state)
{
    (void)state;
    struct job job;
    struct weft_request *second[3];
    job_start(&job, 3, 1 << 20, 0, 4);
    fill_int64(&job, 50000);
    for (uint32_t rank = 0; rank < 3; rank++) {
        struct job_rank *r = &job.ranks[rank];
        assert_int_equal(weft_all_reduce(r->communicator, r->in, r->out, 20000, WEFT_INT64, WEFT_SUM,
                                         WEFT_ALGORITHM_RING, &r->request),
                         0);
        assert_int_equal(weft_all_reduce(r->communicator, r->in + 20000 * 8, r->out + 20000 * 8, 30000,
                                         WEFT_INT64, WEFT_MAX, WEFT_ALGORITHM_DIRECT, &second[rank]),
                         0);
    }
    job_wait(&job);
    for (uint32_t rank = 0; rank < 3; rank++)
        job.ranks[rank].request = second[rank];
    job_wait(&job);
    all_succeeded(&job);
    assert_true(((int64_t *)job.ranks[1].out)[19999] == input_sum(3, 19999));
    job_stop(&job);
}

/* One batch carries the sends of a step, one its receives. */
static void test_a_step_is_one_batch(void **state)
{
    (void)state;
    struct job job;
    job_start(&job, 8, 4096, 0, 1);
    try_all_to_all(&job, 4, false);
    assert_int_equal(fake_dataplane_batches(job.fake), 8 * 2);
    assert_int_equal(fake_dataplane_largest_batch(job.fake), 7);
    job_stop(&job);
}

/* Never shrinks and never passes what has arrived. */
static void test_ready_bytes(void **state)
{
    (void)state;
    struct job job;
    uint64_t count = (3 << 20) / 8;
    job_start(&job, 3, 9 << 20, 0, 6);
    fill_int64(&job, count);
    for (uint32_t rank = 0; rank < 3; rank++) {
        struct job_rank *r = &job.ranks[rank];
        memset(r->out, 0xff, 9 << 20);
        assert_int_equal(weft_all_gather(r->communicator, r->in, r->out, count, WEFT_INT64,
                                         WEFT_ALGORITHM_RING, &r->request),
                         0);
    }
    const struct job_rank *watched = &job.ranks[0];
    size_t ready = 0;
    assert_true(weft_ready_bytes(watched->request) == 3 << 20); /* its own block */
    for (bool done = false; !done;) {
        for (uint32_t rank = 1; rank < 3; rank++)
            if (job.ranks[rank].request != NULL) {
                job.ranks[rank].outcome = weft_test(job.ranks[rank].request, &done);
                if (done)
                    job.ranks[rank].request = NULL;
            }
        size_t now = weft_ready_bytes(watched->request);
        assert_true(now >= ready);
        for (uint64_t i = ready / 8; i < now / 8; i++)
            assert_true(((int64_t *)watched->out)[i] == input((uint32_t)(i / count), i % count));
        ready = now;
        job.ranks[0].outcome = weft_test(watched->request, &done);
    }
    job.ranks[0].request = NULL;
    job_wait(&job);
    all_succeeded(&job);
    job_stop(&job);
}

static void *wait_in_thread(void *argument)
{
    struct job_rank *r = argument;
    for (unsigned i = 0; i < 50 && r->outcome == 0; i++) {
        r->outcome = weft_all_reduce(r->communicator, r->in, r->out, 5000, WEFT_INT64, WEFT_SUM,
                                     WEFT_ALGORITHM_AUTO, &r->request);
        if (r->outcome == 0)
            r->outcome = weft_wait(r->request);
    }
    return NULL;
}

/* Each rank sleeps in a thread of its own: every wake-up must come. */
static void test_waiting_threads(void **state)
{
    (void)state;
    struct job job;
    pthread_t threads[4];
    job_start(&job, 4, 1 << 16, 0, 7);
    fill_int64(&job, 5000);
    for (uint32_t rank = 0; rank < 4; rank++)
        assert_int_equal(pthread_create(&threads[rank], NULL, wait_in_thread, &job.ranks[rank]), 0);
    for (uint32_t rank = 0; rank < 4; rank++)
        pthread_join(threads[rank], NULL);
    all_succeeded(&job);
    for (uint32_t rank = 0; rank < 4; rank++)
        assert_true(((int64_t *)job.ranks[rank].out)[4999] == input_sum(4, 4999));
    job_stop(&job);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_all_reduce),
                                       cmocka_unit_test(test_all_reduce_in_lanes_and_chunks),
                                       cmocka_unit_test(test_average_of_float16),
                                       cmocka_unit_test(test_other_collectives),
                                       cmocka_unit_test(test_broadcast),
                                       cmocka_unit_test(test_all_to_all_v),
                                       cmocka_unit_test(test_barrier),
                                       cmocka_unit_test(test_operations_overlap),
                                       cmocka_unit_test(test_a_step_is_one_batch),
                                       cmocka_unit_test(test_ready_bytes),
                                       cmocka_unit_test(test_waiting_threads)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
