/* SPDX-License-Identifier: BSD-3-Clause */
/* The packet path: messages out, completions in, no system call.
 *
 * A message is a send, whose immediate is the payload's length, and before it, if there is payload, an RDMA
 * write: the queue pair keeps the order, so who reads the header finds the payload in place. The header says
 * what the payload is in the words of the caller's protocol, which 32 bits of an immediate could not.
 *
 * Each message takes one buffer of the receiver's shared queue. A link sends no more than VERBS_LINK_MESSAGES
 * ahead of what the peer has read, which the peer writes into a word of ours every half of that, by an RDMA
 * write that takes no buffer; the queue has as many buffers for every link, so it is never empty.
 */
#include <errno.h>
#include <string.h>

#include "nic/verbs/state.h"

enum {
    POLL_MAX = 32
};

static uint64_t work_id(const struct verbs_link *link, enum verbs_work work)
{
    return (uint64_t)link->serial << 32 | (uint64_t)link->slot << 2 | work;
}

/* ---- links by queue pair number ---- */

static uint32_t place_of(const struct verbs *v, uint32_t number)
{
    uint32_t i = number * 2654435761u >> 7 & v->number_mask;
    while (v->by_number[i] != NULL && v->by_number[i]->number != number)
        i = (i + 1) & v->number_mask;
    return i;
}

/* Those behind a removed one are put where they would be had it never been there. */
static void close_gap(struct verbs *v, uint32_t gap)
{
    for (uint32_t i = (gap + 1) & v->number_mask; v->by_number[i] != NULL; i = (i + 1) & v->number_mask) {
        struct verbs_link *link = v->by_number[i];
        v->by_number[i] = NULL;
        v->by_number[place_of(v, link->number)] = link;
    }
}

void verbs_link_begin(struct verbs_link *link, void *owner)
{
    struct verbs *v = link->verbs;
    link->owner = owner;
    v->by_slot[link->slot] = link;
    v->by_number[place_of(v, link->number)] = link;
}

static void forget_refusal(struct verbs_link *link)
{
    if (link->is_refused)
        LIST_REMOVE(link, refused);
    link->is_refused = false;
}

void verbs_link_end(struct verbs_link *link)
{
    struct verbs *v = link->verbs;
    forget_refusal(link);
    uint32_t place = place_of(v, link->number);
    v->by_slot[link->slot] = NULL;
    v->by_number[place] = NULL;
    close_gap(v, place);
}

/* ---- sending ---- */

bool verbs_link_has_room(const struct verbs_link *link)
{
    uint64_t read = atomic_load_explicit(&link->verbs->read_by_peer[link->slot], memory_order_relaxed);
    return link->sent - link->sent_done < VERBS_LINK_MESSAGES &&
           link->sent - read < link->remote.messages_max;
}

static void fill_write(const struct verbs_link *link, const struct verbs_message *m, struct ibv_send_wr *work,
                       struct ibv_sge *piece)
{
    bool is_inline = m->payload_bytes <= link->inline_bytes;
    *piece =
        (struct ibv_sge){.addr = (uintptr_t)m->payload, .length = m->payload_bytes, .lkey = m->local_key};
    *work = (struct ibv_send_wr){.wr_id = work_id(link, VERBS_WORK_WRITE),
                                 .sg_list = piece,
                                 .num_sge = 1,
                                 .opcode = IBV_WR_RDMA_WRITE,
                                 .send_flags = is_inline ? IBV_SEND_INLINE : 0,
                                 .wr.rdma = {.remote_addr = m->remote_address, .rkey = m->remote_key}};
    link->verbs->counters.inline_payloads += is_inline;
    link->verbs->counters.payload_bytes_sent += m->payload_bytes;
}

static void fill_send(const struct verbs_link *link, const struct verbs_message *m, struct ibv_send_wr *work,
                      struct ibv_sge *piece)
{
    *piece = (struct ibv_sge){.addr = (uintptr_t)m->header, .length = m->header_bytes};
    *work = (struct ibv_send_wr){.wr_id = work_id(link, VERBS_WORK_SEND),
                                 .sg_list = piece,
                                 .num_sge = 1,
                                 .opcode = IBV_WR_SEND_WITH_IMM,
                                 .send_flags = IBV_SEND_INLINE | IBV_SEND_SIGNALED,
                                 .imm_data = m->payload_bytes};
}

/* The NIC did not take it. If nothing else is under way, no completion will say so: verbs_poll() does. */
static void on_refused(struct verbs_link *link)
{
    verbs_link_break(link);
    if (!link->is_refused)
        LIST_INSERT_HEAD(&link->verbs->refused, link, refused);
    link->is_refused = true;
}

bool verbs_link_send(struct verbs_link *link, const struct verbs_message *message)
{
    struct ibv_send_wr write, send, *first = &send, *bad;
    struct ibv_sge payload, header;
    if (link->failed || !verbs_link_has_room(link))
        return false;
    fill_send(link, message, &send, &header);
    if (message->payload_bytes > 0) {
        fill_write(link, message, &write, &payload);
        write.next = &send;
        first = &write;
    }
    link->sent++;
    link->verbs->counters.messages_sent++;
    if (ibv_post_send(link->qp, first, &bad) != 0)
        on_refused(link);
    return true;
}

/* Tells the peer how many of its messages have been read. */
static void return_credits(struct verbs_link *link)
{
    if (link->received - link->received_told < VERBS_LINK_MESSAGES / 2 ||
        link->credit_writes == VERBS_CREDIT_WRITES || link->failed)
        return;
    uint64_t count = link->received;
    struct ibv_sge piece = {.addr = (uintptr_t)&count, .length = sizeof(count)};
    struct ibv_send_wr *bad,
        work = {.wr_id = work_id(link, VERBS_WORK_CREDIT),
                .sg_list = &piece,
                .num_sge = 1,
                .opcode = IBV_WR_RDMA_WRITE,
                .send_flags = IBV_SEND_INLINE | IBV_SEND_SIGNALED,
                .wr.rdma = {.remote_addr = link->remote.credit_address, .rkey = link->remote.credit_key}};
    if (ibv_post_send(link->qp, &work, &bad) != 0) {
        on_refused(link);
        return;
    }
    link->received_told = count;
    link->credit_writes++;
}

/* ---- completions ---- */

static struct verbs_link *link_of_work(const struct verbs *v, uint64_t id)
{
    struct verbs_link *link = v->by_slot[(uint32_t)id >> 2];
    return link != NULL && link->serial == id >> 32 ? link : NULL;
}

static bool fail(struct verbs_link *link, const struct ibv_wc *wc, struct verbs_completion *completion)
{
    struct verbs_counters *counters = &link->verbs->counters;
    if (link->told_failed)
        return false;
    link->failed = link->told_failed = true;
    counters->links_failed++;
    counters->failures_by_status[wc->status % 32]++;
    *completion = (struct verbs_completion){
        .kind = VERBS_FAILED, .owner = link->owner, .reason = ibv_wc_status_str(wc->status)};
    return true;
}

/* A work request of ours. False when nobody need know. */
static bool take_done(struct verbs *v, const struct ibv_wc *wc, struct verbs_completion *completion)
{
    struct verbs_link *link = link_of_work(v, wc->wr_id);
    enum verbs_work work = wc->wr_id & 3;
    if (link == NULL)
        return false;
    if (wc->status != IBV_WC_SUCCESS)
        return fail(link, wc, completion);
    if (work == VERBS_WORK_CREDIT) {
        link->credit_writes--;
        return_credits(link);
    }
    if (work != VERBS_WORK_SEND)
        return false;
    link->sent_done++;
    *completion = (struct verbs_completion){.kind = VERBS_SENT, .owner = link->owner};
    return true;
}

/* A message of a peer, in a buffer. Whatever it is, the buffer goes back to the NIC by verbs_release(), or
 * here if nobody gets it. */
static bool take_received(struct verbs *v, const struct ibv_wc *wc, struct verbs_completion *completion)
{
    uint32_t buffer = (uint32_t)wc->wr_id;
    struct verbs_link *link = v->by_number[place_of(v, wc->qp_num)];
    bool whole = wc->status == IBV_WC_SUCCESS && wc->opcode == IBV_WC_RECV &&
                 (wc->wc_flags & IBV_WC_WITH_IMM) && wc->byte_len > 0;
    if (link == NULL || !whole) {
        v->counters.received_of_nobody += link == NULL;
        v->counters.received_malformed += link != NULL;
        verbs_post_buffer(v, buffer);
        if (link != NULL)
            link->received++;
        return link != NULL && wc->status != IBV_WC_SUCCESS && fail(link, wc, completion);
    }
    v->counters.messages_received++;
    *completion = (struct verbs_completion){.kind = VERBS_RECEIVED,
                                            .owner = link->owner,
                                            .header = v->buffers + (size_t)buffer * VERBS_BUFFER_BYTES,
                                            .header_bytes = wc->byte_len,
                                            .payload_bytes = wc->imm_data,
                                            .buffer = buffer,
                                            .work = work_id(link, VERBS_WORK_SEND)};
    return true;
}

/* Of the links whose work was refused, those that have not failed by a completion. */
static unsigned take_refused(struct verbs *v, struct verbs_completion *completions, unsigned max)
{
    unsigned told = 0;
    while (!LIST_EMPTY(&v->refused) && told < max) {
        struct verbs_link *link = LIST_FIRST(&v->refused);
        struct ibv_wc wc = {.status = IBV_WC_FATAL_ERR};
        forget_refusal(link);
        told += fail(link, &wc, &completions[told]);
    }
    return told;
}

/* Work requests of ours carry a serial above 32 bits, which is never 0; buffers do not. */
static bool is_buffer(uint64_t work_id)
{
    return work_id >> 32 == 0;
}

unsigned verbs_poll(struct verbs *v, struct verbs_completion *completions, unsigned max)
{
    struct ibv_wc wc[POLL_MAX];
    unsigned told = take_refused(v, completions, max);
    int count;
    if (told > 0)
        return told;
    do {
        count = ibv_poll_cq(v->cq, max < POLL_MAX ? (int)max : POLL_MAX, wc);
        for (int i = 0; i < count; i++) {
            bool tell = is_buffer(wc[i].wr_id) ? take_received(v, &wc[i], &completions[told])
                                               : take_done(v, &wc[i], &completions[told]);
            told += tell;
        }
    } while (count > 0 && told == 0);
    return told;
}

void verbs_release(struct verbs *v, const struct verbs_completion *completions, unsigned count)
{
    for (unsigned i = 0; i < count; i++) {
        if (completions[i].kind != VERBS_RECEIVED)
            continue;
        verbs_post_buffer(v, completions[i].buffer);
        struct verbs_link *link = link_of_work(v, completions[i].work);
        if (link == NULL)
            continue;
        link->received++;
        return_credits(link);
    }
}

int verbs_completion_fd(const struct verbs *v)
{
    return v->channel->fd;
}

/* The event is taken and acknowledged here, as the descriptor stays readable until it is. An armed queue
 * rings once: until it has, there is nothing to do, and each of these is a system call. */
void verbs_arm(struct verbs *v)
{
    struct ibv_cq *cq;
    void *context;
    if (v->is_armed && ibv_get_cq_event(v->channel, &cq, &context) == 0) {
        ibv_ack_cq_events(v->cq, 1);
        v->is_armed = false;
    }
    if (!v->is_armed)
        v->is_armed = ibv_req_notify_cq(v->cq, 0) == 0;
}
