/* SPDX-License-Identifier: BSD-3-Clause */
#include "dataplane/transport/credit_order.h"

#include "dataplane/transport/credit.h"
#include "dataplane/transport/message.h"
#include "dataplane/transport/placement.h"

enum {
    ADMITTED_DIVISOR = 4 /* a batch is admitted when this part of the budget has yet to arrive */
};

static bool has_order(const struct transport *t, const struct communicator *c)
{
    switch (t->config.credit_order) {
    case CREDIT_ORDER_OF_MODE:
        return placement_cuts_flows(c->config.path_mode);
    case CREDIT_ORDER_FAIR:
        return false;
    case CREDIT_ORDER_BATCHES:
        return true;
    }
    return false;
}

uint32_t credit_order_next_batch(const struct transport *t, struct communicator *c)
{
    return has_order(t, c) ? ++c->receive_batches : 0;
}

static bool is_before(uint32_t batch, uint32_t other)
{
    return (int32_t)(batch - other) < 0;
}

static struct communicator *communicator_of(struct transport *t, const struct incoming *m)
{
    return &t->communicators[m->communicator];
}

/* ---- lists ---- */

static void join(struct transport *t, struct turn_list *list, struct incoming *m)
{
    uint32_t index = incoming_index(t, m), after = list->last;
    while (after != NONE && is_before(m->batch, t->incoming[after].batch))
        after = t->incoming[after].previous_in_turn;
    m->previous_in_turn = after;
    m->next_in_turn = after == NONE ? list->first : t->incoming[after].next_in_turn;
    if (after == NONE)
        list->first = index;
    else
        t->incoming[after].next_in_turn = index;
    if (m->next_in_turn == NONE)
        list->last = index;
    else
        t->incoming[m->next_in_turn].previous_in_turn = index;
}

static void leave(struct transport *t, struct turn_list *list, const struct incoming *m)
{
    if (m->previous_in_turn == NONE)
        list->first = m->next_in_turn;
    else
        t->incoming[m->previous_in_turn].next_in_turn = m->next_in_turn;
    if (m->next_in_turn == NONE)
        list->last = m->previous_in_turn;
    else
        t->incoming[m->next_in_turn].previous_in_turn = m->previous_in_turn;
}

/* ---- holding ---- */

static void set_awaited(struct communicator *c, struct incoming *m, uint64_t bytes)
{
    c->awaited_bytes += bytes - m->awaited_bytes;
    m->awaited_bytes = bytes;
}

static uint64_t missing_bytes(const struct incoming *m)
{
    uint64_t bytes = m->message_bytes < m->capacity_bytes ? m->message_bytes : m->capacity_bytes;
    return bytes - m->received_bytes;
}

static bool has_room(const struct transport *t, const struct communicator *c)
{
    return c->awaited_bytes <= t->credit_budget.bytes / ADMITTED_DIVISOR;
}

bool credit_order_on_posted(struct transport *t, struct incoming *m)
{
    struct communicator *c = communicator_of(t, m);
    m->held = m->batch != c->admitted_batch && (c->held.first != NONE || !has_room(t, c));
    if (m->held) {
        join(t, &c->held, m);
        return false;
    }
    c->admitted_batch = m->batch;
    set_awaited(c, m, missing_bytes(m));
    return true;
}

static void admit(struct transport *t, struct communicator *c, struct incoming *m)
{
    leave(t, &c->held, m);
    m->held = false;
    set_awaited(c, m, missing_bytes(m));
    credit_admit(t, m);
}

static void admit_those_with_room(struct transport *t, struct communicator *c)
{
    while (c->held.first != NONE && has_room(t, c)) {
        c->admitted_batch = t->incoming[c->held.first].batch;
        while (c->held.first != NONE && t->incoming[c->held.first].batch == c->admitted_batch)
            admit(t, c, &t->incoming[c->held.first]);
    }
}

/* ---- the first batch among those begun ---- */

bool credit_order_is_first(const struct transport *t, const struct incoming *m)
{
    return m->batch == t->incoming[t->communicators[m->communicator].begun.first].batch;
}

static void set_first_capacity(struct transport *t, struct communicator *c, uint64_t bytes)
{
    t->active_capacity_bytes += bytes - c->first_begun_capacity_bytes;
    c->first_begun_capacity_bytes = bytes;
}

static uint64_t capacity_of_first_batch(const struct transport *t, const struct communicator *c)
{
    uint64_t bytes = 0;
    for (uint32_t i = c->begun.first; i != NONE && credit_order_is_first(t, &t->incoming[i]);
         i = t->incoming[i].next_in_turn)
        bytes += t->incoming[i].capacity_bytes;
    return bytes;
}

static void begin(struct transport *t, struct communicator *c, struct incoming *m)
{
    bool overtakes = c->begun.first == NONE || is_before(m->batch, t->incoming[c->begun.first].batch);
    m->active = true;
    if (m->held)
        admit(t, c, m);
    join(t, &c->begun, m);
    if (overtakes)
        set_first_capacity(t, c, m->capacity_bytes);
    else if (credit_order_is_first(t, m))
        set_first_capacity(t, c, c->first_begun_capacity_bytes + m->capacity_bytes);
}

static void end(struct transport *t, struct communicator *c, struct incoming *m)
{
    bool was_first = credit_order_is_first(t, m);
    m->active = false;
    leave(t, &c->begun, m);
    if (!was_first)
        return;
    bool others = c->begun.first != NONE && credit_order_is_first(t, m);
    set_first_capacity(
        t, c, others ? c->first_begun_capacity_bytes - m->capacity_bytes : capacity_of_first_batch(t, c));
}

void credit_order_on_data(struct transport *t, struct incoming *m)
{
    struct communicator *c = communicator_of(t, m);
    if (!m->active)
        begin(t, c, m);
    set_awaited(c, m, missing_bytes(m));
    admit_those_with_room(t, c);
}

void credit_order_on_ended(struct transport *t, struct incoming *m)
{
    struct communicator *c = communicator_of(t, m);
    if (m->active)
        end(t, c, m);
    if (m->held)
        leave(t, &c->held, m);
    m->held = false;
    set_awaited(c, m, 0);
    admit_those_with_room(t, c);
}
