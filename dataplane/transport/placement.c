/* SPDX-License-Identifier: BSD-3-Clause */
#include "dataplane/transport/placement.h"

#include "dataplane/transport/channel.h"
#include "dataplane/transport/lane.h"
#include "dataplane/transport/path_health.h"
#include "dataplane/transport/path_plan.h"
#include "dataplane/transport/sprayer.h"
#include "dataplane/transport/step_rate.h"

bool placement_cuts_flows(enum path_mode mode)
{
    return mode == PATH_MODE_ETHEREAL || mode == PATH_MODE_WRAP || mode == PATH_MODE_PLANNED;
}

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
        step_rate_on_piece(t, b, m, cut, lane, now);
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
    bool splits = placement_cuts_flows(mode) && b->path_count > 1;
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

void placement_of_batch(struct transport *t, struct bucket *b, enum step_shape shape, unsigned count,
                        nsec_t now)
{
    for (unsigned left = place_planned(t, b, shape, t->unplaced, count, now); left > 0;) {
        unsigned taken = gather_bucket(t, b, t->unplaced, &left);
        place_bucket(t, b, taken, now);
    }
}
