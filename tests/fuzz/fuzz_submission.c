/* SPDX-License-Identifier: BSD-3-Clause */
/* Any bytes as an application's submission ring: what is accepted lies inside the application's own memory
 * and communicators, and at most one ring's worth is ever taken.
 *
 * Input: head and tail as 32-bit numbers, then entries; an entry that begins with a byte above 127 is mended
 * first, so that more than the first check is reached. */
#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "dataplane/daemon/submission.h"
#include "tests/fuzz/fuzz.h"

enum {
    OWNER = 3,
    REGION_BYTES = 1 << 16,
    RANKS = 8
};

struct world {
    struct app_queue queue;
    struct region_table regions;
    struct communicator_table communicators;
    struct submission_batch batch;
    uint32_t region, open, closed;
};

static struct world *create_world(void)
{
    static uint8_t memory[2][REGION_BYTES];
    struct world *w = calloc(1, sizeof(*w));
    assert(w);
    w->region = region_table_add(&w->regions, OWNER, memory[0], REGION_BYTES);
    region_table_add(&w->regions, OWNER + 1, memory[1], REGION_BYTES);
    w->closed = communicator_table_next_handle(&w->communicators);
    communicator_table_remove(&w->communicators, communicator_table_add(&w->communicators, w->closed));
    w->open = communicator_table_next_handle(&w->communicators);
    communicator_table_add(&w->communicators, w->open)->rank_count = RANKS;
    return w;
}

static void mend(const struct world *w, union app_submission *entry)
{
    uint8_t how = entry->bytes[1];
    if (entry->bytes[0] < 128)
        return;
    entry->kind = APP_SUBMIT_SEND_BATCH + entry->bytes[0] % 3;
    if (entry->kind == APP_SUBMIT_FLOW) {
        entry->flow.region = how & 1 ? w->region : entry->flow.region;
        entry->flow.peer_rank %= how & 2 ? RANKS : UINT32_MAX;
        entry->flow.offset %= how & 4 ? REGION_BYTES : UINT64_MAX;
        entry->flow.bytes %= how & 8 ? REGION_BYTES : UINT64_MAX;
        entry->flow.chunk_bytes = how & 16 ? 0 : entry->flow.chunk_bytes;
    } else {
        entry->batch.communicator = how & 1 ? w->open : w->closed;
        entry->batch.flow_count %= how & 2 ? 8 : UINT32_MAX;
    }
}

static void check_batch(const struct world *w)
{
    const struct submission_batch *batch = &w->batch;
    assert(batch->count >= 1 && batch->count <= APP_BATCH_FLOWS_MAX);
    assert(batch->cancelled == (batch->communicator == NULL));
    for (unsigned i = 0; !batch->cancelled && i < batch->count; i++) {
        const struct flow_request *flow = &batch->flows[i];
        assert(flow->peer_rank < RANKS);
        assert(flow->bytes == 0 || flow->region == w->region);
        assert(flow->offset <= REGION_BYTES && flow->bytes <= REGION_BYTES - flow->offset);
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t length)
{
    static struct world *w;
    struct submission_fault fault;
    uint32_t positions[2] = {0};
    if (!w)
        w = create_world();
    memcpy(positions, bytes, length < sizeof(positions) ? length : sizeof(positions));
    size_t taken = length < sizeof(positions) ? length : sizeof(positions);
    memset(&w->queue, 0, sizeof(w->queue));
    for (uint32_t i = 0; length - taken >= sizeof(w->queue.submissions[0]) && i < APP_SUBMISSION_ENTRIES;
         i++) {
        union app_submission *entry =
            &w->queue.submissions[(positions[0] + i) & (APP_SUBMISSION_ENTRIES - 1)];
        memcpy(entry, bytes + taken, sizeof(*entry));
        taken += sizeof(*entry);
        mend(w, entry);
    }
    w->queue.submission.tail = positions[1];
    struct submission_source source = {.queue = &w->queue,
                                       .head = positions[0],
                                       .owner = OWNER,
                                       .regions = &w->regions,
                                       .communicators = &w->communicators};
    while (submission_read(&source, &w->batch, &fault) == SUBMISSION_BATCH) {
        check_batch(w);
        submission_take(&source, &w->batch);
        assert((uint32_t)(source.head - positions[0]) <= APP_SUBMISSION_ENTRIES);
    }
    return 0;
}
