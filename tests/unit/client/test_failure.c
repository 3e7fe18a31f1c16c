/* SPDX-License-Identifier: BSD-3-Clause */
/* What goes wrong is told at once, on every rank, in words that name who is to blame. */
#include <setjmp.h>
#include <stdarg.h>
#include <string.h>
#include <sys/socket.h>

#include <cmocka.h>

#include "dataplane/client/context.h"
#include "tests/unit/client/job.h"

enum {
    RANKS = 4,
    COUNT = 100000
};

static int begin_all_reduce(struct job_rank *r, size_t count)
{
    return weft_all_reduce(r->communicator, r->in, r->out, count, WEFT_FLOAT32, WEFT_SUM, WEFT_ALGORITHM_RING,
                           &r->request);
}

static void text_has(const struct job_rank *r, const char *part)
{
    if (strstr(weft_error_text(r->context), part) == NULL)
        fail_msg("'%s' is not in '%s'", part, weft_error_text(r->context));
}

static void test_dead_peer_is_named_by_every_survivor(void **state)
{
    (void)state;
    struct job job;
    job_start(&job, RANKS, COUNT * 4, 0, 1);
    for (uint32_t rank = 0; rank < RANKS; rank++)
        if (rank != 2)
            assert_int_equal(begin_all_reduce(&job.ranks[rank], COUNT), 0);
    fake_dataplane_kill_rank(job.fake, JOB_IDENTITY, 2);
    job_wait(&job);
    for (uint32_t rank = 0; rank < RANKS; rank++) {
        struct job_rank *r = &job.ranks[rank];
        if (rank == 2)
            continue;
        assert_int_equal(r->outcome, WEFT_ERROR_PEER_DEAD);
        assert_int_equal(weft_communicator_dead_rank(r->communicator), 2);
        text_has(r, "rank 2 on 10.1.0.1");
        assert_int_equal(begin_all_reduce(r, COUNT), WEFT_ERROR_PEER_DEAD); /* and so it stays */
        assert_null(r->request);
    }
    job_stop(&job);
}

/* An application that goes away in the middle, without a word. */
static void test_killed_application(void **state)
{
    (void)state;
    struct job job;
    job_start(&job, RANKS, COUNT * 4, 0, 1);
    for (uint32_t rank = 0; rank < RANKS; rank++)
        assert_int_equal(begin_all_reduce(&job.ranks[rank], COUNT), 0);
    shutdown(job.ranks[1].context->session, SHUT_RDWR);
    job_wait(&job);
    for (uint32_t rank = 0; rank < RANKS; rank++)
        assert_int_equal(job.ranks[rank].outcome, rank == 1 ? WEFT_ERROR_NO_DATAPLANE : WEFT_ERROR_PEER_DEAD);
    job_stop(&job);
}

static void test_another_communicator_is_not_harmed(void **state)
{
    (void)state;
    struct job job;
    struct weft_communicator *second[2];
    struct weft_request *requests[2];
    job_start(&job, 2, 4096, 0, 1);
    for (uint32_t rank = 0; rank < 2; rank++) {
        struct weft_communicator_config config = {
            .identity = 1, .rank = rank, .rank_count = 2, .addresses = job.addresses};
        assert_int_equal(weft_communicator_create(job.ranks[rank].context, &config, &second[rank]), 0);
    }
    assert_int_equal(begin_all_reduce(&job.ranks[0], 10), 0);
    fake_dataplane_kill_rank(job.fake, JOB_IDENTITY, 1);
    job_wait(&job);
    assert_int_equal(job.ranks[0].outcome, WEFT_ERROR_PEER_DEAD);
    for (uint32_t rank = 0; rank < 2; rank++)
        assert_int_equal(weft_barrier(second[rank], &requests[rank]), 0);
    for (uint32_t rank = 0; rank < 2; rank++)
        job.ranks[rank].request = requests[rank];
    job_wait(&job);
    assert_int_equal(job.ranks[0].outcome | job.ranks[1].outcome, 0);
    job_stop(&job);
}

static void test_timeout_names_the_awaited_ranks(void **state)
{
    (void)state;
    struct job job;
    struct job_rank *r = &job.ranks[0];
    job_start(&job, RANKS, 4096, 20, 1);
    assert_int_equal(weft_all_to_all(r->communicator, r->in, r->out, 4, WEFT_INT32, &r->request), 0);
    assert_int_equal(weft_wait(r->request), WEFT_ERROR_TIMEOUT);
    text_has(r, "all-to-all made no progress for 20 ms; awaiting ranks 1, 2, 3");
    assert_int_equal(weft_communicator_dead_rank(r->communicator), -1);
    job_stop(&job);
}

/* Ranks that disagree about the length: no hang, no overrun. Who notices first says why; it leaves, which the
 * other may hear before it notices itself. */
static void test_ranks_disagree(void **state)
{
    (void)state;
    struct job job;
    job_start(&job, 2, COUNT * 4, 0, 1);
    assert_int_equal(begin_all_reduce(&job.ranks[0], 1000), 0);
    assert_int_equal(begin_all_reduce(&job.ranks[1], 1002), 0);
    job_wait(&job);
    int first = job.ranks[0].outcome, second = job.ranks[1].outcome;
    assert_true(first == WEFT_ERROR_INVALID || second == WEFT_ERROR_INVALID);
    assert_true(first == WEFT_ERROR_INVALID || first == WEFT_ERROR_PEER_DEAD);
    assert_true(second == WEFT_ERROR_INVALID || second == WEFT_ERROR_PEER_DEAD);
    text_has(&job.ranks[first == WEFT_ERROR_INVALID ? 0 : 1], "the same arguments");
    job_stop(&job);
}

static void test_dataplane_goes_away(void **state)
{
    (void)state;
    struct job job;
    struct weft_request *request;
    job_start(&job, 2, 4096, 0, 1);
    struct job_rank *r = &job.ranks[0];
    assert_int_equal(begin_all_reduce(r, 100), 0);
    assert_null(fake_dataplane_stop(job.fake));
    assert_int_equal(weft_wait(r->request), WEFT_ERROR_NO_DATAPLANE);
    text_has(r, "went away");
    assert_int_equal(weft_barrier(r->communicator, &request), WEFT_ERROR_NO_DATAPLANE);
    void *memory;
    assert_int_equal(weft_region_create(r->context, 4096, &memory), WEFT_ERROR_NO_DATAPLANE);
    for (uint32_t rank = 0; rank < 2; rank++)
        weft_detach(job.ranks[rank].context);
}

static void test_no_dataplane(void **state)
{
    (void)state;
    struct weft_context *context = (struct weft_context *)1;
    assert_int_equal(weft_attach("/nowhere/socket", NULL, &context), WEFT_ERROR_NO_DATAPLANE);
    assert_null(context);
    assert_non_null(strstr(weft_attach_error_text(), "/nowhere/socket"));
    assert_non_null(strstr(weft_attach_error_text(), "start weft-dataplane"));
}

/* A request of a destroyed communicator can still be asked, and says so. */
static void test_destroy_with_requests_in_progress(void **state)
{
    (void)state;
    struct job job;
    struct job_rank *r = &job.ranks[0];
    job_start(&job, 2, 4096, 0, 1);
    assert_int_equal(begin_all_reduce(r, 100), 0);
    weft_communicator_destroy(r->communicator);
    r->communicator = NULL;
    assert_int_equal(weft_wait(r->request), WEFT_ERROR_INVALID);
    text_has(r, "destroyed");
    job_stop(&job);
}

/* A rank that has done its part may leave while others still have to do theirs. */
static void test_leaving_after_the_end(void **state)
{
    (void)state;
    struct job job;
    job_start(&job, 2, 4096, 0, 1);
    for (uint32_t rank = 0; rank < 2; rank++)
        assert_int_equal(weft_broadcast(job.ranks[rank].communicator, job.ranks[rank].in, 100, WEFT_INT32, 0,
                                        &job.ranks[rank].request),
                         0);
    assert_int_equal(weft_wait(job.ranks[0].request), 0);
    weft_detach(job.ranks[0].context);
    assert_int_equal(weft_wait(job.ranks[1].request), 0);
    void *memory;
    bool done;
    assert_int_equal(weft_region_create(job.ranks[1].context, 1, &memory),
                     0); /* answered after the other left */
    assert_int_equal(weft_barrier(job.ranks[1].communicator, &job.ranks[1].request), 0);
    assert_int_equal(weft_test(job.ranks[1].request, &done), 0);
    assert_int_equal(weft_communicator_dead_rank(job.ranks[1].communicator), -1);
    job.ranks[0] = (struct job_rank){0};
    job_stop(&job);
}

static void test_detach_with_requests_in_progress(void **state)
{
    (void)state;
    struct job job;
    job_start(&job, 2, COUNT * 4, 0, 1);
    for (uint32_t rank = 0; rank < 2; rank++) {
        assert_int_equal(begin_all_reduce(&job.ranks[rank], COUNT), 0);
        job.ranks[rank].communicator = NULL; /* detaching takes it along */
    }
    job_stop(&job);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_dead_peer_is_named_by_every_survivor),
                                       cmocka_unit_test(test_killed_application),
                                       cmocka_unit_test(test_another_communicator_is_not_harmed),
                                       cmocka_unit_test(test_timeout_names_the_awaited_ranks),
                                       cmocka_unit_test(test_ranks_disagree),
                                       cmocka_unit_test(test_dataplane_goes_away),
                                       cmocka_unit_test(test_no_dataplane),
                                       cmocka_unit_test(test_destroy_with_requests_in_progress),
                                       cmocka_unit_test(test_leaving_after_the_end),
                                       cmocka_unit_test(test_detach_with_requests_in_progress)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
