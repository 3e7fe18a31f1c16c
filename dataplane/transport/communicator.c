/* SPDX-License-Identifier: BSD-3-Clause */
#include "dataplane/transport/communicator.h"

#include "dataplane/transport/credit.h"
#include "dataplane/transport/message.h"
#include "dataplane/transport/notice.h"
#include "dataplane/transport/session.h"

static void end_messages(struct transport *t, struct communicator *c, enum event_status status, uint32_t rank)
{
    while (c->first_outgoing != NONE) {
        struct outgoing *m = &t->outgoing[c->first_outgoing];
        m->dead_rank = rank;
        outgoing_end(t, m, status);
    }
    while (c->first_incoming != NONE) {
        struct incoming *m = &t->incoming[c->first_incoming];
        m->dead_rank = rank;
        incoming_end(t, m, status);
    }
}

static void queue_event(struct transport *t, struct communicator *c)
{
    if (c->event_queued)
        return;
    uint32_t index = (uint32_t)(c - t->communicators);
    c->event_queued = true;
    c->next_event = NONE;
    if (t->last_communicator_event == NONE)
        t->first_communicator_event = index;
    else
        t->communicators[t->last_communicator_event].next_event = index;
    t->last_communicator_event = index;
}

static void die(struct transport *t, struct communicator *c, uint32_t rank)
{
    if (c->dead)
        return;
    c->dead = true;
    c->dead_rank = rank;
    end_messages(t, c, EVENT_PEER_DEAD, rank);
    queue_event(t, c);
}

/* Credits that came for sends which nobody here will submit any more: of this rank, or NONE: of any. */
static void forget_credits(struct transport *t, uint64_t identity, uint32_t rank)
{
    for (uint32_t i = 0; i < t->outgoing_fresh; i++) {
        struct outgoing *m = &t->outgoing[i];
        bool of_rank = rank == NONE || m->match.source_rank == rank;
        if (m->used && !m->submitted && m->match.communicator == identity && of_rank) {
            match_table_remove(&t->matches, &m->match);
            outgoing_release(t, m);
        }
    }
}

static void forget_credits_of_peer(struct transport *t, uint16_t peer)
{
    for (uint32_t i = 0; i < t->outgoing_fresh; i++) {
        struct outgoing *m = &t->outgoing[i];
        if (m->used && !m->submitted && m->peer == peer) {
            match_table_remove(&t->matches, &m->match);
            outgoing_release(t, m);
        }
    }
}

static void tell_if_open(struct transport *t, const struct communicator *c, uint16_t peer)
{
    if (t->peers[peer].open && t->peers[peer].address != t->config.address)
        notice_tell(t, c->config.identity, peer);
}

/* Two kinds of hosts may be told by nobody else: that of the dead rank, which may live and be cut off only
 * from who believed it dead; and one that has sent us nothing, which may have lost its rank, and hold our
 * credits. */
static void tell_the_forgotten(struct transport *t, const struct communicator *c, uint32_t rank)
{
    if (rank < c->config.rank_count)
        tell_if_open(t, c, c->config.rank_peers[rank]);
    for (uint32_t i = c->first_incoming; i != NONE; i = t->incoming[i].next) {
        if (t->incoming[i].message_bytes == UINT64_MAX)
            tell_if_open(t, c, t->incoming[i].peer);
    }
}

void communicator_on_rank_dead(struct transport *t, uint64_t identity, uint32_t rank)
{
    for (uint32_t i = 0; i < t->config.communicators_max; i++) {
        struct communicator *c = &t->communicators[i];
        if (!c->open || c->dead || c->config.identity != identity)
            continue;
        tell_the_forgotten(t, c, rank);
        die(t, c, rank);
    }
    forget_credits(t, identity, NONE);
}

/* The first rank that lives on the peer, or NONE. */
static uint32_t rank_on(const struct communicator *c, uint16_t peer)
{
    for (uint32_t r = 0; r < c->config.rank_count; r++) {
        if (c->config.rank_peers[r] == peer)
            return r;
    }
    return NONE;
}

static void lose_peer(struct transport *t, struct communicator *c, uint16_t peer)
{
    uint32_t rank = c->open && !c->dead ? rank_on(c, peer) : NONE;
    if (rank == NONE)
        return;
    notice_add(t, c, rank);
    die(t, c, rank);
}

void communicator_on_peer_dead(struct transport *t, uint16_t peer)
{
    for (uint32_t i = 0; i < t->config.communicators_max; i++)
        lose_peer(t, &t->communicators[i], peer);
    forget_credits_of_peer(t, peer);
}

/* What the old one was told, the new one does not know. */
static void repeat_credits(struct transport *t, const struct communicator *c, uint16_t peer)
{
    for (uint32_t i = c->first_incoming; i != NONE; i = t->incoming[i].next) {
        if (t->incoming[i].peer == peer)
            credit_queue(t, &t->incoming[i]);
    }
}

void communicator_on_peer_restarted(struct transport *t, uint16_t peer)
{
    for (uint32_t i = 0; i < t->config.communicators_max; i++) {
        struct communicator *c = &t->communicators[i];
        if (c->spoke)
            lose_peer(t, c, peer);
        else if (c->open)
            repeat_credits(t, c, peer);
    }
    forget_credits_of_peer(t, peer);
}

static bool is_open(const struct transport *t, uint64_t identity, uint32_t rank)
{
    for (uint32_t i = 0; i < t->config.communicators_max; i++) {
        const struct communicator *c = &t->communicators[i];
        if (c->open && c->config.identity == identity && c->config.rank == rank)
            return true;
    }
    return false;
}

static struct communicator *find_closed(struct transport *t)
{
    for (uint32_t i = 0; i < t->config.communicators_max; i++) {
        if (!t->communicators[i].open)
            return &t->communicators[i];
    }
    return NULL;
}

int transport_open_communicator(struct transport *t, const struct communicator_config *config, nsec_t now)
{
    struct communicator *c = find_closed(t);
    if (c == NULL || is_open(t, config->identity, config->rank))
        return -1;
    struct communicator fresh = {.config = *config,
                                 .first_outgoing = NONE,
                                 .first_incoming = NONE,
                                 .held = {NONE, NONE},
                                 .begun = {NONE, NONE},
                                 .next_event = c->next_event,
                                 .event_queued = c->event_queued,
                                 .open = true};
    *c = fresh;
    t->communicators_open++;
    for (uint32_t r = 0; r < config->rank_count; r++)
        session_greet(t, &t->peers[config->rank_peers[r]], now);
    uint32_t dead_rank;
    if (notice_find(t, config->identity, &dead_rank))
        die(t, c, dead_rank);
    return (int)(c - t->communicators);
}

void transport_close_communicator(struct transport *t, uint32_t communicator, bool dead, nsec_t now)
{
    (void)now;
    struct communicator *c = &t->communicators[communicator];
    if (!c->open)
        return;
    bool in_progress = c->first_outgoing != NONE || c->first_incoming != NONE;
    end_messages(t, c, EVENT_CANCELLED, c->config.rank);
    forget_credits(t, c->config.identity, c->config.rank);
    c->open = false;
    t->communicators_open--;
    if ((dead || in_progress) && !c->dead) {
        notice_add(t, c, c->config.rank);
        communicator_on_rank_dead(t, c->config.identity, c->config.rank);
    }
}
