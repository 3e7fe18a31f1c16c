/* SPDX-License-Identifier: BSD-3-Clause */
/* The rings and their doorbells, with the test as the dataplane, in one thread. */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <sys/eventfd.h>
#include <sys/mman.h>
#include <unistd.h>

#include <cmocka.h>

#include "dataplane/client/app_ring.h"
#include "dataplane/client/ring.h"

struct fixture {
    struct app_ring ring;
    struct app_queue *queue; /* as the dataplane sees it: another mapping */
    int submission_doorbell, completion_doorbell;
};

static int make_memfd(size_t bytes, uint32_t version)
{
    int memfd = memfd_create("queue", MFD_CLOEXEC);
    assert_int_equal(ftruncate(memfd, (off_t)bytes), 0);
    assert_int_equal(pwrite(memfd, &version, sizeof(version), 0), sizeof(version));
    return memfd;
}

static int setup(void **state)
{
    static struct fixture f;
    int memfd = make_memfd(sizeof(struct app_queue), APP_QUEUE_VERSION);
    f.queue = mmap(NULL, sizeof(*f.queue), PROT_READ | PROT_WRITE, MAP_SHARED, memfd, 0);
    f.submission_doorbell = eventfd(0, EFD_NONBLOCK);
    f.completion_doorbell = eventfd(0, EFD_NONBLOCK);
    assert_int_equal(app_ring_open(&f.ring, memfd, f.submission_doorbell, f.completion_doorbell), 0);
    close(memfd);
    *state = &f;
    return 0;
}

static int teardown(void **state)
{
    struct fixture *f = *state;
    munmap(f->queue, sizeof(*f->queue));
    app_ring_close(&f->ring);
    return 0;
}

static bool rung(int doorbell)
{
    uint64_t count;
    return read(doorbell, &count, sizeof(count)) == sizeof(count);
}

static void put_batch(struct app_ring *ring, uint32_t flows)
{
    assert_true(
        app_ring_begin_batch(ring, &(struct app_batch){.kind = APP_SUBMIT_SEND_BATCH, .flow_count = flows}));
    for (uint32_t i = 0; i < flows; i++)
        app_ring_add_flow(ring, &(struct app_flow){.kind = APP_SUBMIT_FLOW, .cookie = i});
}

static void complete(struct fixture *f, uint32_t count)
{
    uint32_t tail = f->queue->completion.tail;
    for (uint32_t i = 0; i < count; i++, tail++)
        f->queue->completions[tail % APP_COMPLETION_ENTRIES].cookie = tail;
    ring_publish(&f->queue->completion.tail, tail);
}

static void test_a_batch_is_seen_when_it_has_ended(void **state)
{
    struct fixture *f = *state;
    put_batch(&f->ring, 3);
    assert_int_equal(f->queue->submission.tail, 0);
    app_ring_end_batch(&f->ring);
    assert_int_equal(f->queue->submission.tail, 4);
    assert_int_equal(f->queue->submissions[0].batch.flow_count, 3);
    assert_int_equal(f->queue->submissions[3].flow.cookie, 2);
}

static void test_a_full_ring_takes_nothing_and_positions_wrap(void **state)
{
    struct fixture *f = *state;
    f->ring.submission_tail = f->queue->submission.tail = f->queue->submission.head = UINT32_MAX - 1;
    for (unsigned i = 0; i < APP_SUBMISSION_ENTRIES / 1024; i++)
        put_batch(&f->ring, 1023);
    app_ring_end_batch(&f->ring);
    struct app_batch one = {.kind = APP_SUBMIT_SEND_BATCH, .flow_count = 1};
    assert_false(app_ring_begin_batch(&f->ring, &one));
    ring_publish(&f->queue->submission.head, UINT32_MAX); /* one entry is free: a batch needs two */
    assert_false(app_ring_begin_batch(&f->ring, &one));
    ring_publish(&f->queue->submission.head, 0);
    assert_true(app_ring_begin_batch(&f->ring, &one));
}

static void test_completions_are_taken_in_order_once(void **state)
{
    struct fixture *f = *state;
    struct app_completion taken[64];
    f->ring.completion_head = f->queue->completion.tail = f->queue->completion.head = UINT32_MAX - 3;
    complete(f, 10);
    assert_int_equal(app_ring_take(&f->ring, taken, 7), 7);
    assert_int_equal(taken[6].cookie, 2);
    assert_int_equal(f->queue->completion.head, 3);
    assert_int_equal(app_ring_take(&f->ring, taken, 64), 3);
    assert_int_equal(app_ring_take(&f->ring, taken, 64), 0);
}

static void test_impossible_positions_are_noticed(void **state)
{
    struct fixture *f = *state;
    struct app_completion taken[1];
    f->queue->completion.tail = APP_COMPLETION_ENTRIES + 1;
    assert_int_equal(app_ring_take(&f->ring, taken, 1), 0);
    assert_true(f->ring.corrupt);
    f->ring.corrupt = false;
    f->queue->submission.head = 1; /* beyond what was submitted */
    assert_false(app_ring_begin_batch(&f->ring, &(struct app_batch){.flow_count = 1}));
    assert_true(f->ring.corrupt);
}

static void test_the_dataplane_is_woken_only_if_it_asked(void **state)
{
    struct fixture *f = *state;
    app_ring_wake_dataplane(&f->ring);
    assert_false(rung(f->submission_doorbell));
    ring_want_doorbell(&f->queue->submission_doorbell_wanted);
    app_ring_wake_dataplane(&f->ring);
    assert_true(rung(f->submission_doorbell));
    app_ring_wake_dataplane(&f->ring); /* once per request */
    assert_false(rung(f->submission_doorbell));
}

static void test_no_sleep_while_something_waits(void **state)
{
    struct fixture *f = *state;
    assert_true(app_ring_prepare_sleep(&f->ring));
    assert_int_equal(f->queue->completion_doorbell_wanted, 1);
    complete(f, 1);
    assert_false(app_ring_prepare_sleep(&f->ring));
    assert_true(ring_take_doorbell(&f->queue->completion_doorbell_wanted));
    uint64_t one = 1;
    assert_int_equal(write(f->completion_doorbell, &one, sizeof(one)), sizeof(one));
    app_ring_end_sleep(&f->ring, true);
    assert_int_equal(f->queue->completion_doorbell_wanted, 0);
    assert_false(rung(f->completion_doorbell)); /* it was taken */
}

static void test_foreign_queues_are_refused(void **state)
{
    (void)state;
    struct app_ring ring;
    int small = make_memfd(4096, APP_QUEUE_VERSION);
    int newer = make_memfd(sizeof(struct app_queue), APP_QUEUE_VERSION + 1);
    assert_int_equal(app_ring_open(&ring, small, -1, -1), -EPROTO);
    assert_int_equal(app_ring_open(&ring, newer, -1, -1), -EPROTONOSUPPORT);
    close(small);
    close(newer);
}

#define RING_TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {RING_TEST(test_a_batch_is_seen_when_it_has_ended),
                                       RING_TEST(test_a_full_ring_takes_nothing_and_positions_wrap),
                                       RING_TEST(test_completions_are_taken_in_order_once),
                                       RING_TEST(test_impossible_positions_are_noticed),
                                       RING_TEST(test_the_dataplane_is_woken_only_if_it_asked),
                                       RING_TEST(test_no_sleep_while_something_waits),
                                       cmocka_unit_test(test_foreign_queues_are_refused)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
