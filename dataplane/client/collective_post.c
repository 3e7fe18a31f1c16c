/* SPDX-License-Identifier: BSD-3-Clause */
#include "dataplane/client/collective_post.h"

#include "dataplane/client/request.h"
#include "dataplane/client/wire_tag.h"

static struct app_batch posting_batch(const struct collective_posting *p, uint32_t kind, uint32_t flow_count)
{
    return (struct app_batch){.kind = kind,
                              .communicator = p->request->communicator->handle,
                              .flow_count = flow_count,
                              .operation = p->request->operation,
                              .sequence = p->request->collective.sequence,
                              .step = p->step,
                              .shape = p->request->collective.schedule.shape};
}

static struct app_flow posting_flow(const struct collective_posting *p, const struct transfer *transfer,
                                    struct schedule_place place)
{
    const struct collective_space *space = &p->request->collective.spaces[place.space];
    return (struct app_flow){
        .kind = APP_SUBMIT_FLOW,
        .peer_rank = transfer->peer,
        .tag = wire_tag_collective(p->request->collective.sequence, p->step, p->lane),
        .cookie = transfer->cookie,
        .region = transfer->bytes > 0 ? space->region->id : 0,
        .chunk_bytes = transfer->chunk_bytes,
        .offset = transfer->bytes > 0 ? region_offset(space->region, space->base, place.offset) : 0,
        .bytes = transfer->bytes};
}

static void post_send(const struct collective_posting *p, const struct schedule_send *send)
{
    struct transfer *transfer = request_take_transfer(p->request, send->peer, send->bytes);
    transfer->is_send = true;
    transfer->lane = p->lane;
    transfer->step = p->step;
    struct app_flow flow = posting_flow(p, transfer, send->from);
    app_ring_add_flow(&p->request->context->ring, &flow);
}

static void post_receive(const struct collective_posting *p, const struct schedule_receive *receive)
{
    struct collective *c = &p->request->collective;
    struct transfer *transfer = request_take_transfer(p->request, receive->peer, receive->bytes);
    transfer->lane = p->lane;
    transfer->step = p->step;
    transfer->final_first = receive->final_first;
    transfer->final_count = receive->final_count;
    if (receive->reduces) {
        transfer->chunk_bytes =
            transfer_chunk_bytes(receive->bytes, p->request->context->chunk_granule_bytes);
        transfer->reduces = true;
        transfer->completes_reduction = receive->completes_reduction;
        transfer->accumulator = collective_address(c, receive->accumulator);
        transfer->operand = collective_address(c, receive->operand);
        STAILQ_INSERT_TAIL(&c->lanes[p->lane].reductions, transfer, reduction_link);
    }
    struct app_flow flow = posting_flow(p, transfer, receive->into);
    app_ring_add_flow(&p->request->context->ring, &flow);
}

bool collective_post_receives(const struct collective_posting *p, const struct schedule_step *step)
{
    struct app_ring *ring = &p->request->context->ring;
    struct app_batch batch = posting_batch(p, APP_SUBMIT_RECEIVE_BATCH, step->receive_count);
    if (step->receive_count == 0)
        return true;
    if (!transfer_pool_reserve(&p->request->context->transfers, step->receive_count) ||
        !app_ring_begin_batch(ring, &batch))
        return false;
    for (unsigned i = 0; i < step->receive_count; i++)
        post_receive(p, &step->receives[i]);
    app_ring_end_batch(ring);
    return true;
}

bool collective_post_sends(const struct collective_posting *p, const struct schedule_step *step)
{
    struct app_ring *ring = &p->request->context->ring;
    struct app_batch batch = posting_batch(p, APP_SUBMIT_SEND_BATCH, step->send_count);
    if (step->send_count == 0)
        return true;
    if (!transfer_pool_reserve(&p->request->context->transfers, step->send_count) ||
        !app_ring_begin_batch(ring, &batch))
        return false;
    for (unsigned i = 0; i < step->send_count; i++)
        post_send(p, &step->sends[i]);
    app_ring_end_batch(ring);
    return true;
}
