/* SPDX-License-Identifier: BSD-3-Clause */
/* Queues of nothing: completions, shared receives, queue pairs and their states. */
#include <assert.h>
#include <stdlib.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include "tests/unit/nic/null_verbs_state.h"

enum {
    FIRST_NUMBER = 17
};

struct ibv_ah_attr null_verbs_route;
unsigned null_verbs_arms;
static bool has_rung;
static struct null_srq *srqs[NULL_VERBS_DEVICES];
static struct null_qp *queue_pairs[NULL_QUEUE_PAIRS_MAX];
static uint32_t last_number;

struct null_qp *null_verbs_queue_pair(uint32_t number)
{
    return number < NULL_QUEUE_PAIRS_MAX ? queue_pairs[number] : NULL;
}

/* ---- completions ---- */

void null_verbs_ring(void)
{
    has_rung = true;
}

struct ibv_comp_channel *ibv_create_comp_channel(struct ibv_context *context)
{
    struct ibv_comp_channel *channel = calloc(1, sizeof(*channel));
    channel->context = context;
    channel->fd = eventfd(0, EFD_NONBLOCK);
    return channel;
}

int ibv_destroy_comp_channel(struct ibv_comp_channel *channel)
{
    close(channel->fd);
    free(channel);
    return 0;
}

int ibv_get_cq_event(struct ibv_comp_channel *channel, struct ibv_cq **cq, void **context)
{
    (void)channel;
    (void)cq;
    (void)context;
    bool rang = has_rung;
    has_rung = false;
    return rang ? 0 : -1;
}

void ibv_ack_cq_events(struct ibv_cq *cq, unsigned count)
{
    (void)cq;
    (void)count;
}

int null_verbs_req_notify_cq(struct ibv_cq *cq, int solicited_only)
{
    (void)cq;
    null_verbs_arms++;
    return solicited_only;
}

struct ibv_cq *ibv_create_cq(struct ibv_context *context, int count, void *cq_context,
                             struct ibv_comp_channel *channel, int vector)
{
    struct null_cq *cq = calloc(1, sizeof(*cq));
    (void)cq_context;
    (void)vector;
    assert(count <= NULL_ENTRIES_MAX);
    cq->cq.context = context;
    cq->cq.channel = channel;
    return &cq->cq;
}

int ibv_destroy_cq(struct ibv_cq *cq)
{
    free(cq);
    return 0;
}

void null_verbs_complete(struct ibv_cq *base, const struct ibv_wc *entry)
{
    struct null_cq *cq = (struct null_cq *)base;
    assert(cq->count < NULL_ENTRIES_MAX);
    cq->entries[(cq->first + cq->count++) % NULL_ENTRIES_MAX] = *entry;
}

int null_verbs_poll_cq(struct ibv_cq *base, int count, struct ibv_wc *entries)
{
    struct null_cq *cq = (struct null_cq *)base;
    int taken = 0;
    for (; taken < count && cq->count > 0; taken++, cq->count--) {
        entries[taken] = cq->entries[cq->first];
        cq->first = (cq->first + 1) % NULL_ENTRIES_MAX;
    }
    return taken;
}

/* ---- shared receives ---- */

struct ibv_srq *ibv_create_srq(struct ibv_pd *pd, struct ibv_srq_init_attr *attributes)
{
    struct null_srq *srq = calloc(1, sizeof(*srq));
    assert(attributes->attr.max_wr <= NULL_RECEIVES_MAX);
    srq->srq.context = pd->context;
    srqs[null_verbs_device_index(pd->context->device)] = srq;
    return &srq->srq;
}

int ibv_destroy_srq(struct ibv_srq *srq)
{
    srqs[null_verbs_device_index(srq->context->device)] = NULL;
    free(srq);
    return 0;
}

int null_verbs_post_srq_recv(struct ibv_srq *base, struct ibv_recv_wr *work, struct ibv_recv_wr **bad)
{
    struct null_srq *srq = (struct null_srq *)base;
    (void)bad;
    assert(srq->count < NULL_RECEIVES_MAX);
    null_verbs_work++;
    unsigned place = (srq->first + srq->count++) % NULL_RECEIVES_MAX;
    srq->work[place] = *work;
    srq->pieces[place] = *work->sg_list;
    return 0;
}

unsigned null_verbs_receives(unsigned index)
{
    return srqs[index] ? srqs[index]->count : 0;
}

/* ---- queue pairs ---- */

/* The next that is free, as a number that has just been used may still be meant by somebody. */
static uint32_t draw_number(void)
{
    do
        last_number = last_number + 1 < NULL_QUEUE_PAIRS_MAX ? last_number + 1 : FIRST_NUMBER;
    while (last_number < FIRST_NUMBER || queue_pairs[last_number] != NULL);
    return last_number;
}

struct ibv_qp *ibv_create_qp(struct ibv_pd *pd, struct ibv_qp_init_attr *attributes)
{
    if (null_verbs_is_refused())
        return NULL;
    struct null_qp *qp = calloc(1, sizeof(*qp));
    qp->qp.context = pd->context;
    qp->qp.send_cq = attributes->send_cq;
    qp->qp.recv_cq = attributes->recv_cq;
    qp->qp.srq = attributes->srq;
    qp->qp.qp_num = draw_number();
    queue_pairs[qp->qp.qp_num] = qp;
    return &qp->qp;
}

int ibv_destroy_qp(struct ibv_qp *qp)
{
    null_verbs_forget((struct null_qp *)qp);
    queue_pairs[qp->qp_num] = NULL;
    free(qp);
    return 0;
}

int ibv_modify_qp(struct ibv_qp *base, struct ibv_qp_attr *attributes, int mask)
{
    struct null_qp *qp = (struct null_qp *)base;
    if (mask & IBV_QP_DEST_QPN)
        qp->peer = attributes->dest_qp_num;
    if (mask & IBV_QP_AV)
        null_verbs_route = attributes->ah_attr;
    qp->state = attributes->qp_state;
    if (qp->state == IBV_QPS_ERR)
        null_verbs_flush(qp);
    return 0;
}
