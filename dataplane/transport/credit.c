/* SPDX-License-Identifier: BSD-3-Clause */
#include "dataplane/transport/credit.h"

#include "dataplane/transport/control_queue.h"
#include "dataplane/transport/credit_order.h"
#include "dataplane/transport/message.h"

enum {
    FIRST_PACKETS_MIN = 1,
    WORTH_PACKETS = 4, /* what a credit of its own is well spent on, */
    WORTH_SHARE_DIVISOR = 4,
    WORTH_BUDGET_DIVISOR = 8,
    HELD_DIVISOR = 4 /* of its first credit a batch that is held has this part */
};

static uint64_t smaller(uint64_t a, uint64_t b)
{
    return a < b ? a : b;
}

static uint64_t larger(uint64_t a, uint64_t b)
{
    return a > b ? a : b;
}

static uint64_t worth_bytes(const struct transport *t)
{
    return (uint64_t)WORTH_PACKETS * t->config.payload_bytes_max;
}

/* `part` of `whole` of the budget, in whole packets, at least so many. */
static uint64_t share_bytes(const struct transport *t, uint64_t part, uint64_t whole, unsigned packets_min)
{
    uint64_t packet = t->config.payload_bytes_max;
    uint64_t bytes = whole ? (uint64_t)((__uint128_t)t->credit_budget.bytes * part / whole) : 0;
    uint64_t packets = (bytes + packet - 1) / packet;
    return (packets > packets_min ? packets : packets_min) * packet;
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

static uint64_t first_share_bytes(const struct transport *t, const struct incoming *m, unsigned divisor)
{
    return share_bytes(t, m->capacity_bytes, m->batch_bytes * divisor, FIRST_PACKETS_MIN);
}

void credit_open(struct transport *t, struct incoming *m)
{
    bool admitted = credit_order_on_posted(t, m);
    m->first_bytes = first_share_bytes(t, m, admitted ? 1 : HELD_DIVISOR);
    m->granted_bytes = smaller(m->capacity_bytes, m->first_bytes);
    credit_queue(t, m);
}

void credit_admit(struct transport *t, struct incoming *m)
{
    m->first_bytes = first_share_bytes(t, m, 1);
    uint64_t goal = smaller(m->capacity_bytes, m->first_bytes);
    if (m->active || goal <= m->granted_bytes)
        return;
    m->granted_bytes = goal;
    credit_queue(t, m);
}

/* Keeps the sum of what is granted and has not arrived. What is less than a packet may be too little for the
 * sender's next one, and counts as nothing, or such remainders could use up the budget for ever. */
static void count_ahead(struct transport *t, struct incoming *m)
{
    uint64_t packet = t->peers[m->peer].payload_bytes_max;
    uint64_t ahead = smaller(m->granted_bytes, m->message_bytes) - m->received_bytes;
    if (m->granted_bytes < m->message_bytes)
        ahead = ahead / packet * packet;
    t->granted_ahead_bytes += ahead - m->ahead_bytes;
    m->ahead_bytes = ahead;
}

/* ---- messages that wait for the budget ---- */

static void wait_for_budget(struct transport *t, struct incoming *m)
{
    uint32_t index = incoming_index(t, m);
    m->waits = true;
    m->next_waiting = NONE;
    m->previous_waiting = t->last_waiting;
    if (t->last_waiting == NONE)
        t->first_waiting = index;
    else
        t->incoming[t->last_waiting].next_waiting = index;
    t->last_waiting = index;
}

static void stop_waiting(struct transport *t, struct incoming *m)
{
    if (m->previous_waiting == NONE)
        t->first_waiting = m->next_waiting;
    else
        t->incoming[m->previous_waiting].next_waiting = m->next_waiting;
    if (m->next_waiting == NONE)
        t->last_waiting = m->previous_waiting;
    else
        t->incoming[m->next_waiting].previous_waiting = m->previous_waiting;
    m->waits = false;
}

/* Its share of the budget. One of a later batch counts beside those of first ones only while the port has
 * room for it. */
static uint64_t fair_share_bytes(const struct transport *t, const struct incoming *m)
{
    if (credit_order_is_first(t, m))
        return share_bytes(t, m->capacity_bytes, t->active_capacity_bytes, WORTH_PACKETS);
    uint64_t part = t->credit_budget.port_is_busy ? 0 : m->capacity_bytes;
    return share_bytes(t, part, t->active_capacity_bytes + m->capacity_bytes, WORTH_PACKETS);
}

/* How far the message may go when it has its share. The first whose data comes is alone for the moment: the
 * others have as long as its first credit takes to be doubled to claim their part. */
static uint64_t goal_bytes(const struct transport *t, const struct incoming *m)
{
    uint64_t share = fair_share_bytes(t, m);
    uint64_t ahead = smaller(share, m->first_bytes + m->received_bytes);
    return smaller(m->message_bytes, m->received_bytes + ahead);
}

static void grant(struct transport *t, struct incoming *m)
{
    uint64_t packet = t->config.payload_bytes_max;
    uint64_t left = (t->credit_budget.bytes - t->granted_ahead_bytes) / packet * packet;
    uint64_t goal = smaller(goal_bytes(t, m), m->granted_bytes + (left > packet ? left : packet));
    if (goal <= m->granted_bytes)
        return;
    m->granted_bytes = goal;
    count_ahead(t, m);
    credit_queue(t, m);
}

static void serve_waiting(struct transport *t)
{
    uint64_t worth = smaller(worth_bytes(t), t->credit_budget.bytes / WORTH_BUDGET_DIVISOR);
    while (t->first_waiting != NONE && t->granted_ahead_bytes + worth < t->credit_budget.bytes) {
        struct incoming *m = &t->incoming[t->first_waiting];
        stop_waiting(t, m);
        grant(t, m);
    }
}

/* More is worth a credit when it is four packets or a quarter of the share, whichever is more; or half of a
 * small share; or the rest. */
static bool wants_more(const struct transport *t, const struct incoming *m)
{
    uint64_t goal = goal_bytes(t, m), ahead = m->received_bytes + m->ahead_bytes;
    if (goal <= m->granted_bytes)
        return false;
    uint64_t missing = goal - ahead, share = goal - m->received_bytes;
    uint64_t worth = larger(share / WORTH_SHARE_DIVISOR, worth_bytes(t));
    return goal == m->message_bytes || missing >= smaller(worth, share / 2);
}

void credit_on_data(struct transport *t, struct incoming *m, const struct credit_data *data)
{
    credit_budget_on_data(&t->credit_budget, data);
    credit_order_on_data(t, m);
    count_ahead(t, m);
    if (!m->waits && wants_more(t, m))
        wait_for_budget(t, m);
    serve_waiting(t);
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
    credit_order_on_ended(t, m);
    t->granted_ahead_bytes -= m->ahead_bytes;
    if (m->waits)
        stop_waiting(t, m);
    if (m->credit_queued)
        unqueue(t, m);
    serve_waiting(t);
}
