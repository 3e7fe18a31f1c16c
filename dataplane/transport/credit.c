/* SPDX-License-Identifier: BSD-3-Clause */
#include "dataplane/transport/credit.h"

#include "dataplane/transport/control_queue.h"
#include "dataplane/transport/message.h"

enum {
    SHARE_PACKETS_MIN = 2
};

static uint64_t smaller(uint64_t a, uint64_t b)
{
    return a < b ? a : b;
}

/* `part` of `whole` of the budget, in whole packets, at least two. */
static uint64_t share_bytes(const struct transport *t, uint64_t part, uint64_t whole)
{
    uint64_t packet = t->config.payload_bytes_max;
    uint64_t bytes = whole ? (uint64_t)((__uint128_t)t->config.credit_budget_bytes * part / whole) : 0;
    uint64_t packets = (bytes + packet - 1) / packet;
    return (packets > SHARE_PACKETS_MIN ? packets : SHARE_PACKETS_MIN) * packet;
}

void credit_queue(struct transport *t, struct incoming *m)
{
    if (m->credit_queued)
        return;
    struct peer *peer = &t->peers[m->peer];
    uint32_t index = incoming_index(t, m);
    m->credit_queued = true;
    m->next_credit = NONE;
    if (peer->first_credit == NONE)
        peer->first_credit = index;
    else
        t->incoming[peer->last_credit].next_credit = index;
    peer->last_credit = index;
    control_queue_add(t, peer);
}

const struct incoming *credit_take(struct transport *t, struct peer *peer)
{
    struct incoming *m = &t->incoming[peer->first_credit];
    peer->first_credit = m->next_credit;
    m->credit_queued = false;
    return m;
}

void credit_open(struct transport *t, struct incoming *m, uint64_t batch_bytes)
{
    m->granted_bytes = smaller(m->capacity_bytes, share_bytes(t, m->capacity_bytes, batch_bytes));
    credit_queue(t, m);
}

void credit_on_data(struct transport *t, struct incoming *m)
{
    if (!m->active) {
        m->active = true;
        t->active_capacity_bytes += m->capacity_bytes;
    }
    if (m->granted_bytes >= m->message_bytes)
        return;
    uint64_t share = share_bytes(t, m->capacity_bytes, t->active_capacity_bytes);
    uint64_t goal = smaller(m->message_bytes, m->received_bytes + share);
    bool worth_a_packet = goal >= m->granted_bytes + share / 4 || goal == m->message_bytes;
    if (goal > m->granted_bytes && worth_a_packet) {
        m->granted_bytes = goal;
        credit_queue(t, m);
    }
}

static void unqueue(struct transport *t, struct incoming *m)
{
    struct peer *peer = &t->peers[m->peer];
    uint32_t index = incoming_index(t, m), previous = NONE;
    uint32_t *link = &peer->first_credit;
    while (*link != index) {
        previous = *link;
        link = &t->incoming[*link].next_credit;
    }
    *link = m->next_credit;
    if (peer->last_credit == index)
        peer->last_credit = previous;
    m->credit_queued = false;
}

void credit_on_message_ended(struct transport *t, struct incoming *m)
{
    if (m->active)
        t->active_capacity_bytes -= m->capacity_bytes;
    if (m->credit_queued)
        unqueue(t, m);
}
