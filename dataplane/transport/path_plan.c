/* SPDX-License-Identifier: BSD-3-Clause */
#include "dataplane/transport/path_plan.h"

/* The peer's weights by the plan's spine, or NULL. */
static const uint8_t *weights_towards(const struct transport *t, const struct peer *peer)
{
    if (t->plan == NULL)
        return NULL;
    const struct plan_view *view = &t->plan->view;
    return plan_find_weights(view, peer->address >> (32 - view->header->leaf_prefix_bits));
}

void path_plan_refresh_peer(const struct transport *t, struct peer *peer)
{
    const uint8_t *weights = weights_towards(t, peer);
    peer->avoided_paths = 0;
    if (weights == NULL)
        return;
    for (uint32_t spine = 0; spine < t->plan->view.header->spine_count; spine++) {
        uint8_t path = t->plan->path_of_spine[spine];
        if (path < PACKET_PATHS_MAX && weights[spine] == 0)
            peer->avoided_paths |= 1ull << path;
    }
}

static uint8_t spine_of_path(const struct path_plan *plan, uint8_t path)
{
    uint8_t spine = 0;
    while (spine < plan->view.header->spine_count && plan->path_of_spine[spine] != path)
        spine++;
    return spine;
}

bool path_plan_weights(const struct transport *t, const struct peer *peer, const uint8_t *paths,
                       unsigned count, uint16_t *weights)
{
    const uint8_t *planned = weights_towards(t, peer);
    bool differ = false;
    if (planned == NULL)
        return false;
    for (unsigned i = 0; i < count; i++) {
        uint8_t spine = spine_of_path(t->plan, paths[i]);
        uint8_t weight = spine < t->plan->view.header->spine_count ? planned[spine] : PLAN_WEIGHT_FULL;
        weights[i] = weight > 0 ? weight : 1;
        differ |= weights[i] != weights[0];
    }
    return differ;
}

const struct plan_communicator *path_plan_table(const struct transport *t, const struct communicator *c,
                                                enum step_shape shape)
{
    if (t->plan == NULL || c->config.path_mode != PATH_MODE_PLANNED)
        return NULL;
    return plan_find_communicator(&t->plan->view, c->config.identity, c->config.rank, shape);
}

static bool follows_our_plan(const struct transport *t, const struct peer *peer)
{
    return peer->plan_epoch == t->plan_epoch && peer->plan_hash == t->plan_hash;
}

/* Whether every piece has a path of its own that lives. */
static bool can_be_followed(const struct path_plan *plan, const struct plan_flow *flow, uint64_t alive)
{
    for (uint32_t i = 0; i < flow->piece_count; i++) {
        uint8_t path = plan->path_of_spine[plan->view.pieces[flow->first_piece + i].spine];
        if (path >= PACKET_PATHS_MAX || !(alive >> path & 1))
            return false;
        alive &= ~(1ull << path);
    }
    return true;
}

/* A collective sends a flow in parts, and each is cut alike: a cut that always moved down would take the same
 * few per cent from the same path every time. So it moves down from a place beyond itself, by a part of a
 * packet that differs from batch to batch and is spread evenly (multiples of the golden ratio): over many
 * batches every path gets its share. */
static uint64_t cut_offset_bytes(const struct transport *t, const struct outgoing *m)
{
    uint32_t turn = t->communicators[m->communicator].steps * 2654435769u;
    return (uint64_t)turn * t->config.payload_bytes_max >> 32;
}

/* The planned cuts at a whole packet next to them; pieces that come out empty are left out. */
static unsigned cut(const struct transport *t, const struct plan_flow *flow, const struct outgoing *m,
                    struct split_piece *pieces)
{
    const struct path_plan *plan = t->plan;
    uint64_t begin = 0, share = 0, offset = cut_offset_bytes(t, m);
    unsigned count = 0;
    for (uint32_t i = 0; i < flow->piece_count; i++) {
        const struct plan_piece *p = &plan->view.pieces[flow->first_piece + i];
        share += p->share;
        uint64_t end = m->bytes * share / PLAN_SHARE_WHOLE + offset;
        end -= end % t->config.payload_bytes_max;
        if (share >= PLAN_SHARE_WHOLE || end > m->bytes)
            end = m->bytes;
        if (end > begin || (m->bytes == 0 && i == 0))
            pieces[count++] = (struct split_piece){
                .path = plan->path_of_spine[p->spine], .offset = begin, .bytes = end - begin};
        begin = end;
    }
    return count;
}

unsigned path_plan_cut(const struct transport *t, const struct plan_communicator *table,
                       const struct outgoing *m, uint64_t alive, struct split_piece *pieces)
{
    const struct plan_flow *flow = plan_find_flow(&t->plan->view, table, m->match.destination_rank);
    if (flow == NULL || !follows_our_plan(t, &t->peers[m->peer]) || !can_be_followed(t->plan, flow, alive))
        return 0;
    return cut(t, flow, m, pieces);
}

uint16_t path_plan_epoch_on_wire(uint64_t epoch)
{
    return epoch == 0 ? 0 : (uint16_t)(1 + (epoch - 1) % UINT16_MAX);
}

void transport_use_plan(struct transport *t, const struct path_plan *plan)
{
    t->plan = plan;
    t->plan_epoch = plan != NULL ? path_plan_epoch_on_wire(plan->view.header->epoch) : 0;
    t->plan_hash = plan != NULL ? (uint16_t)plan->view.header->hash : 0;
    for (uint32_t i = 0; i < t->peer_count; i++)
        path_plan_refresh_peer(t, &t->peers[i]);
}
