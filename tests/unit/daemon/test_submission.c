/* SPDX-License-Identifier: BSD-3-Clause */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "dataplane/daemon/submission.h"

enum {
    OWNER = 5,
    REGION_BYTES = 4096,
    RANKS = 4
};

struct world {
    struct app_queue queue;
    struct region_table regions;
    struct communicator_table communicators;
    struct submission_source source;
    struct submission_batch batch;
    struct submission_fault fault;
    uint8_t memory[REGION_BYTES];
    uint32_t region, handle;
};

static int setup(void **state)
{
    struct world *w = calloc(1, sizeof(*w));
    w->region = region_table_add(&w->regions, OWNER, w->memory, REGION_BYTES);
    w->handle = communicator_table_next_handle(&w->communicators);
    communicator_table_add(&w->communicators, w->handle)->rank_count = RANKS;
    w->source = (struct submission_source){
        .queue = &w->queue, .owner = OWNER, .regions = &w->regions, .communicators = &w->communicators};
    *state = w;
    return 0;
}

static int teardown(void **state)
{
    free(*state);
    return 0;
}

static union app_submission *entry(struct world *w, uint32_t position)
{
    return &w->queue.submissions[position & (APP_SUBMISSION_ENTRIES - 1)];
}

/* Publishes a batch of good flows at the application's tail. */
static void publish(struct world *w, uint32_t kind, uint32_t flows)
{
    uint32_t tail = w->queue.submission.tail;
    entry(w, tail)->batch = (struct app_batch){.kind = kind, .communicator = w->handle, .flow_count = flows};
    for (uint32_t i = 1; i <= flows; i++)
        entry(w, tail + i)->flow = (struct app_flow){.kind = APP_SUBMIT_FLOW,
                                                     .peer_rank = i % RANKS,
                                                     .tag = i,
                                                     .cookie = 1000 + i,
                                                     .region = w->region,
                                                     .offset = i,
                                                     .bytes = 64};
    w->queue.submission.tail = tail + 1 + flows;
}

static enum submission_status read(struct world *w)
{
    return submission_read(&w->source, &w->batch, &w->fault);
}

static void a_good_batch_is_read_and_taken(void **state)
{
    struct world *w = *state;
    assert_int_equal(read(w), SUBMISSION_EMPTY);
    publish(w, APP_SUBMIT_SEND_BATCH, 3);
    assert_true(submission_is_waiting(&w->source));
    assert_int_equal(read(w), SUBMISSION_BATCH);
    assert_false(w->batch.receive);
    assert_int_equal(w->batch.count, 3);
    assert_int_equal(w->batch.communicator->handle, w->handle);
    assert_int_equal(w->batch.flows[2].cookie, 1003);
    assert_int_equal(w->batch.flows[2].offset, 3);
    assert_int_equal(w->queue.submission.head, 0);
    submission_take(&w->source, &w->batch);
    assert_int_equal(w->queue.submission.head, 4);
    assert_int_equal(read(w), SUBMISSION_EMPTY);
}

static void the_ring_wraps(void **state)
{
    struct world *w = *state;
    for (unsigned i = 0; i < 100; i++) {
        publish(w, APP_SUBMIT_RECEIVE_BATCH, 700);
        assert_int_equal(read(w), SUBMISSION_BATCH);
        assert_true(w->batch.receive);
        assert_int_equal(w->batch.flows[699].cookie, 1700);
        submission_take(&w->source, &w->batch);
    }
}

static void the_applications_own_view_of_head_is_not_believed(void **state)
{
    struct world *w = *state;
    publish(w, APP_SUBMIT_SEND_BATCH, 1);
    w->queue.submission.head = 0x12345678;
    assert_int_equal(read(w), SUBMISSION_BATCH);
    submission_take(&w->source, &w->batch);
    assert_int_equal(w->queue.submission.head, 2);
}

static void a_message_of_no_bytes_needs_no_memory(void **state)
{
    struct world *w = *state;
    publish(w, APP_SUBMIT_SEND_BATCH, 1);
    entry(w, 1)->flow.bytes = 0;
    entry(w, 1)->flow.region = 4000000000u;
    entry(w, 1)->flow.offset = UINT64_MAX;
    assert_int_equal(read(w), SUBMISSION_BATCH);
    assert_int_equal(w->batch.flows[0].region, REGION_NONE);
    assert_int_equal(w->batch.flows[0].offset, 0);
}

static void flows_of_a_closed_communicator_are_cancelled(void **state)
{
    struct world *w = *state;
    publish(w, APP_SUBMIT_SEND_BATCH, 2);
    communicator_table_remove(&w->communicators, communicator_table_slot(&w->communicators, w->handle));
    assert_int_equal(read(w), SUBMISSION_BATCH);
    assert_true(w->batch.cancelled);
    assert_null(w->batch.communicator);
    assert_int_equal(w->batch.count, 2);
}

static void expect_refused(struct world *w, uint64_t value)
{
    assert_int_equal(read(w), SUBMISSION_MALFORMED);
    assert_non_null(w->fault.what);
    assert_int_equal(w->fault.value, value);
    assert_int_equal(w->queue.submission.head, 0);
}

static void malformed_batches_are_refused(void **state)
{
    struct world *w = *state;
    struct app_batch *batch = &entry(w, 0)->batch;
    publish(w, APP_SUBMIT_SEND_BATCH, 1);
    batch->kind = APP_SUBMIT_FLOW;
    expect_refused(w, APP_SUBMIT_FLOW);
    batch->kind = 0;
    expect_refused(w, 0);
    batch->kind = APP_SUBMIT_SEND_BATCH;
    batch->communicator = w->handle + 1;
    expect_refused(w, w->handle + 1);
    batch->communicator = 0;
    expect_refused(w, 0);
    batch->communicator = w->handle;
    batch->flow_count = 0;
    expect_refused(w, 0);
    batch->flow_count = APP_BATCH_FLOWS_MAX + 1;
    expect_refused(w, APP_BATCH_FLOWS_MAX + 1);
    batch->flow_count = 2;
    expect_refused(w, 2);
    batch->flow_count = UINT32_MAX;
    expect_refused(w, UINT32_MAX);
    batch->flow_count = 1;
    assert_int_equal(read(w), SUBMISSION_BATCH);
}

static void malformed_flows_are_refused(void **state)
{
    struct world *w = *state;
    struct app_flow *flow = &entry(w, 2)->flow;
    publish(w, APP_SUBMIT_RECEIVE_BATCH, 2);
    struct app_flow good = *flow;
    flow->kind = APP_SUBMIT_SEND_BATCH;
    expect_refused(w, APP_SUBMIT_SEND_BATCH);
    *flow = good;
    flow->peer_rank = RANKS;
    expect_refused(w, RANKS);
    *flow = good;
    flow->region = w->region + 1;
    expect_refused(w, w->region + 1);
    *flow = good;
    flow->offset = REGION_BYTES - 63;
    expect_refused(w, w->region);
    *flow = good;
    flow->offset = UINT64_MAX - 10;
    expect_refused(w, w->region);
    *flow = good;
    flow->bytes = (4ull << 30) + 1;
    expect_refused(w, (4ull << 30) + 1);
    *flow = good;
    flow->bytes = 65;
    flow->chunk_bytes = 1;
    expect_refused(w, 1);
    assert_int_equal(w->fault.entry, 2);
}

static void an_impossible_tail_is_refused(void **state)
{
    struct world *w = *state;
    publish(w, APP_SUBMIT_SEND_BATCH, 1);
    w->queue.submission.tail = APP_SUBMISSION_ENTRIES + 1;
    expect_refused(w, 1);
    w->queue.submission.tail = UINT32_MAX;
    expect_refused(w, UINT32_MAX - APP_SUBMISSION_ENTRIES);
}

static void another_sessions_region_is_refused(void **state)
{
    struct world *w = *state;
    uint32_t other = region_table_add(&w->regions, OWNER + 1, w->memory, REGION_BYTES);
    publish(w, APP_SUBMIT_SEND_BATCH, 1);
    entry(w, 1)->flow.region = other;
    expect_refused(w, other);
}

#define STORY(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        STORY(a_good_batch_is_read_and_taken),
        STORY(the_ring_wraps),
        STORY(the_applications_own_view_of_head_is_not_believed),
        STORY(a_message_of_no_bytes_needs_no_memory),
        STORY(flows_of_a_closed_communicator_are_cancelled),
        STORY(malformed_batches_are_refused),
        STORY(malformed_flows_are_refused),
        STORY(an_impossible_tail_is_refused),
        STORY(another_sessions_region_is_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
