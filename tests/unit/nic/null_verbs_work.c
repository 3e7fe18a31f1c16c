/* SPDX-License-Identifier: BSD-3-Clause */
/* What queue pairs of nothing do with the work that is posted: it is done at once, unless it is held. */
#include <assert.h>
#include <string.h>

#include "tests/unit/nic/null_verbs_state.h"

enum {
    HELD_MAX = 1024,
    INLINE_MAX = 256
};

struct held {
    struct null_qp *qp;
    bool arrived; /* only its acknowledgement is missing */
    struct ibv_send_wr work;
    struct ibv_sge piece;
    uint8_t copy[INLINE_MAX];
};

unsigned null_verbs_not_ready;
unsigned long null_verbs_work;
static struct held held[HELD_MAX];
static unsigned held_count;
static bool holding;
static enum ibv_wc_status failure;
static int refusal;

void null_verbs_fail(enum ibv_wc_status status)
{
    failure = status;
}

static enum ibv_wc_status receive(struct null_qp *to, const void *bytes, uint32_t length, bool with_immediate,
                                  uint32_t immediate)
{
    struct null_srq *srq = (struct null_srq *)to->qp.srq;
    if (srq->count == 0) {
        null_verbs_not_ready++;
        return IBV_WC_RNR_RETRY_EXC_ERR;
    }
    unsigned place = srq->first;
    srq->first = (srq->first + 1) % NULL_RECEIVES_MAX;
    srq->count--;
    assert(length <= srq->pieces[place].length);
    memcpy((void *)(uintptr_t)srq->pieces[place].addr, bytes, length);
    null_verbs_complete(to->qp.recv_cq, &(struct ibv_wc){.wr_id = srq->work[place].wr_id,
                                                         .opcode = IBV_WC_RECV,
                                                         .byte_len = length,
                                                         .imm_data = immediate,
                                                         .wc_flags = with_immediate ? IBV_WC_WITH_IMM : 0,
                                                         .qp_num = to->qp.qp_num});
    return IBV_WC_SUCCESS;
}

static enum ibv_wc_status carry_out(struct null_qp *qp, const struct ibv_send_wr *work)
{
    const void *bytes = (const void *)(uintptr_t)work->sg_list->addr;
    uint32_t length = work->sg_list->length;
    struct null_qp *to = null_verbs_queue_pair(qp->peer);
    enum ibv_wc_status status = failure;
    failure = IBV_WC_SUCCESS;
    if (qp->state != IBV_QPS_RTS)
        return IBV_WC_WR_FLUSH_ERR;
    if (status != IBV_WC_SUCCESS)
        return status;
    if (to == NULL || to->state != IBV_QPS_RTS)
        return IBV_WC_RETRY_EXC_ERR;
    if (work->opcode == IBV_WR_SEND_WITH_IMM)
        return receive(to, bytes, length, true, work->imm_data);
    if (!null_verbs_may_write(work->wr.rdma.rkey, work->wr.rdma.remote_addr, length))
        return IBV_WC_REM_ACCESS_ERR;
    memcpy((void *)(uintptr_t)work->wr.rdma.remote_addr, bytes, length);
    return IBV_WC_SUCCESS;
}

static void end_work(struct null_qp *qp, const struct ibv_send_wr *work, enum ibv_wc_status status)
{
    if (status != IBV_WC_SUCCESS)
        qp->state = IBV_QPS_ERR;
    if (status != IBV_WC_SUCCESS || (work->send_flags & IBV_SEND_SIGNALED))
        null_verbs_complete(
            qp->qp.send_cq,
            &(struct ibv_wc){.wr_id = work->wr_id, .status = status, .qp_num = qp->qp.qp_num});
}

/* ---- what is held ---- */

static void keep(struct null_qp *qp, const struct ibv_send_wr *work, bool arrived)
{
    struct held *h = &held[held_count++];
    assert(held_count <= HELD_MAX);
    *h = (struct held){.qp = qp, .arrived = arrived, .work = *work, .piece = *work->sg_list};
    if (work->send_flags & IBV_SEND_INLINE) {
        assert(h->piece.length <= INLINE_MAX);
        memcpy(h->copy, (const void *)(uintptr_t)h->piece.addr, h->piece.length);
    }
}

/* The place of what is held may have changed since it was kept. */
static const struct ibv_send_wr *work_of(struct held *h)
{
    if (h->work.send_flags & IBV_SEND_INLINE)
        h->piece.addr = (uintptr_t)h->copy;
    h->work.sg_list = &h->piece;
    return &h->work;
}

/* Ends what is held of the queue pair, the oldest with `first`, the others as flushed. */
static void end_held(struct null_qp *qp, enum ibv_wc_status first)
{
    unsigned kept = 0;
    for (unsigned i = 0; i < held_count; i++) {
        if (held[i].qp == qp) {
            end_work(qp, work_of(&held[i]), first);
            first = IBV_WC_WR_FLUSH_ERR;
        } else {
            held[kept++] = held[i];
        }
    }
    held_count = kept;
}

unsigned null_verbs_held(uint32_t queue_pair)
{
    unsigned count = 0;
    for (unsigned i = 0; i < held_count; i++)
        count += held[i].qp->qp.qp_num == queue_pair;
    return count;
}

void null_verbs_forget(struct null_qp *qp)
{
    unsigned kept = 0;
    for (unsigned i = 0; i < held_count; i++)
        if (held[i].qp != qp)
            held[kept++] = held[i];
    held_count = kept;
}

void null_verbs_flush(struct null_qp *qp)
{
    end_held(qp, IBV_WC_WR_FLUSH_ERR);
}

void null_verbs_give_up(uint32_t queue_pair)
{
    end_held(null_verbs_queue_pair(queue_pair), IBV_WC_RETRY_EXC_ERR);
}

/* ---- posting ---- */

static void take_work(struct null_qp *qp, const struct ibv_send_wr *work)
{
    bool mute = qp->cut == NULL_CUT_ACKS && qp->state == IBV_QPS_RTS;
    if (holding || (qp->cut == NULL_CUT_PACKETS && qp->state == IBV_QPS_RTS)) {
        keep(qp, work, false);
        return;
    }
    enum ibv_wc_status status = carry_out(qp, work);
    if (mute && status == IBV_WC_SUCCESS)
        keep(qp, work, true);
    else
        end_work(qp, work, status);
}

int null_verbs_post_send(struct ibv_qp *qp, struct ibv_send_wr *work, struct ibv_send_wr **bad)
{
    *bad = work;
    if (refusal != 0)
        return refusal;
    for (; work != NULL; work = work->next) {
        null_verbs_work++;
        take_work((struct null_qp *)qp, work);
    }
    return 0;
}

void null_verbs_cut(uint32_t queue_pair, enum null_cut cut)
{
    null_verbs_queue_pair(queue_pair)->cut = cut;
}

void null_verbs_refuse_work(int error)
{
    refusal = error;
}

void null_verbs_hold(void)
{
    holding = true;
}

void null_verbs_let_go(void)
{
    unsigned kept = 0;
    holding = false;
    for (unsigned i = 0; i < held_count; i++) {
        struct held *h = &held[i];
        if (h->qp->cut == NULL_CUT_NONE)
            end_work(h->qp, work_of(h), h->arrived ? IBV_WC_SUCCESS : carry_out(h->qp, work_of(h)));
        else
            held[kept++] = *h;
    }
    held_count = kept;
}

void null_verbs_send_raw(uint32_t to_queue_pair, const void *bytes, uint32_t length, int with_immediate,
                         uint32_t immediate)
{
    receive(null_verbs_queue_pair(to_queue_pair), bytes, length, with_immediate != 0, immediate);
}
