/* SPDX-License-Identifier: BSD-3-Clause */
/* A step's batch of flows enters the transport: it is checked as a whole, each flow becomes a message, and
 * the flows that cross the spines are split together, per destination leaf, over the paths that live. */
#include "dataplane/transport/channel.h"
#include "dataplane/transport/control_queue.h"
#include "dataplane/transport/credit.h"
#include "dataplane/transport/lane.h"
#include "dataplane/transport/message.h"
#include "dataplane/transport/packet_parse.h"
#include "dataplane/transport/path_health.h"
#include "dataplane/transport/path_plan.h"
#include "dataplane/transport/rehome.h"
#include "dataplane/transport/session.h"
#include "dataplane/transport/sprayer.h"

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
    if (t->incoming_free_count < count)
        return SUBMIT_FULL;
    const struct communicator *c = &t->communicators[communicator];
    uint64_t batch_bytes = 0;
    for (unsigned i = 0; i < count; i++)
        batch_bytes += flows[i].bytes;
    for (unsigned i = 0; i < count; i++) {
        struct incoming *m = post_receive(t, communicator, &flows[i], now);
        m->dead_rank = c->dead_rank;
        if (c->dead)
            incoming_end(t, m, EVENT_PEER_DEAD);
        else
            credit_open(t, m, batch_bytes);
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

/* ---- splitting ---- */

static bool splits_flows(enum path_mode mode)
{
    return mode == PATH_MODE_ETHEREAL || mode == PATH_MODE_WRAP || mode == PATH_MODE_PLANNED;
}

/* One step's flows to one leaf, and what they share. */
struct bucket {
    const struct communicator *communicator;
    uint64_t batch_bytes, start_tag;
    uint8_t paths[PACKET_PATHS_MAX];       /* live for every peer of the bucket */
    unsigned path_count, known_path_count; /* known: those that are dead or left alone as well */
};

static void list_paths(struct bucket *b, uint64_t alive)
{
    b->path_count = 0;
    for (; alive != 0; alive &= alive - 1)
        b->paths[b->path_count++] = (uint8_t)__builtin_ctzll(alive);
}

static unsigned known_paths(const struct transport *t, uint16_t peer)
{
    unsigned count = 0;
    for (unsigned i = 0; i < t->peers[peer].path_count; i++)
        count += path_state(t, peer, i) != CHANNEL_ABSENT;
    return count;
}

/* The rate at which a piece must go so that all of its step ends together. Paths that are missing are missed
 * by all hosts of a leaf: together they would ask more of the others than these have, so a step spread over
 * all paths takes of each no more than its share of the whole. */
static uint64_t planned_rate(const struct transport *t, const struct bucket *b, uint64_t bytes)
{
    if (b->batch_bytes == 0)
        return 0;
    uint64_t rate = (uint64_t)((__uint128_t)t->config.rate_bytes_per_s * bytes / b->batch_bytes);
    bool spreads = b->communicator->config.path_mode != PATH_MODE_HASH && b->path_count > 1;
    return spreads ? rate * b->path_count / b->known_path_count : rate;
}

/* What a window was told of its steps. */
struct step_plan {
    uint64_t *rate_bytes_per_s, *tag;
    struct congestion *congestion;
    const struct congestion_path *path;
    bool busy;
};

/* Pieces of one batch in one window add up. A batch that comes while another is still under way may raise its
 * plan, not lower it. */
static void plan_window(struct transport *t, const struct bucket *b, const struct step_plan *plan,
                        uint64_t bytes, nsec_t now)
{
    uint64_t rate = planned_rate(t, b, bytes);
    if (*plan->tag == b->start_tag)
        rate += *plan->rate_bytes_per_s;
    else if (plan->busy && rate < *plan->rate_bytes_per_s)
        return;
    *plan->tag = b->start_tag;
    *plan->rate_bytes_per_s = rate;
    t->config.congestion->on_step_start(plan->congestion, plan->path, rate, now);
}

static void plan_channel(struct transport *t, const struct bucket *b, struct channel *ch, uint64_t bytes,
                         nsec_t now)
{
    struct step_plan plan = {.rate_bytes_per_s = &ch->planned_rate_bytes_per_s,
                             .tag = &ch->planned_tag,
                             .congestion = &ch->congestion,
                             .path = &t->path,
                             .busy = ch->lane.first_piece != NONE || ch->sent.in_flight_packets > 0};
    plan_window(t, b, &plan, bytes, now);
}

static void plan_sprayer(struct transport *t, const struct bucket *b, const struct outgoing *m, uint8_t lane,
                         nsec_t now)
{
    unsigned flight = lane_flight(lane);
    struct sprayer *s = sprayer_at(t, m->peer, flight);
    struct step_plan plan = {.rate_bytes_per_s = &s->planned_rate_bytes_per_s,
                             .tag = &s->planned_tag,
                             .congestion = &s->congestion,
                             .path = &t->sprayed_path,
                             .busy = lane_of(t, m->peer, lane)->first_piece != NONE ||
                                     t->peers[m->peer].flights[flight - 1].packets > 0};
    plan_window(t, b, &plan, m->bytes, now);
}

static void plan_subset(struct transport *t, const struct bucket *b, const struct outgoing *m, nsec_t now)
{
    const struct path_subset *s = lane_subset(t, m->peer, b->communicator->config.hash_seed);
    for (unsigned i = 0; i < s->count; i++)
        plan_channel(t, b, channel_at(t, m->peer, s->paths[i]), m->bytes / s->count, now);
}

static void plan_piece(struct transport *t, const struct bucket *b, const struct outgoing *m,
                       const struct split_piece *cut, uint8_t lane, nsec_t now)
{
    if (!lane_roams(lane))
        plan_channel(t, b, channel_at(t, m->peer, lane), cut->bytes, now);
    else if (lane == LANE_MPRDMA)
        plan_subset(t, b, m, now);
    else
        plan_sprayer(t, b, m, lane, now);
}

static void add_piece(struct transport *t, const struct bucket *b, struct outgoing *m,
                      const struct split_piece *cut, uint8_t lane, nsec_t now)
{
    struct piece_spec spec = {.offset = cut->offset,
                              .bytes = cut->bytes,
                              .tag = b->start_tag,
                              .tag_scale = cut->bytes ? (b->batch_bytes << 16) / cut->bytes : 0,
                              .peer = m->peer,
                              .path = lane};
    if (lane_flight(lane) != FLIGHT_OWN)
        sprayer_use(t, m->peer, lane_flight(lane));
    piece_add(t, m, &spec);
    t->counters.pieces_sent++;
    if (cut->bytes > 0)
        plan_piece(t, b, m, cut, lane, now);
}

static void add_whole(struct transport *t, const struct bucket *b, struct outgoing *m, uint8_t lane,
                      nsec_t now)
{
    struct split_piece whole = {.bytes = m->bytes};
    add_piece(t, b, m, &whole, lane, now);
}

/* The path that a five-tuple hash would give this pair of hosts, as the connections of other libraries have
 * it. */
static uint8_t hashed_path(const struct transport *t, const struct bucket *b, uint16_t peer)
{
    uint64_t pair = (uint64_t)t->config.address << 32 | t->peers[peer].address;
    return b->paths[mix64_pair(b->communicator->config.hash_seed, pair) % b->path_count];
}

/* The flows of the bucket, whose messages are in t->bucket_flows[0 .. count). */
static void split_bucket(struct transport *t, struct bucket *b, unsigned count, nsec_t now)
{
    const struct communicator *c = b->communicator;
    uint16_t weights[PACKET_PATHS_MAX];
    const struct peer *peer = &t->peers[t->outgoing[t->bucket_flows[0]].peer];
    bool weighted = path_plan_weights(t, peer, b->paths, b->path_count, weights);
    struct split_request request = {
        .flow_bytes = t->bucket_bytes,
        .weights = weighted ? weights : NULL,
        .flow_count = count,
        .path_count = b->path_count,
        .rotation = (unsigned)mix64_pair((uint64_t)peer->leaf << 32 | c->steps, t->config.address),
        .granule_bytes = transport_granule_bytes(t, t->config.payload_bytes_max)};
    unsigned pieces = c->config.path_mode == PATH_MODE_ETHEREAL ? split_ethereal(&request, t->split)
                                                                : split_wrap(&request, t->split);
    for (unsigned i = 0; i < pieces; i++) {
        const struct split_piece *cut = &t->split[i];
        add_piece(t, b, &t->outgoing[t->bucket_flows[cut->flow]], cut, b->paths[cut->path], now);
    }
}

/* Where a whole flow goes. */
static uint8_t lane_of_mode(const struct transport *t, const struct bucket *b, const struct outgoing *m)
{
    enum path_mode mode = b->communicator->config.path_mode;
    if (b->path_count > 1 && mode == PATH_MODE_SPRAY)
        return LANE_SPRAY;
    if (b->path_count > 1 && mode == PATH_MODE_REPS)
        return LANE_REPS;
    if (b->path_count > 1 && mode == PATH_MODE_MPRDMA)
        return LANE_MPRDMA;
    return hashed_path(t, b, m->peer);
}

static void place_bucket(struct transport *t, struct bucket *b, unsigned count, nsec_t now)
{
    enum path_mode mode = b->communicator->config.path_mode;
    bool splits = splits_flows(mode) && b->path_count > 1;
    if (splits) {
        split_bucket(t, b, count, now);
        return;
    }
    for (unsigned i = 0; i < count; i++) {
        struct outgoing *m = &t->outgoing[t->bucket_flows[i]];
        add_whole(t, b, m, lane_of_mode(t, b, m), now);
    }
}

/* Takes from the batch (indices of messages, `*left` of them) those that go to the leaf of the first one over
 * paths that all of them have in common, and keeps the rest in order. Returns how many were taken, into
 * t->bucket_flows. */
static unsigned gather_bucket(struct transport *t, struct bucket *b, uint32_t *batch, unsigned *left)
{
    uint32_t leaf = t->peers[t->outgoing[batch[0]].peer].leaf;
    uint64_t alive = path_health_splittable(t, t->outgoing[batch[0]].peer);
    unsigned count = 0, kept = 0;
    for (unsigned i = 0; i < *left; i++) {
        const struct outgoing *m = &t->outgoing[batch[i]];
        uint64_t common = alive & path_health_splittable(t, m->peer);
        if (t->peers[m->peer].leaf != leaf || common == 0) {
            batch[kept++] = batch[i];
            continue;
        }
        alive = common;
        t->bucket_flows[count] = batch[i];
        t->bucket_bytes[count++] = m->bytes;
    }
    *left = kept;
    list_paths(b, alive);
    b->known_path_count = known_paths(t, t->outgoing[t->bucket_flows[0]].peer);
    return count;
}

/* Places what the plan has pieces for, and keeps the rest of the batch in order. Returns how many those are.
 */
static unsigned place_planned(struct transport *t, struct bucket *b, enum step_shape shape, uint32_t *batch,
                              unsigned count, nsec_t now)
{
    struct split_piece cuts[PACKET_PATHS_MAX];
    const struct plan_communicator *table = path_plan_table(t, b->communicator, shape);
    unsigned kept = 0;
    if (table == NULL)
        return count;
    for (unsigned i = 0; i < count; i++) {
        struct outgoing *m = &t->outgoing[batch[i]];
        unsigned pieces = path_plan_cut(t, table, m, path_health_usable(t, m->peer), cuts);
        for (unsigned k = 0; k < pieces; k++)
            add_piece(t, b, m, &cuts[k], (uint8_t)cuts[k].path, now);
        if (pieces == 0)
            batch[kept++] = batch[i];
    }
    t->counters.flows_planned += count - kept;
    t->counters.flows_unplanned += kept;
    return kept;
}

/* The pieces that the batch may need at most: every flow cut over every path. */
static uint64_t pieces_needed(const struct transport *t, const struct communicator *c,
                              const struct flow_request *flows, unsigned count)
{
    unsigned paths = 1;
    for (unsigned i = 0; i < count; i++) {
        const struct peer *peer = &t->peers[peer_of(c, &flows[i])];
        paths = peer->path_count > paths ? peer->path_count : paths;
    }
    return splits_flows(c->config.path_mode) ? (uint64_t)count * paths : count;
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

static uint64_t total_bytes(const struct flow_request *flows, unsigned count)
{
    uint64_t bytes = 0;
    for (unsigned i = 0; i < count; i++)
        bytes += flows[i].bytes;
    return bytes;
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

/* Sends that wait for their credit must leave room for each other, or two ranks of a host may wait in a
 * circle. One that is credited already needs none: it has its place from when its credit came, and ends by
 * itself. */
static bool has_room_for_sends(const struct transport *t, const struct communicator *c,
                               const struct flow_request *flows, unsigned count)
{
    uint32_t waiting = sends_in_progress(t) + count, index;
    for (unsigned i = 0; waiting > t->config.messages_max && i < count; i++) {
        struct packet_match match = match_of(c, c->config.rank, flows[i].peer_rank, flows[i].tag);
        waiting -= match_table_find(&t->matches, &match, &index);
    }
    return waiting <= t->config.messages_max;
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
    for (unsigned left = place_planned(t, &b, batch->shape, t->unplaced, count, now); left > 0;) {
        unsigned taken = gather_bucket(t, &b, t->unplaced, &left);
        place_bucket(t, &b, taken, now);
    }
    for (unsigned i = 0; i < count; i++)
        start_message(t, c, &t->outgoing[t->batch[i]], now);
    return SUBMIT_OK;
}
