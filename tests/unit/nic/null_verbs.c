/* SPDX-License-Identifier: BSD-3-Clause */
#include "tests/unit/nic/null_verbs.h"

#include <arpa/inet.h>
#include <assert.h>
#include <errno.h>
#include <net/if.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <unistd.h>

#undef ibv_query_port
#undef ibv_reg_mr
#undef ibv_get_device_list

enum {
    QUEUE_PAIRS_MAX = 4096,
    MEMORIES_MAX = 256,
    ENTRIES_MAX = 32768,
    RECEIVES_MAX = 32768,
    HELD_MAX = 1024,
    INLINE_MAX = 256,
    FIRST_NUMBER = 17
};

struct null_cq {
    struct ibv_cq cq;
    struct ibv_wc entries[ENTRIES_MAX];
    unsigned first, count;
};

struct null_srq {
    struct ibv_srq srq;
    struct ibv_recv_wr work[RECEIVES_MAX];
    struct ibv_sge pieces[RECEIVES_MAX];
    unsigned first, count;
};

struct null_qp {
    struct ibv_qp qp;
    enum ibv_qp_state state;
    uint32_t peer;
};

struct held {
    struct null_qp *qp;
    struct ibv_send_wr work;
    struct ibv_sge piece;
    uint8_t copy[INLINE_MAX];
};

struct ibv_ah_attr null_verbs_route;
unsigned null_verbs_not_ready;
unsigned long null_verbs_work;

static struct ibv_device devices[NULL_VERBS_DEVICES];
static struct null_srq *srqs[NULL_VERBS_DEVICES];
static struct null_qp *queue_pairs[QUEUE_PAIRS_MAX];
static struct ibv_mr *memories[MEMORIES_MAX];
static struct held held[HELD_MAX];
static unsigned held_count;
static bool holding;
static enum ibv_wc_status failure;
static int refusal, receives_max;
static enum ibv_event_type told;
static bool has_told;
static uint32_t next_number = FIRST_NUMBER, next_key = 1000;

void null_verbs_fail(enum ibv_wc_status status)
{
    failure = status;
}

void null_verbs_refuse(int error)
{
    refusal = error;
}

void null_verbs_limit_receives(int receives)
{
    receives_max = receives;
}

void null_verbs_tell(enum ibv_event_type event)
{
    told = event;
    has_told = true;
}

unsigned null_verbs_receives(unsigned index)
{
    return srqs[index] ? srqs[index]->count : 0;
}

/* ---- devices ---- */

struct ibv_device **ibv_get_device_list(int *count)
{
    struct ibv_device **list = calloc(NULL_VERBS_DEVICES + 1, sizeof(*list));
    for (unsigned i = 0; i < NULL_VERBS_DEVICES; i++) {
        strcpy(devices[i].name, i == 0 ? "null0" : "null1");
        list[i] = &devices[i];
    }
    *count = NULL_VERBS_DEVICES;
    return list;
}

void ibv_free_device_list(struct ibv_device **list)
{
    free(list);
}

const char *ibv_get_device_name(struct ibv_device *device)
{
    return device->name;
}

static int post_send(struct ibv_qp *qp, struct ibv_send_wr *work, struct ibv_send_wr **bad);
static int post_srq_recv(struct ibv_srq *srq, struct ibv_recv_wr *work, struct ibv_recv_wr **bad);
static int poll_cq(struct ibv_cq *cq, int count, struct ibv_wc *entries);
static int req_notify_cq(struct ibv_cq *cq, int solicited_only);

struct ibv_context *ibv_open_device(struct ibv_device *device)
{
    struct ibv_context *context = calloc(1, sizeof(*context));
    context->device = device;
    context->async_fd = eventfd(0, EFD_NONBLOCK);
    context->ops.post_send = post_send;
    context->ops.post_srq_recv = post_srq_recv;
    context->ops.poll_cq = poll_cq;
    context->ops.req_notify_cq = req_notify_cq;
    return context;
}

int ibv_close_device(struct ibv_context *context)
{
    close(context->async_fd);
    free(context);
    return 0;
}

int ibv_query_device(struct ibv_context *context, struct ibv_device_attr *attributes)
{
    (void)context;
    *attributes = (struct ibv_device_attr){.phys_port_cnt = 1,
                                           .max_qp = QUEUE_PAIRS_MAX,
                                           .max_cqe = ENTRIES_MAX,
                                           .max_srq_wr = receives_max ? receives_max : RECEIVES_MAX};
    return 0;
}

int ibv_query_port(struct ibv_context *context, uint8_t port, struct _compat_ibv_port_attr *attributes)
{
    struct ibv_port_attr *whole = (struct ibv_port_attr *)attributes;
    (void)context;
    (void)port;
    whole->gid_tbl_len = 2;
    whole->active_mtu = IBV_MTU_4096;
    return 0;
}

/* Entry 0 is of an older RoCE; entry 1 is the one. */
int _ibv_query_gid_ex(struct ibv_context *context, uint32_t port, uint32_t index, struct ibv_gid_entry *entry,
                      uint32_t flags, size_t size)
{
    uint32_t address = htonl(0x0a000001 + (uint32_t)(context->device - devices));
    (void)flags;
    assert(port == 1 && size == sizeof(*entry));
    memset(entry, 0, sizeof(*entry));
    entry->gid.raw[10] = entry->gid.raw[11] = 0xff;
    memcpy(entry->gid.raw + 12, &address, sizeof(address));
    entry->gid_type = index == 0 ? IBV_GID_TYPE_ROCE_V1 : IBV_GID_TYPE_ROCE_V2;
    entry->ndev_ifindex = if_nametoindex("lo");
    return index < 2 ? 0 : EINVAL;
}

/* ---- events ---- */

int ibv_get_async_event(struct ibv_context *context, struct ibv_async_event *event)
{
    (void)context;
    if (!has_told)
        return -1;
    has_told = false;
    event->event_type = told;
    return 0;
}

void ibv_ack_async_event(struct ibv_async_event *event)
{
    (void)event;
}

const char *ibv_event_type_str(enum ibv_event_type event)
{
    return event == IBV_EVENT_PORT_ERR ? "port error" : "event";
}

const char *ibv_wc_status_str(enum ibv_wc_status status)
{
    return status == IBV_WC_RETRY_EXC_ERR ? "transport retry counter exceeded" : "failed";
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
    return -1;
}

void ibv_ack_cq_events(struct ibv_cq *cq, unsigned count)
{
    (void)cq;
    (void)count;
}

static int req_notify_cq(struct ibv_cq *cq, int solicited_only)
{
    (void)cq;
    return solicited_only;
}

/* ---- memory ---- */

struct ibv_pd *ibv_alloc_pd(struct ibv_context *context)
{
    struct ibv_pd *pd = calloc(1, sizeof(*pd));
    pd->context = context;
    return pd;
}

int ibv_dealloc_pd(struct ibv_pd *pd)
{
    free(pd);
    return 0;
}

static bool is_refused(void)
{
    errno = refusal;
    refusal = 0;
    return errno != 0;
}

struct ibv_mr *ibv_reg_mr(struct ibv_pd *pd, void *address, size_t length, int access)
{
    (void)access;
    if (is_refused())
        return NULL;
    for (unsigned i = 0; i < MEMORIES_MAX; i++) {
        if (memories[i] != NULL)
            continue;
        memories[i] = calloc(1, sizeof(*memories[i]));
        *memories[i] = (struct ibv_mr){.context = pd->context,
                                       .pd = pd,
                                       .addr = address,
                                       .length = length,
                                       .lkey = next_key,
                                       .rkey = next_key + 1};
        next_key += 2;
        return memories[i];
    }
    errno = ENOMEM;
    return NULL;
}

struct ibv_mr *ibv_reg_mr_iova2(struct ibv_pd *pd, void *address, size_t length, uint64_t iova,
                                unsigned access)
{
    (void)iova;
    return ibv_reg_mr(pd, address, length, (int)access);
}

struct ibv_mr *ibv_reg_dmabuf_mr(struct ibv_pd *pd, uint64_t offset, size_t length, uint64_t iova, int fd,
                                 int access)
{
    (void)offset;
    (void)iova;
    errno = EBADF;
    return fd < 0 ? NULL : ibv_reg_mr(pd, (void *)(uintptr_t)iova, length, access);
}

int ibv_dereg_mr(struct ibv_mr *mr)
{
    for (unsigned i = 0; i < MEMORIES_MAX; i++)
        if (memories[i] == mr)
            memories[i] = NULL;
    free(mr);
    return 0;
}

static bool may_write(uint32_t key, uint64_t address, uint32_t length)
{
    for (unsigned i = 0; i < MEMORIES_MAX; i++) {
        const struct ibv_mr *mr = memories[i];
        if (mr != NULL && mr->rkey == key)
            return address >= (uintptr_t)mr->addr && address + length <= (uintptr_t)mr->addr + mr->length;
    }
    return false;
}

/* ---- queues ---- */

struct ibv_cq *ibv_create_cq(struct ibv_context *context, int count, void *cq_context,
                             struct ibv_comp_channel *channel, int vector)
{
    struct null_cq *cq = calloc(1, sizeof(*cq));
    (void)cq_context;
    (void)vector;
    assert(count <= ENTRIES_MAX);
    cq->cq.context = context;
    cq->cq.channel = channel;
    return &cq->cq;
}

int ibv_destroy_cq(struct ibv_cq *cq)
{
    free(cq);
    return 0;
}

struct ibv_srq *ibv_create_srq(struct ibv_pd *pd, struct ibv_srq_init_attr *attributes)
{
    struct null_srq *srq = calloc(1, sizeof(*srq));
    assert(attributes->attr.max_wr <= RECEIVES_MAX);
    srq->srq.context = pd->context;
    srqs[pd->context->device - devices] = srq;
    return &srq->srq;
}

int ibv_destroy_srq(struct ibv_srq *srq)
{
    srqs[srq->context->device - devices] = NULL;
    free(srq);
    return 0;
}

struct ibv_qp *ibv_create_qp(struct ibv_pd *pd, struct ibv_qp_init_attr *attributes)
{
    if (is_refused() || next_number == QUEUE_PAIRS_MAX)
        return NULL;
    struct null_qp *qp = calloc(1, sizeof(*qp));
    qp->qp.context = pd->context;
    qp->qp.send_cq = attributes->send_cq;
    qp->qp.recv_cq = attributes->recv_cq;
    qp->qp.srq = attributes->srq;
    qp->qp.qp_num = next_number++;
    queue_pairs[qp->qp.qp_num] = qp;
    return &qp->qp;
}

int ibv_destroy_qp(struct ibv_qp *qp)
{
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
    return 0;
}

static void complete(struct ibv_cq *base, const struct ibv_wc *entry)
{
    struct null_cq *cq = (struct null_cq *)base;
    assert(cq->count < ENTRIES_MAX);
    cq->entries[(cq->first + cq->count++) % ENTRIES_MAX] = *entry;
}

static int poll_cq(struct ibv_cq *base, int count, struct ibv_wc *entries)
{
    struct null_cq *cq = (struct null_cq *)base;
    int taken = 0;
    for (; taken < count && cq->count > 0; taken++, cq->count--) {
        entries[taken] = cq->entries[cq->first];
        cq->first = (cq->first + 1) % ENTRIES_MAX;
    }
    return taken;
}

static int post_srq_recv(struct ibv_srq *base, struct ibv_recv_wr *work, struct ibv_recv_wr **bad)
{
    struct null_srq *srq = (struct null_srq *)base;
    (void)bad;
    assert(srq->count < RECEIVES_MAX);
    null_verbs_work++;
    unsigned place = (srq->first + srq->count++) % RECEIVES_MAX;
    srq->work[place] = *work;
    srq->pieces[place] = *work->sg_list;
    return 0;
}

/* ---- work ---- */

static enum ibv_wc_status receive(struct null_qp *to, const void *bytes, uint32_t length, bool with_immediate,
                                  uint32_t immediate)
{
    struct null_srq *srq = (struct null_srq *)to->qp.srq;
    if (srq->count == 0) {
        null_verbs_not_ready++;
        return IBV_WC_RNR_RETRY_EXC_ERR;
    }
    unsigned place = srq->first;
    srq->first = (srq->first + 1) % RECEIVES_MAX;
    srq->count--;
    assert(length <= srq->pieces[place].length);
    memcpy((void *)(uintptr_t)srq->pieces[place].addr, bytes, length);
    complete(to->qp.recv_cq, &(struct ibv_wc){.wr_id = srq->work[place].wr_id,
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
    struct null_qp *to = qp->peer < QUEUE_PAIRS_MAX ? queue_pairs[qp->peer] : NULL;
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
    if (!may_write(work->wr.rdma.rkey, work->wr.rdma.remote_addr, length))
        return IBV_WC_REM_ACCESS_ERR;
    memcpy((void *)(uintptr_t)work->wr.rdma.remote_addr, bytes, length);
    return IBV_WC_SUCCESS;
}

static void do_work(struct null_qp *qp, const struct ibv_send_wr *work)
{
    enum ibv_wc_status status = carry_out(qp, work);
    if (status != IBV_WC_SUCCESS)
        qp->state = IBV_QPS_ERR;
    if (status != IBV_WC_SUCCESS || (work->send_flags & IBV_SEND_SIGNALED))
        complete(qp->qp.send_cq,
                 &(struct ibv_wc){.wr_id = work->wr_id, .status = status, .qp_num = qp->qp.qp_num});
}

static void keep(struct null_qp *qp, const struct ibv_send_wr *work)
{
    struct held *h = &held[held_count++];
    assert(held_count <= HELD_MAX);
    *h = (struct held){.qp = qp, .work = *work, .piece = *work->sg_list};
    if (work->send_flags & IBV_SEND_INLINE) {
        assert(h->piece.length <= INLINE_MAX);
        memcpy(h->copy, (const void *)(uintptr_t)h->piece.addr, h->piece.length);
        h->piece.addr = (uintptr_t)h->copy;
    }
    h->work.sg_list = &h->piece;
}

static int post_send(struct ibv_qp *qp, struct ibv_send_wr *work, struct ibv_send_wr **bad)
{
    (void)bad;
    for (; work != NULL; work = work->next) {
        null_verbs_work++;
        if (holding)
            keep((struct null_qp *)qp, work);
        else
            do_work((struct null_qp *)qp, work);
    }
    return 0;
}

void null_verbs_hold(void)
{
    holding = true;
}

void null_verbs_let_go(void)
{
    holding = false;
    for (unsigned i = 0; i < held_count; i++)
        do_work(held[i].qp, &held[i].work);
    held_count = 0;
}

void null_verbs_send_raw(uint32_t to_queue_pair, const void *bytes, uint32_t length, int with_immediate,
                         uint32_t immediate)
{
    receive(queue_pairs[to_queue_pair], bytes, length, with_immediate != 0, immediate);
}
