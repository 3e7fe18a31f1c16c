/* SPDX-License-Identifier: BSD-3-Clause */
/* Tagged messages between contexts of one process, over the fake dataplane. */
#include <setjmp.h>
#include <stdarg.h>
#include <string.h>

#include <cmocka.h>

#include "tests/unit/client/job.h"

enum {
    BYTES = 1 << 20
};

/* Waits for two requests of different ranks, taking turns. */
static void wait_both(struct weft_request *a, struct weft_request *b, int outcomes[2], size_t *received)
{
    bool a_done = false, b_done = false;
    outcomes[0] = outcomes[1] = 0;
    while (!a_done || !b_done) {
        if (!a_done)
            outcomes[0] = weft_test(a, &a_done);
        if (!b_done)
            outcomes[1] = weft_test_receive(b, &b_done, received);
    }
}

static void exchange(struct job *job, size_t bytes, size_t room)
{
    struct weft_request *send, *receive;
    struct job_rank *source = &job->ranks[0], *destination = &job->ranks[1];
    int outcomes[2];
    size_t received = SIZE_MAX;
    for (size_t i = 0; i < bytes; i++)
        source->in[i] = (uint8_t)(i * 7 + bytes);
    memset(destination->out, 0xcc, room + 1);
    assert_int_equal(weft_send(source->communicator, source->in, bytes, 1, 5, &send), 0);
    assert_int_equal(weft_receive(destination->communicator, destination->out, room, 0, 5, &receive), 0);
    wait_both(send, receive, outcomes, &received);
    assert_int_equal(outcomes[0], 0);
    assert_int_equal(outcomes[1], 0);
    assert_int_equal(received, bytes);
    assert_memory_equal(destination->out, source->in, bytes);
    assert_int_equal(destination->out[bytes], 0xcc);
}

static void test_lengths(void **state)
{
    (void)state;
    static const size_t lengths[] = {0, 1, 3291, 3292, 3293, 65536, 65537, 600001, BYTES - 1};
    struct job job;
    job_start(&job, 2, BYTES, 0, 1);
    for (unsigned i = 0; i < sizeof(lengths) / sizeof(lengths[0]); i++) {
        exchange(&job, lengths[i], lengths[i]);
        exchange(&job, lengths[i], BYTES - 1); /* more room than message */
    }
    job_stop(&job);
}

static void test_no_buffer_for_no_bytes(void **state)
{
    (void)state;
    struct job job;
    struct weft_request *send, *receive;
    int outcomes[2];
    job_start(&job, 2, 4096, 0, 1);
    assert_int_equal(weft_send(job.ranks[0].communicator, NULL, 0, 1, 0, &send), 0);
    assert_int_equal(weft_receive(job.ranks[1].communicator, NULL, 0, 0, 0, &receive), 0);
    wait_both(send, receive, outcomes, NULL);
    assert_int_equal(outcomes[0] | outcomes[1], 0);
    job_stop(&job);
}

/* Messages of a tag meet receives of that tag in order, whatever the order in which they were begun. */
static void test_order_within_a_tag(void **state)
{
    (void)state;
    enum {
        MESSAGES = 200
    };
    struct job job;
    struct weft_request *sends[MESSAGES], *receives[MESSAGES];
    int outcomes[2];
    job_start(&job, 2, 4096, 0, 11);
    for (uint32_t i = 0; i < MESSAGES; i++) {
        job.ranks[0].in[i] = (uint8_t)i;
        assert_int_equal(weft_send(job.ranks[0].communicator, job.ranks[0].in + i, 1, 1, i % 2, &sends[i]),
                         0);
    }
    for (uint32_t i = 0; i < MESSAGES; i++) { /* first all with tag 1, then all with tag 0 */
        uint32_t which = i < MESSAGES / 2 ? 2 * i + 1 : 2 * i - MESSAGES;
        assert_int_equal(
            weft_receive(job.ranks[1].communicator, job.ranks[1].out + which, 1, 0, which % 2, &receives[i]),
            0);
    }
    for (uint32_t i = 0; i < MESSAGES; i++)
        wait_both(sends[i], receives[i], outcomes, NULL);
    for (uint32_t i = 0; i < MESSAGES; i++)
        assert_int_equal(job.ranks[1].out[i], i);
    job_stop(&job);
}

static void test_truncated(void **state)
{
    (void)state;
    struct job job;
    struct weft_request *send, *receive;
    int outcomes[2];
    size_t length = 0;
    job_start(&job, 2, 4096, 0, 1);
    assert_int_equal(weft_send(job.ranks[0].communicator, job.ranks[0].in, 100, 1, 9, &send), 0);
    assert_int_equal(weft_receive(job.ranks[1].communicator, job.ranks[1].out, 99, 0, 9, &receive), 0);
    wait_both(send, receive, outcomes, &length);
    assert_int_equal(outcomes[0], WEFT_ERROR_TRUNCATED);
    assert_int_equal(outcomes[1], WEFT_ERROR_TRUNCATED);
    assert_int_equal(length, 100);
    assert_non_null(strstr(weft_error_text(job.ranks[1].context), "tag 9"));
    exchange(&job, 10, 10); /* the communicator lives on */
    job_stop(&job);
}

static void test_message_to_oneself(void **state)
{
    (void)state;
    struct job job;
    struct weft_request *sends[2], *receives[2];
    struct job_rank *r = &job.ranks[0];
    size_t bytes;
    job_start(&job, 2, 4096, 0, 1);
    memcpy(r->in, "firstother", 10);
    assert_int_equal(weft_send(r->communicator, r->in, 5, 0, 1, &sends[0]), 0);
    assert_int_equal(weft_send(r->communicator, r->in + 5, 5, 0, 1, &sends[1]), 0);
    assert_int_equal(weft_receive(r->communicator, r->out, 9, 0, 1, &receives[0]), 0);
    assert_int_equal(weft_wait_receive(receives[0], &bytes), 0);
    assert_int_equal(bytes, 5);
    assert_memory_equal(r->out, "first", 5);
    assert_int_equal(weft_receive(r->communicator, r->out, 5, 0, 1, &receives[1]), 0);
    assert_int_equal(weft_wait(sends[0]) | weft_wait(sends[1]) | weft_wait(receives[1]), 0);
    assert_memory_equal(r->out, "other", 5);
    job_stop(&job);
}

/* More than the submission ring holds: what does not fit waits in the library. */
static void test_full_ring(void **state)
{
    (void)state;
    enum {
        MESSAGES = 3000
    };
    static struct weft_request *sends[MESSAGES], *receives[MESSAGES];
    struct job job;
    int outcomes[2];
    job_start(&job, 2, 4096, 0, 1);
    fake_dataplane_hold(job.fake, true);
    for (uint32_t i = 0; i < MESSAGES; i++) {
        assert_int_equal(weft_send(job.ranks[0].communicator, job.ranks[0].in, 8, 1, i, &sends[i]), 0);
        assert_int_equal(weft_receive(job.ranks[1].communicator, job.ranks[1].out, 8, 0, i, &receives[i]), 0);
    }
    fake_dataplane_hold(job.fake, false);
    for (uint32_t i = 0; i < MESSAGES; i++) {
        wait_both(sends[i], receives[i], outcomes, NULL);
        assert_int_equal(outcomes[0] | outcomes[1], 0);
    }
    job_stop(&job);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_lengths),
                                       cmocka_unit_test(test_no_buffer_for_no_bytes),
                                       cmocka_unit_test(test_order_within_a_tag),
                                       cmocka_unit_test(test_truncated),
                                       cmocka_unit_test(test_message_to_oneself),
                                       cmocka_unit_test(test_full_ring)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
