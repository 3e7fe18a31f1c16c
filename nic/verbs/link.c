/* SPDX-License-Identifier: BSD-3-Clause */
/* The life of a link: created (its number can be told), connected, destroyed. */
#include <arpa/inet.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>

#include "nic/verbs/state.h"

enum {
    ACK_TIMEOUT = 15,        /* 4.096 us * 2^15 = 134 ms */
    RETRIES = 3,             /* then the NIC gives up, after 0.54 s */
    RETRIES_FOR_EVER = 7,    /* of "receiver not ready": credits see to it that it is */
    RECEIVER_NOT_READY = 12, /* 0.64 ms */
    HOP_LIMIT = 64,
    ECN_CAPABLE = 2,       /* ECT(0) in the traffic class: the NIC's congestion control hears of queues */
    NUMBER_MASK = 0xffffff /* queue pair and packet numbers have 24 bits */
};

static struct ibv_qp *create_queue_pair(struct verbs *v, uint32_t *inline_bytes)
{
    struct ibv_qp_init_attr attributes = {.send_cq = v->cq,
                                          .recv_cq = v->cq,
                                          .srq = v->srq,
                                          .qp_type = IBV_QPT_RC,
                                          .cap = {.max_send_wr = VERBS_WORK_REQUESTS,
                                                  .max_send_sge = 1,
                                                  .max_inline_data = VERBS_INLINE_BYTES}};
    struct ibv_qp *qp = ibv_create_qp(v->pd, &attributes);
    if (qp == NULL) {
        attributes.cap.max_inline_data = VERBS_HEADER_BYTES_MAX;
        qp = ibv_create_qp(v->pd, &attributes);
    }
    *inline_bytes = attributes.cap.max_inline_data;
    return qp;
}

static int open_queue_pair(const struct verbs *v, struct ibv_qp *qp)
{
    struct ibv_qp_attr attributes = {
        .qp_state = IBV_QPS_INIT, .port_num = v->gid.port, .qp_access_flags = IBV_ACCESS_REMOTE_WRITE};
    return ibv_modify_qp(qp, &attributes,
                         IBV_QP_STATE | IBV_QP_PKEY_INDEX | IBV_QP_PORT | IBV_QP_ACCESS_FLAGS);
}

/* Unguessable, as whoever knows it can forge packets. */
static uint32_t draw_packet_number(void)
{
    uint32_t number = 0;
    if (getrandom(&number, sizeof(number), 0) != sizeof(number))
        number = (uint32_t)rand();
    return number & NUMBER_MASK;
}

static int fill(struct verbs *v, struct verbs_link *link, char error[VERBS_ERROR_BYTES])
{
    link->qp = create_queue_pair(v, &link->inline_bytes);
    if (link->qp != NULL)
        link->number = link->qp->qp_num;
    else
        return verbs_error(error, -errno, "no queue pair: %s", strerror(errno));
    int failure = open_queue_pair(v, link->qp);
    if (failure != 0)
        return verbs_error(error, -failure, "a queue pair cannot be opened: %s", strerror(failure));
    return 0;
}

int verbs_link_create(struct verbs *v, struct verbs_link **link, char error[VERBS_ERROR_BYTES])
{
    if (v->free_count == 0)
        return verbs_error(error, -EDQUOT, "all %u queue pairs that %s has room for are in use", v->links_max,
                           verbs_device_name(v));
    struct verbs_link *new_link = calloc(1, sizeof(*new_link));
    if (new_link == NULL)
        return verbs_error(error, -ENOMEM, "out of memory for a queue pair");
    new_link->verbs = v;
    new_link->slot = v->free_slots[--v->free_count];
    new_link->serial = ++v->next_serial;
    new_link->packet_number = draw_packet_number();
    atomic_store(&v->read_by_peer[new_link->slot], 0);
    int result = fill(v, new_link, error);
    if (result != 0) {
        verbs_link_destroy(new_link);
        return result;
    }
    *link = new_link;
    return 0;
}

void verbs_link_stop(struct verbs_link *link)
{
    if (link->qp != NULL)
        ibv_destroy_qp(link->qp);
    link->qp = NULL;
}

void verbs_link_destroy(struct verbs_link *link)
{
    if (link == NULL)
        return;
    verbs_link_stop(link);
    link->verbs->free_slots[link->verbs->free_count++] = link->slot;
    free(link);
}

void verbs_link_describe(const struct verbs_link *link, struct verbs_end *end)
{
    const struct verbs *v = link->verbs;
    *end = (struct verbs_end){.credit_address = (uintptr_t)&v->read_by_peer[link->slot],
                              .credit_key = v->words_mr->rkey,
                              .queue_pair = link->number,
                              .packet_number = link->packet_number,
                              .messages_max = VERBS_LINK_MESSAGES,
                              .mtu = v->mtu};
}

uint16_t verbs_link_fixed_port(const struct verbs_link *link, uint32_t other_queue_pair)
{
    return link->verbs->ports_by_numbers ? verbs_port_of_numbers(link->number, other_queue_pair) : 0;
}

static struct ibv_ah_attr address_of(const struct verbs *v, const struct verbs_route *route)
{
    struct ibv_ah_attr ah = {.is_global = 1, .port_num = v->gid.port};
    uint32_t network = htonl(route->destination);
    ah.grh.dgid.raw[10] = ah.grh.dgid.raw[11] = 0xff;
    memcpy(ah.grh.dgid.raw + 12, &network, sizeof(network));
    ah.grh.sgid_index = (uint8_t)v->gid.index;
    ah.grh.flow_label = v->ports_by_numbers ? 0 : verbs_flow_label(route->source_port);
    ah.grh.hop_limit = HOP_LIMIT;
    ah.grh.traffic_class = ECN_CAPABLE;
    return ah;
}

static int become_ready_to_receive(struct verbs_link *link, const struct verbs_route *route)
{
    enum ibv_mtu ours = link->verbs->mtu, theirs = (enum ibv_mtu)link->remote.mtu;
    struct ibv_qp_attr attributes = {.qp_state = IBV_QPS_RTR,
                                     .path_mtu = ours < theirs ? ours : theirs,
                                     .dest_qp_num = link->remote.queue_pair,
                                     .rq_psn = link->remote.packet_number,
                                     .min_rnr_timer = RECEIVER_NOT_READY,
                                     .ah_attr = address_of(link->verbs, route)};
    return ibv_modify_qp(link->qp, &attributes,
                         IBV_QP_STATE | IBV_QP_AV | IBV_QP_PATH_MTU | IBV_QP_DEST_QPN | IBV_QP_RQ_PSN |
                             IBV_QP_MAX_DEST_RD_ATOMIC | IBV_QP_MIN_RNR_TIMER);
}

static int become_ready_to_send(struct verbs_link *link)
{
    struct ibv_qp_attr attributes = {.qp_state = IBV_QPS_RTS,
                                     .timeout = ACK_TIMEOUT,
                                     .retry_cnt = RETRIES,
                                     .rnr_retry = RETRIES_FOR_EVER,
                                     .sq_psn = link->packet_number};
    return ibv_modify_qp(link->qp, &attributes,
                         IBV_QP_STATE | IBV_QP_TIMEOUT | IBV_QP_RETRY_CNT | IBV_QP_RNR_RETRY | IBV_QP_SQ_PSN |
                             IBV_QP_MAX_QP_RD_ATOMIC);
}

static bool is_possible(const struct verbs_end *end)
{
    return end->queue_pair <= NUMBER_MASK && end->packet_number <= NUMBER_MASK && end->messages_max > 0 &&
           end->mtu >= IBV_MTU_256 && end->mtu <= IBV_MTU_4096 && end->credit_address % sizeof(uint64_t) == 0;
}

int verbs_link_connect(struct verbs_link *link, const struct verbs_route *route,
                       const struct verbs_end *remote, char error[VERBS_ERROR_BYTES])
{
    if (!is_possible(remote))
        return verbs_error(error, -EPROTO, "what the peer says of its queue pair cannot be");
    link->remote = *remote;
    int failure = become_ready_to_receive(link, route);
    if (failure == 0 && link->verbs->set_source_port != NULL)
        failure = link->verbs->set_source_port(link->qp, route->source_port);
    if (failure == 0)
        failure = become_ready_to_send(link);
    if (failure != 0)
        return verbs_error(error, -failure,
                           "a queue pair cannot be connected: %s; is there a route and a neighbour?",
                           strerror(failure));
    return 0;
}

void verbs_link_break(struct verbs_link *link)
{
    struct ibv_qp_attr attributes = {.qp_state = IBV_QPS_ERR};
    link->failed = true;
    ibv_modify_qp(link->qp, &attributes, IBV_QP_STATE); /* fails only if it has failed already */
}
