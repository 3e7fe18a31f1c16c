/* SPDX-License-Identifier: BSD-3-Clause */
#include "dataplane/transport/step_rate.h"

#include "dataplane/transport/channel.h"
#include "dataplane/transport/lane.h"
#include "dataplane/transport/sprayer.h"

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

void step_rate_on_piece(struct transport *t, const struct bucket *b, const struct outgoing *m,
                        const struct split_piece *cut, uint8_t lane, nsec_t now)
{
    if (!lane_roams(lane))
        plan_channel(t, b, channel_at(t, m->peer, lane), cut->bytes, now);
    else if (lane == LANE_MPRDMA)
        plan_subset(t, b, m, now);
    else
        plan_sprayer(t, b, m, lane, now);
}
