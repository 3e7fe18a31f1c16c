/* SPDX-License-Identifier: BSD-3-Clause */
#include "dataplane/transport/message.h"

#include "dataplane/transport/credit.h"
#include "dataplane/transport/lane.h"

/* A name never given out before for this index, except after 4095 uses of it. 0 is no name. */
static uint32_t next_name(uint32_t old_name, uint32_t index)
{
    uint32_t generation = (old_name >> NAME_INDEX_BITS) + 1;
    uint32_t name = generation << NAME_INDEX_BITS | index;
    return name >> NAME_INDEX_BITS ? name : 1u << NAME_INDEX_BITS | index;
}

struct outgoing *outgoing_take(struct transport *t)
{
    if (t->outgoing_free_count == 0)
        return NULL;
    uint32_t index = t->outgoing_free != NONE ? t->outgoing_free : t->outgoing_fresh++;
    struct outgoing *m = &t->outgoing[index];
    if (index == t->outgoing_free)
        t->outgoing_free = m->next;
    t->outgoing_free_count--;
    t->outgoing_unsubmitted++;
    uint32_t name = next_name(m->name, index);
    *m = (struct outgoing){
        .name = name, .used = true, .communicator = NONE, .first_piece = NONE, .first_leg = NONE};
    return m;
}

struct incoming *incoming_take(struct transport *t)
{
    if (t->incoming_free_count == 0)
        return NULL;
    uint32_t index = t->incoming_free != NONE ? t->incoming_free : t->incoming_fresh++;
    struct incoming *m = &t->incoming[index];
    if (index == t->incoming_free)
        t->incoming_free = m->next;
    t->incoming_free_count--;
    uint32_t name = next_name(m->name, index);
    *m = (struct incoming){.name = name, .used = true, .message_bytes = UINT64_MAX};
    return m;
}

void outgoing_release(struct transport *t, struct outgoing *m)
{
    m->used = false;
    m->next = t->outgoing_free;
    t->outgoing_free = outgoing_index(t, m);
    t->outgoing_free_count++;
    t->outgoing_unsubmitted -= !m->submitted;
}

void incoming_release(struct transport *t, struct incoming *m)
{
    m->used = false;
    m->next = t->incoming_free;
    t->incoming_free = incoming_index(t, m);
    t->incoming_free_count++;
}

void outgoing_join(struct transport *t, struct outgoing *m, uint32_t communicator)
{
    struct communicator *c = &t->communicators[communicator];
    m->communicator = communicator;
    m->owner = c->config.owner;
    m->owner_handle = c->config.owner_handle;
    m->previous = NONE;
    m->next = c->first_outgoing;
    if (m->next != NONE)
        t->outgoing[m->next].previous = outgoing_index(t, m);
    c->first_outgoing = outgoing_index(t, m);
    c->outgoing_count++;
}

void incoming_join(struct transport *t, struct incoming *m, uint32_t communicator)
{
    struct communicator *c = &t->communicators[communicator];
    m->communicator = communicator;
    m->owner = c->config.owner;
    m->owner_handle = c->config.owner_handle;
    m->previous = NONE;
    m->next = c->first_incoming;
    if (m->next != NONE)
        t->incoming[m->next].previous = incoming_index(t, m);
    c->first_incoming = incoming_index(t, m);
    c->incoming_count++;
}

static void outgoing_leave(struct transport *t, struct outgoing *m)
{
    if (m->previous != NONE)
        t->outgoing[m->previous].next = m->next;
    else
        t->communicators[m->communicator].first_outgoing = m->next;
    if (m->next != NONE)
        t->outgoing[m->next].previous = m->previous;
    t->communicators[m->communicator].outgoing_count--;
    t->peers[m->peer].awaited--;
}

static void incoming_leave(struct transport *t, struct incoming *m)
{
    if (m->previous != NONE)
        t->incoming[m->previous].next = m->next;
    else
        t->communicators[m->communicator].first_incoming = m->next;
    if (m->next != NONE)
        t->incoming[m->next].previous = m->previous;
    t->communicators[m->communicator].incoming_count--;
    t->peers[m->peer].awaited--;
}

static void incoming_queue_event(struct transport *t, struct incoming *m)
{
    if (m->event_queued)
        return;
    m->event_queued = true;
    m->next_event = NONE;
    uint32_t index = incoming_index(t, m);
    if (t->last_incoming_event == NONE)
        t->first_incoming_event = index;
    else
        t->incoming[t->last_incoming_event].next_event = index;
    t->last_incoming_event = index;
}

void incoming_report_chunks(struct transport *t, struct incoming *m)
{
    incoming_queue_event(t, m);
}

void outgoing_end(struct transport *t, struct outgoing *m, enum event_status status)
{
    lane_drop_pieces(t, m);
    match_table_remove(&t->matches, &m->match);
    outgoing_leave(t, m);
    m->done = true;
    m->status = status;
    m->next_event = NONE;
    uint32_t index = outgoing_index(t, m);
    if (t->last_outgoing_event == NONE)
        t->first_outgoing_event = index;
    else
        t->outgoing[t->last_outgoing_event].next_event = index;
    t->last_outgoing_event = index;
}

void incoming_end(struct transport *t, struct incoming *m, enum event_status status)
{
    credit_on_message_ended(t, m);
    incoming_leave(t, m);
    m->done = true;
    m->status = status;
    incoming_queue_event(t, m);
}
