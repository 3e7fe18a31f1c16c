/* SPDX-License-Identifier: BSD-3-Clause */
#include "dataplane/client/collective.h"

#include <stdlib.h>
#include <string.h>

#include "dataplane/client/collective_post.h"
#include "dataplane/client/reduce.h"
#include "dataplane/client/request.h"

static void collective_copy(const struct collective *c, const struct schedule_copy *copy)
{
    if (copy->bytes == 0)
        return;
    uint8_t *from = collective_address(c, copy->from), *to = collective_address(c, copy->to);
    if (from != to)
        memcpy(to, from, copy->bytes);
}

void collective_run_copies_before(struct weft_request *request)
{
    struct collective *c = &request->collective;
    for (unsigned i = 0; i < c->schedule.copies_before_count; i++)
        collective_copy(c, &c->schedule.copies_before[i]);
    final_prefix_mark(&c->prefix, c->schedule.own_final_first, c->schedule.own_final_count);
}

static struct collective_step *lane_step(struct collective_lane *lane, uint32_t step)
{
    return &lane->steps[step % SCHEDULE_WINDOW_MAX];
}

/* ---- advancing ---- */

enum advance_result {
    ADVANCE_NOTHING, /* it waits for completions */
    ADVANCE_MOVED,
    ADVANCE_BLOCKED /* it waits for room */
};

static enum advance_result lane_open_step(struct weft_request *request, uint8_t lane_number,
                                          struct schedule_step *step)
{
    struct collective *c = &request->collective;
    struct collective_lane *lane = &c->lanes[lane_number];
    struct collective_posting posting = {request, lane_number, lane->opened};
    if (lane->opened == c->schedule.steps || lane->opened == lane->finished + c->schedule.window)
        return ADVANCE_NOTHING;
    schedule_make_step(&c->schedule, lane_number, lane->opened, step);
    if (!collective_post_receives(&posting, step))
        return ADVANCE_BLOCKED;
    *lane_step(lane, lane->opened) = (struct collective_step){step->send_count, step->receive_count};
    lane->opened++;
    return ADVANCE_MOVED;
}

static enum advance_result lane_send_step(struct weft_request *request, uint8_t lane_number,
                                          struct schedule_step *step)
{
    struct collective *c = &request->collective;
    struct collective_lane *lane = &c->lanes[lane_number];
    struct collective_posting posting = {request, lane_number, lane->sent};
    if (lane->sent == lane->opened || lane->sent > lane->received)
        return ADVANCE_NOTHING;
    schedule_make_step(&c->schedule, lane_number, lane->sent, step);
    if (!collective_post_sends(&posting, step))
        return ADVANCE_BLOCKED;
    lane->sent++;
    return ADVANCE_MOVED;
}

static void lane_count_ended_steps(struct collective_lane *lane)
{
    while (lane->received < lane->opened && lane_step(lane, lane->received)->receives_left == 0)
        lane->received++;
    while (lane->finished < lane->received && lane->finished < lane->sent &&
           lane_step(lane, lane->finished)->sends_left == 0)
        lane->finished++;
}

/* One step further at most, so that the lanes' steps reach the dataplane in turn. */
static enum advance_result lane_advance(struct weft_request *request, uint8_t lane_number,
                                        struct schedule_step *step)
{
    struct collective_lane *lane = &request->collective.lanes[lane_number];
    lane_count_ended_steps(lane);
    enum advance_result opening = lane_open_step(request, lane_number, step);
    if (opening == ADVANCE_BLOCKED)
        return ADVANCE_BLOCKED;
    lane_count_ended_steps(lane); /* a step without receives is received when it is opened */
    enum advance_result sending = lane_send_step(request, lane_number, step);
    return sending == ADVANCE_NOTHING ? opening : sending;
}

static bool collective_is_finished(const struct collective *c)
{
    for (unsigned lane = 0; lane < c->schedule.lanes; lane++)
        if (c->lanes[lane].finished < c->schedule.steps)
            return false;
    return true;
}

bool collective_advance(struct weft_request *request)
{
    struct collective *c = &request->collective;
    struct schedule_step step;
    bool moved = true, blocked = false;
    while (moved && !blocked) {
        moved = false;
        for (uint8_t lane = 0; lane < c->schedule.lanes && !blocked; lane++) {
            enum advance_result result = lane_advance(request, lane, &step);
            moved |= result == ADVANCE_MOVED;
            blocked = result == ADVANCE_BLOCKED;
        }
    }
    if (collective_is_finished(c)) {
        collective_copy(c, &c->schedule.copy_after);
        request_end(request, 0);
    }
    return !blocked;
}

/* ---- completions ---- */

static void reduce_chunk(const struct collective *c, const struct transfer *transfer, unsigned chunk)
{
    size_t element = c->schedule.problem.element_bytes;
    uint64_t start = (uint64_t)chunk * transfer->chunk_bytes;
    uint64_t left = transfer->bytes - start;
    uint64_t bytes = transfer->chunk_bytes && transfer->chunk_bytes < left ? transfer->chunk_bytes : left;
    reduce_accumulate(c->type, c->reduction, transfer->accumulator + start, transfer->operand + start,
                      bytes / element);
    if (transfer->completes_reduction && c->reduction == WEFT_AVERAGE)
        reduce_scale(c->type, transfer->accumulator + start, bytes / element, c->schedule.problem.rank_count);
}

static void collective_end_receive(struct weft_request *request, struct transfer *transfer)
{
    struct collective *c = &request->collective;
    lane_step(&c->lanes[transfer->lane], transfer->step)->receives_left--;
    final_prefix_mark(&c->prefix, transfer->final_first, transfer->final_count);
    request_return_transfer(request, transfer);
    request_make_runnable(request);
}

/* Adds up what has arrived, in the order of the schedule: a receive waits for those before it, so that sums
 * do not depend on who was fast. Within the first one, chunks are added as they come; they do not touch. */
static void collective_reduce(struct weft_request *request, struct collective_lane *lane)
{
    struct transfer *transfer;
    while ((transfer = STAILQ_FIRST(&lane->reductions)) != NULL) {
        uint64_t due = transfer->chunks_arrived & ~transfer->chunks_reduced;
        for (; due != 0; due &= due - 1)
            reduce_chunk(&request->collective, transfer, (unsigned)__builtin_ctzll(due));
        transfer->chunks_reduced = transfer->chunks_arrived;
        if (!transfer->whole)
            return;
        STAILQ_REMOVE_HEAD(&lane->reductions, reduction_link);
        collective_end_receive(request, transfer);
    }
}

static void collective_on_received(struct weft_request *request, struct transfer *transfer, uint64_t bytes)
{
    if (bytes != transfer->bytes) {
        collective_on_wrong_length(request, transfer, bytes);
        return;
    }
    transfer->whole = true;
    transfer->chunks_arrived = transfer_all_chunks(transfer);
    if (transfer->reduces)
        collective_reduce(request, &request->collective.lanes[transfer->lane]);
    else
        collective_end_receive(request, transfer);
}

static void collective_on_sent(struct weft_request *request, struct transfer *transfer)
{
    struct collective_lane *lane = &request->collective.lanes[transfer->lane];
    lane_step(lane, transfer->step)->sends_left--;
    request_return_transfer(request, transfer);
    request_make_runnable(request);
}

void collective_on_completion(struct weft_request *request, struct transfer *transfer,
                              const struct app_completion *completion)
{
    if (transfer->is_send)
        collective_on_sent(request, transfer);
    else if (completion->kind == APP_COMPLETION_RECEIVED && !transfer->whole)
        collective_on_received(request, transfer, completion->bytes);
    else if (completion->kind == APP_COMPLETION_CHUNK && completion->chunk < transfer_chunk_count(transfer)) {
        transfer->chunks_arrived |= 1ull << completion->chunk;
        collective_reduce(request, &request->collective.lanes[transfer->lane]);
    }
}

void collective_on_wrong_length(struct weft_request *request, const struct transfer *transfer, uint64_t bytes)
{
    communicator_fail(
        request->communicator, WEFT_ERROR_INVALID,
        "%s number %llu: a message of rank %u has %llu bytes where %llu are due: do all ranks call it with "
        "the same arguments?",
        request_operation_name(request->operation), (unsigned long long)request->collective.sequence,
        transfer->peer, (unsigned long long)bytes, (unsigned long long)transfer->bytes);
}

size_t collective_ready_bytes(const struct weft_request *request)
{
    const struct collective *c = &request->collective;
    if (request->ended)
        return request->outcome == 0 ? c->out_bytes : 0;
    return c->schedule.blocks == 0 ? 0 : schedule_segment_offset(&c->schedule, c->prefix.first_open);
}

void collective_free_memory(struct collective *collective)
{
    final_prefix_free(&collective->prefix);
    free(collective->layout_bytes);
}
