/* SPDX-License-Identifier: BSD-3-Clause */
#include "dataplane/transport/content.h"

#include "dataplane/transport/communicator.h"
#include "dataplane/transport/control_queue.h"
#include "dataplane/transport/credit.h"
#include "dataplane/transport/lane.h"
#include "dataplane/transport/message.h"
#include "dataplane/transport/notice.h"

/* A sender that repeats bytes under new numbers harms its own message only. */
static void fill_chunk(struct transport *t, struct incoming *m, uint32_t chunk, uint32_t bytes)
{
    uint32_t *missing = &incoming_chunks(t, m)[chunk];
    if (*missing == 0)
        return;
    *missing = *missing > bytes ? *missing - bytes : 0;
    if (*missing == 0) {
        m->chunks_ready |= 1ull << chunk;
        incoming_report_chunks(t, m);
    }
}

/* Counts the bytes towards each chunk they fall into, and reports those that are whole. */
static void fill_chunks(struct transport *t, struct incoming *m, uint64_t offset, uint32_t bytes)
{
    while (bytes > 0) {
        uint32_t chunk = (uint32_t)(offset / m->chunk_bytes);
        uint32_t room = (uint32_t)((uint64_t)(chunk + 1) * m->chunk_bytes - offset);
        uint32_t part = bytes < room ? bytes : room;
        fill_chunk(t, m, chunk, part);
        offset += part;
        bytes -= part;
    }
}

/* The last chunk of a message shorter than its room is whole at the message's end. */
static void learn_length(struct transport *t, struct incoming *m, uint64_t message_bytes)
{
    m->message_bytes = message_bytes;
    if (m->chunk_bytes == 0 || message_bytes == m->capacity_bytes)
        return;
    for (uint32_t i = 0; i < CHUNKS_MAX; i++) {
        uint64_t begin = (uint64_t)i * m->chunk_bytes;
        uint64_t left = message_bytes > begin ? message_bytes - begin : 0;
        incoming_chunks(t, m)[i] = left < m->chunk_bytes ? (uint32_t)left : m->chunk_bytes;
    }
}

static enum drop_reason judge_data(const struct arrival *a, const struct incoming *m)
{
    const struct packet_data *data = &a->packet->data;
    if (m == NULL)
        return DROP_MESSAGE;
    if (data->message_bytes > m->capacity_bytes)
        return DROP_OFFSET;
    if (m->message_bytes != UINT64_MAX && m->message_bytes != data->message_bytes)
        return DROP_OFFSET;
    if (m->received_bytes + a->packet->payload_bytes > m->granted_bytes)
        return DROP_CREDIT;
    return DROP_NONE;
}

static void finish(struct transport *t, struct arrival *a, struct incoming *m)
{
    t->counters.messages_received++;
    a->ends_message = true;
    m->arrived_at = a->now;
    incoming_end(t, m, EVENT_OK);
}

static enum drop_reason take_data(struct transport *t, struct arrival *a, struct placement *placement)
{
    const struct packet_data *data = &a->packet->data;
    uint32_t bytes = a->packet->payload_bytes;
    struct incoming *m = incoming_by_name(t, data->message);
    if (m != NULL && &t->peers[m->peer] != a->peer)
        m = NULL;
    enum drop_reason reason = judge_data(a, m);
    if (reason != DROP_NONE)
        return reason;
    *placement = (struct placement){.region = m->region,
                                    .length = bytes,
                                    .offset = m->offset + data->offset,
                                    .payload = a->packet->payload};
    t->communicators[m->communicator].spoke = true;
    t->counters.data_packets_received++;
    t->counters.data_bytes_received += bytes;
    if (m->message_bytes == UINT64_MAX) {
        m->begun_at = a->now;
        learn_length(t, m, data->message_bytes);
    }
    m->received_bytes += bytes;
    if (m->chunk_bytes != 0)
        fill_chunks(t, m, data->offset, bytes);
    if (m->received_bytes >= m->message_bytes)
        finish(t, a, m);
    else
        credit_on_data(t, m,
                       &(struct credit_data){.now = a->now, .bytes = bytes, .marked = a->datagram->ecn == 3});
    return DROP_NONE;
}

/* A credit has come before its send was submitted: it waits under the message's name. */
static enum drop_reason store_credit(struct transport *t, const struct arrival *a, struct outgoing **m)
{
    const struct packet_credit *credit = &a->packet->credit;
    if (!credit->first)
        return DROP_MESSAGE;
    if (notice_tell(t, credit->match.communicator, a->channel->lane.peer))
        return DROP_MESSAGE;
    if (t->outgoing_unsubmitted == t->config.messages_max || t->outgoing_free_count == 0)
        return DROP_NO_RESOURCES;
    *m = outgoing_take(t);
    (*m)->match = credit->match;
    (*m)->peer = a->channel->lane.peer;
    match_table_insert(&t->matches, outgoing_index(t, *m));
    return DROP_NONE;
}

static enum drop_reason take_credit(struct transport *t, const struct arrival *a)
{
    const struct packet_credit *credit = &a->packet->credit;
    struct outgoing *m;
    uint32_t index;
    if (match_table_find(&t->matches, &credit->match, &index)) {
        m = &t->outgoing[index];
        if (&t->peers[m->peer] != a->peer || (m->credited && m->remote_name != credit->message))
            return DROP_MESSAGE;
    } else {
        enum drop_reason reason = store_credit(t, a, &m);
        if (reason != DROP_NONE)
            return reason;
    }
    bool news = !m->credited || credit->limit_bytes > m->limit_bytes;
    if (!m->credited)
        m->credited_at = a->now;
    m->credited = true;
    m->remote_name = credit->message;
    m->capacity_bytes = credit->capacity_bytes;
    if (credit->header.type == PACKET_CREDIT_PLACED)
        m->place = a->packet->credit_placed.place;
    if (credit->limit_bytes > m->limit_bytes)
        m->limit_bytes = credit->limit_bytes;
    if (!m->submitted || !news)
        return DROP_NONE;
    t->communicators[m->communicator].spoke = true;
    if (m->capacity_bytes >= m->bytes)
        lane_queue_pieces(t, m, a->now);
    else if (!m->refusing)
        control_queue_refuse(t, m);
    return DROP_NONE;
}

static enum drop_reason take_too_long(struct transport *t, const struct arrival *a)
{
    struct incoming *m = incoming_by_name(t, a->packet->too_long.message);
    if (m == NULL || &t->peers[m->peer] != a->peer)
        return DROP_MESSAGE;
    m->message_bytes = a->packet->too_long.message_bytes;
    incoming_end(t, m, EVENT_TRUNCATED);
    return DROP_NONE;
}

enum drop_reason content_take(struct transport *t, struct arrival *a, struct placement *placement)
{
    switch (a->packet->header.type) {
    case PACKET_DATA:
        return take_data(t, a, placement);
    case PACKET_CREDIT:
    case PACKET_CREDIT_PLACED:
        return take_credit(t, a);
    case PACKET_ABORT:
        notice_remember(t, a->packet->abort.communicator, a->packet->abort.rank);
        communicator_on_rank_dead(t, a->packet->abort.communicator, a->packet->abort.rank);
        return DROP_NONE;
    case PACKET_TOO_LONG:
        return take_too_long(t, a);
    }
    return DROP_NONE; /* void */
}
