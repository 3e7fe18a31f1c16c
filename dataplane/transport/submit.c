/* SPDX-License-Identifier: BSD-3-Clause */
/* A step's batch of flows enters the transport: it is checked as a whole, each flow becomes a message, and
 * those that are sent get their pieces (placement.h). */
#include "dataplane/transport/control_queue.h"
#include "dataplane/transport/credit.h"
#include "dataplane/transport/credit_order.h"
#include "dataplane/transport/lane.h"
#include "dataplane/transport/message.h"
#include "dataplane/transport/message_share.h"
#include "dataplane/transport/packet_parse.h"
#include "dataplane/transport/placement.h"
#include "dataplane/transport/session.h"

static bool flow_is_valid(const struct communicator *c, const struct flow_request *flow)
{
    if (flow->peer_rank >= c->config.rank_count || flow->bytes > MESSAGE_BYTES_MAX)
        return false;
    if (flow->chunk_bytes == 0)
        return true;
    return (flow->bytes + flow->chunk_bytes - 1) / flow->chunk_bytes <= CHUNKS_MAX;
}

static bool batch_is_valid(const struct transport *t, uint32_t communicator, const struct flow_request *flows,
                           unsigned count)
{
    if (communicator >= t->config.communicators_max || !t->communicators[communicator].open || count == 0)
        return false;
    for (unsigned i = 0; i < count; i++) {
        if (!flow_is_valid(&t->communicators[communicator], &flows[i]))
            return false;
    }
    return true;
}

static uint64_t total_bytes(const struct flow_request *flows, unsigned count)
{
    uint64_t bytes = 0;
    for (unsigned i = 0; i < count; i++)
        bytes += flows[i].bytes;
    return bytes;
}

static struct packet_match match_of(const struct communicator *c, uint32_t source, uint32_t destination,
                                    uint64_t tag)
{
    return (struct packet_match){.communicator = c->config.identity,
                                 .source_rank = source,
                                 .destination_rank = destination,
                                 .tag = tag};
}

static uint16_t peer_of(const struct communicator *c, const struct flow_request *flow)
{
    return c->config.rank_peers[flow->peer_rank];
}

/* ---- receives ---- */

static void open_chunks(struct transport *t, struct incoming *m)
{
    for (uint32_t i = 0; m->chunk_bytes != 0 && (uint64_t)i * m->chunk_bytes < m->capacity_bytes; i++) {
        uint64_t left = m->capacity_bytes - (uint64_t)i * m->chunk_bytes;
        incoming_chunks(t, m)[i] = left < m->chunk_bytes ? (uint32_t)left : m->chunk_bytes;
    }
}

static struct incoming *post_receive(struct transport *t, uint32_t communicator,
                                     const struct flow_request *flow, nsec_t now)
{
    const struct communicator *c = &t->communicators[communicator];
    struct incoming *m = incoming_take(t);
    m->match = match_of(c, flow->peer_rank, c->config.rank, flow->tag);
    m->peer = peer_of(c, flow);
    m->cookie = flow->cookie;
    m->region = flow->region;
    m->offset = flow->offset;
    m->capacity_bytes = flow->bytes;
    m->chunk_bytes = flow->chunk_bytes;
    m->posted_at = now;
    open_chunks(t, m);
    session_await(t, &t->peers[m->peer], now);
    incoming_join(t, m, communicator);
    return m;
}

enum submit_result transport_receive_batch(struct transport *t, uint32_t communicator,
                                           const struct flow_batch *batch, nsec_t now)
{
    const struct flow_request *flows = batch->flows;
    unsigned count = batch->count;
    if (!batch_is_valid(t, communicator, flows, count))
        return SUBMIT_INVALID;
    struct communicator *c = &t->communicators[communicator];
    if (!message_share_allows_incoming(t, c, &(struct message_places){count, t->incoming_free_count}))
        return SUBMIT_FULL;
    uint64_t batch_bytes = total_bytes(flows, count);
    uint32_t number = credit_order_next_batch(t, c);
    for (unsigned i = 0; i < count; i++) {
        struct incoming *m = post_receive(t, communicator, &flows[i], now);
        m->dead_rank = c->dead_rank;
        m->batch = number;
        m->batch_bytes = batch_bytes;
        if (c->dead)
            incoming_end(t, m, EVENT_PEER_DEAD);
        else
            credit_open(t, m);
    }
    return SUBMIT_OK;
}

/* ---- sends ---- */

/* A tag that is being sent already; one that only a credit has come for is free. */
static bool tag_is_in_use(const struct transport *t, const struct packet_match *match)
{
    uint32_t index;
    return match_table_find(&t->matches, match, &index) && t->outgoing[index].submitted;
}

static struct outgoing *find_or_take(struct transport *t, const struct packet_match *match)
{
    uint32_t index;
    if (match_table_find(&t->matches, match, &index))
        return &t->outgoing[index];
    struct outgoing *m = outgoing_take(t);
    m->match = *match;
    match_table_insert(&t->matches, outgoing_index(t, m));
    return m;
}

static struct outgoing *post_send(struct transport *t, uint32_t communicator, const struct flow_request *flow,
                                  nsec_t now)
{
    const struct communicator *c = &t->communicators[communicator];
    struct packet_match match = match_of(c, c->config.rank, flow->peer_rank, flow->tag);
    struct outgoing *m = find_or_take(t, &match);
    t->outgoing_unsubmitted -= !m->submitted;
    m->submitted = true;
    m->submitted_at = now;
    m->peer = peer_of(c, flow);
    m->cookie = flow->cookie;
    m->region = flow->region;
    m->offset = flow->offset;
    m->bytes = flow->bytes;
    session_await(t, &t->peers[m->peer], now);
    outgoing_join(t, m, communicator);
    t->counters.messages_sent++;
    return m;
}

/* ---- the batch ---- */

/* The pieces that the batch may need at most: every flow cut over every path. */
static uint64_t pieces_needed(const struct transport *t, const struct communicator *c,
                              const struct flow_request *flows, unsigned count)
{
    unsigned paths = 1;
    for (unsigned i = 0; i < count; i++) {
        const struct peer *peer = &t->peers[peer_of(c, &flows[i])];
        paths = peer->path_count > paths ? peer->path_count : paths;
    }
    return placement_cuts_flows(c->config.path_mode) ? (uint64_t)count * paths : count;
}

static bool a_tag_is_in_use(const struct transport *t, const struct communicator *c,
                            const struct flow_request *flows, unsigned count)
{
    for (unsigned i = 0; i < count; i++) {
        struct packet_match match = match_of(c, c->config.rank, flows[i].peer_rank, flows[i].tag);
        if (tag_is_in_use(t, &match))
            return true;
    }
    return false;
}

/* The message has its pieces: it goes as far as it is credited. */
static void start_message(struct transport *t, struct communicator *c, struct outgoing *m, nsec_t now)
{
    m->dead_rank = c->dead_rank;
    c->spoke |= m->credited;
    if (c->dead)
        outgoing_end(t, m, EVENT_PEER_DEAD);
    else if (m->credited && m->capacity_bytes < m->bytes)
        control_queue_refuse(t, m);
    else if (m->credited)
        lane_queue_pieces(t, m, now);
}

/* Where the batch begins in the port's order: after the communicator's previous one, not before now. */
static struct bucket open_batch(struct transport *t, struct communicator *c, const struct flow_request *flows,
                                unsigned count)
{
    struct bucket b = {.communicator = c, .batch_bytes = total_bytes(flows, count)};
    b.start_tag = c->finish_tag > t->virtual_now ? c->finish_tag : t->virtual_now;
    c->finish_tag = b.start_tag + b.batch_bytes;
    if (t->piece_free_count == t->config.pieces_max)
        t->proportional_now = b.start_tag;
    c->steps++;
    return b;
}

static uint32_t sends_in_progress(const struct transport *t)
{
    return t->outgoing_count - t->outgoing_free_count - t->outgoing_unsubmitted;
}

static uint32_t places_free(const struct transport *t)
{
    uint32_t taken = sends_in_progress(t);
    return taken < t->config.messages_max ? t->config.messages_max - taken : 0;
}

/* Of the sends that wait for their credit each communicator has its share. One that is credited already needs
 * none: it has its place from when its credit came, and ends by itself. */
static bool has_room_for_sends(const struct transport *t, const struct communicator *c,
                               const struct flow_request *flows, unsigned count)
{
    struct message_places places = {count, places_free(t)};
    uint32_t index;
    if (message_share_allows_outgoing(t, c, &places))
        return true;
    for (unsigned i = 0; i < count; i++) {
        struct packet_match match = match_of(c, c->config.rank, flows[i].peer_rank, flows[i].tag);
        places.wanted -= match_table_find(&t->matches, &match, &index);
    }
    return places.wanted == 0 || message_share_allows_outgoing(t, c, &places);
}

enum submit_result transport_send_batch(struct transport *t, uint32_t communicator,
                                        const struct flow_batch *batch, nsec_t now)
{
    const struct flow_request *flows = batch->flows;
    unsigned count = batch->count;
    if (!batch_is_valid(t, communicator, flows, count))
        return SUBMIT_INVALID;
    struct communicator *c = &t->communicators[communicator];
    if (a_tag_is_in_use(t, c, flows, count))
        return SUBMIT_INVALID;
    if (!has_room_for_sends(t, c, flows, count) || t->piece_free_count < pieces_needed(t, c, flows, count))
        return SUBMIT_FULL;
    struct bucket b = open_batch(t, c, flows, count);
    for (unsigned i = 0; i < count; i++)
        t->batch[i] = t->unplaced[i] = outgoing_index(t, post_send(t, communicator, &flows[i], now));
    placement_of_batch(t, &b, batch->shape, count, now);
    for (unsigned i = 0; i < count; i++)
        start_message(t, c, &t->outgoing[t->batch[i]], now);
    return SUBMIT_OK;
}
