/* SPDX-License-Identifier: BSD-3-Clause */
#include "dataplane/transport/content.h"

#include "dataplane/transport/communicator.h"
#include "dataplane/transport/control_queue.h"
#include "dataplane/transport/lane.h"
#include "dataplane/transport/message.h"
#include "dataplane/transport/notice.h"

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

enum drop_reason content_take(struct transport *t, const struct arrival *a)
{
    switch (a->packet->header.type) {
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
