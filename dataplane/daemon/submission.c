/* SPDX-License-Identifier: BSD-3-Clause */
#include "dataplane/daemon/submission.h"

#include <string.h>

#define MESSAGE_BYTES_MAX (4ull << 30)

static bool refuse(struct submission_fault *fault, const char *what, uint64_t value)
{
    fault->what = what;
    fault->value = value;
    return false;
}

static uint32_t published(const struct submission_source *source)
{
    /* acquire: pairs with the application's release of tail, so that the entries before it can be read */
    uint32_t tail = __atomic_load_n(&source->queue->submission.tail, __ATOMIC_ACQUIRE);
    return tail - source->head;
}

static void copy_entry(const struct submission_source *source, uint32_t position, union app_submission *copy)
{
    memcpy(copy, &source->queue->submissions[position & (APP_SUBMISSION_ENTRIES - 1)], sizeof(*copy));
}

bool submission_is_waiting(const struct submission_source *source)
{
    return published(source) != 0;
}

static bool check_batch(const struct submission_source *source, const struct app_batch *entry,
                        uint32_t available, struct submission_batch *batch, struct submission_fault *fault)
{
    if (entry->kind != APP_SUBMIT_SEND_BATCH && entry->kind != APP_SUBMIT_RECEIVE_BATCH)
        return refuse(fault, "a batch was expected, but the entry is of kind", entry->kind);
    if (entry->flow_count == 0 || entry->flow_count > APP_BATCH_FLOWS_MAX)
        return refuse(fault, "a batch has 1 to 1024 flows, not", entry->flow_count);
    if (entry->shape >= STEP_SHAPES)
        return refuse(fault, "a step has no shape", entry->shape);
    if (entry->flow_count > available - 1)
        return refuse(fault, "the ring's tail was published before all flows of the batch, which are",
                      entry->flow_count);
    batch->receive = entry->kind == APP_SUBMIT_RECEIVE_BATCH;
    batch->count = entry->flow_count;
    batch->shape = entry->shape;
    batch->operation = (uint16_t)entry->operation;
    batch->step = entry->step;
    batch->sequence = entry->sequence;
    batch->communicator = NULL;
    enum communicator_standing standing =
        communicator_table_find(source->communicators, entry->communicator, &batch->communicator);
    batch->cancelled = standing == COMMUNICATOR_CLOSED;
    return standing != COMMUNICATOR_UNKNOWN ||
           refuse(fault, "no communicator was opened with the handle", entry->communicator);
}

static bool check_chunks(const struct app_flow *entry, struct submission_fault *fault)
{
    if (entry->chunk_bytes != 0 && entry->bytes / entry->chunk_bytes > APP_CHUNKS_MAX)
        return refuse(fault, "a receive may report 64 chunks, too few for chunks of", entry->chunk_bytes);
    return true;
}

/* Only what the transport cannot know: memory, and ranks that it would use as an index. */
static bool check_flow(const struct submission_source *source, const struct app_flow *entry,
                       const struct submission_batch *batch, struct submission_fault *fault)
{
    if (entry->kind != APP_SUBMIT_FLOW)
        return refuse(fault, "a flow was expected, but the entry is of kind", entry->kind);
    if (batch->cancelled)
        return true;
    if (entry->peer_rank >= batch->communicator->rank_count)
        return refuse(fault, "the communicator has no rank", entry->peer_rank);
    if (entry->bytes > MESSAGE_BYTES_MAX)
        return refuse(fault, "a message has at most 4 GiB, not bytes:", entry->bytes);
    if (entry->bytes > 0 &&
        !region_table_contains(source->regions, source->owner, entry->region, entry->offset, entry->bytes))
        return refuse(fault, "the flow's memory does not lie inside the session's region", entry->region);
    return !batch->receive || check_chunks(entry, fault);
}

static void fill_flow(const struct app_flow *entry, bool receive, struct flow_request *flow)
{
    *flow = (struct flow_request){.cookie = entry->cookie,
                                  .peer_rank = entry->peer_rank,
                                  .region = entry->bytes > 0 ? entry->region : REGION_NONE,
                                  .tag = entry->tag,
                                  .offset = entry->bytes > 0 ? entry->offset : 0,
                                  .bytes = entry->bytes,
                                  .chunk_bytes = receive ? entry->chunk_bytes : 0};
}

static bool read_flows(const struct submission_source *source, struct submission_batch *batch,
                       struct submission_fault *fault)
{
    union app_submission copy;
    for (unsigned i = 0; i < batch->count; i++) {
        fault->entry = source->head + 1 + i;
        copy_entry(source, fault->entry, &copy);
        if (!check_flow(source, &copy.flow, batch, fault))
            return false;
        fill_flow(&copy.flow, batch->receive, &batch->flows[i]);
    }
    return true;
}

enum submission_status submission_read(const struct submission_source *source, struct submission_batch *batch,
                                       struct submission_fault *fault)
{
    uint32_t available = published(source);
    union app_submission copy;
    if (available == 0)
        return SUBMISSION_EMPTY;
    fault->entry = source->head;
    if (available > APP_SUBMISSION_ENTRIES) {
        refuse(fault, "the submission ring's tail is beyond the ring by entries:",
               available - APP_SUBMISSION_ENTRIES);
        return SUBMISSION_MALFORMED;
    }
    copy_entry(source, source->head, &copy);
    if (!check_batch(source, &copy.batch, available, batch, fault) || !read_flows(source, batch, fault))
        return SUBMISSION_MALFORMED;
    return SUBMISSION_BATCH;
}

void submission_take(struct submission_source *source, const struct submission_batch *batch)
{
    source->head += 1 + batch->count;
    /* release: the copies above are complete before the application may overwrite the entries */
    __atomic_store_n(&source->queue->submission.head, source->head, __ATOMIC_RELEASE);
}
