/* SPDX-License-Identifier: BSD-3-Clause */
/* What has happened, in the order in which each kind of thing happened. Events are not stored: they are read
 * off the messages, communicators and channels that wait on lists, so none can be lost for lack of room. */
#include "dataplane/transport/leg.h"
#include "dataplane/transport/message.h"
#include "dataplane/transport/path_timing.h"

static void take_chunk_event(struct incoming *m, struct event *event)
{
    uint32_t chunk = (uint32_t)__builtin_ctzll(m->chunks_ready);
    m->chunks_ready &= m->chunks_ready - 1;
    event->kind = EVENT_CHUNK;
    event->chunk = chunk;
    event->bytes = m->received_bytes;
}

static void take_received_event(const struct incoming *m, struct event *event)
{
    event->kind = EVENT_RECEIVED;
    event->status = m->status;
    event->bytes = m->message_bytes == UINT64_MAX ? 0 : m->message_bytes;
    event->rank = m->status == EVENT_PEER_DEAD ? m->dead_rank : m->match.source_rank;
    event->peer = m->peer;
    event->ready_at = m->posted_at;
    event->begun_at = m->begun_at;
    event->arrived_at = m->arrived_at;
}

static bool next_incoming_event(struct transport *t, struct event *event)
{
    if (t->first_incoming_event == NONE)
        return false;
    struct incoming *m = &t->incoming[t->first_incoming_event];
    *event = (struct event){.owner = m->owner, .owner_handle = m->owner_handle, .cookie = m->cookie};
    bool more = false;
    if (m->chunks_ready != 0) {
        take_chunk_event(m, event);
        more = m->chunks_ready != 0 || m->done;
    } else {
        take_received_event(m, event);
    }
    if (more)
        return true;
    t->first_incoming_event = m->next_event;
    if (t->first_incoming_event == NONE)
        t->last_incoming_event = NONE;
    m->event_queued = false;
    if (m->done)
        incoming_release(t, m);
    return true;
}

static bool next_outgoing_event(struct transport *t, struct event *event)
{
    if (t->first_outgoing_event == NONE)
        return false;
    struct outgoing *m = &t->outgoing[t->first_outgoing_event];
    t->first_outgoing_event = m->next_event;
    if (t->first_outgoing_event == NONE)
        t->last_outgoing_event = NONE;
    *event = (struct event){.kind = EVENT_SENT,
                            .status = m->status,
                            .owner = m->owner,
                            .owner_handle = m->owner_handle,
                            .cookie = m->cookie,
                            .bytes = m->bytes,
                            .rank = m->status == EVENT_PEER_DEAD ? m->dead_rank : m->match.destination_rank,
                            .peer = m->peer,
                            .ready_at = m->submitted_at,
                            .credited_at = m->credited_at};
    leg_offer(t, m);
    outgoing_release(t, m);
    return true;
}

static struct communicator *take_communicator(struct transport *t)
{
    struct communicator *c = &t->communicators[t->first_communicator_event];
    t->first_communicator_event = c->next_event;
    if (t->first_communicator_event == NONE)
        t->last_communicator_event = NONE;
    c->event_queued = false;
    return c;
}

/* A communicator closed (and perhaps opened anew) since it was queued has nothing to say. */
static bool next_communicator_event(struct transport *t, struct event *event)
{
    while (t->first_communicator_event != NONE) {
        const struct communicator *c = take_communicator(t);
        if (!c->open || !c->dead)
            continue;
        *event = (struct event){.kind = EVENT_COMMUNICATOR_DEAD,
                                .status = EVENT_PEER_DEAD,
                                .owner = c->config.owner,
                                .owner_handle = c->config.owner_handle,
                                .rank = c->dead_rank};
        return true;
    }
    return false;
}

static void describe_silence(const struct transport *t, const struct channel *ch, struct event *event)
{
    struct rto_limits limits = {.min_ns = t->config.rto_min_ns, .max_ns = t->config.rto_max_ns};
    if (ch->waiting_since < ch->died_at)
        event->silent_ns = ch->died_at - ch->waiting_since;
    event->timeouts = (uint32_t)(event->silent_ns / rtt_estimator_rto_ns(&ch->rtt, limits, 0)) + 1;
}

static bool next_path_event(struct transport *t, struct event *event)
{
    if (t->first_path_event == NONE)
        return false;
    struct channel *ch = &t->channels[t->first_path_event];
    t->first_path_event = ch->next_path_event;
    if (t->first_path_event == NONE)
        t->last_path_event = NONE;
    ch->path_event_queued = false;
    *event = (struct event){.kind = ch->state == CHANNEL_ALIVE ? EVENT_PATH_UP : EVENT_PATH_DOWN,
                            .peer = ch->lane.peer,
                            .path = ch->lane.path};
    if (event->kind == EVENT_PATH_DOWN)
        describe_silence(t, ch, event);
    return true;
}

bool transport_next_event(struct transport *t, struct event *event)
{
    leg_release_offered(t);
    return next_incoming_event(t, event) || next_outgoing_event(t, event) ||
           next_communicator_event(t, event) || next_path_event(t, event) || path_timing_next_event(t, event);
}
