/* SPDX-License-Identifier: BSD-3-Clause */
#include "dataplane/transport/leg.h"

#include "dataplane/transport/channel.h"
#include "dataplane/transport/lane.h"

static struct leg *find(struct transport *t, const struct outgoing *m, uint8_t lane)
{
    uint32_t index = m->first_leg;
    while (index != NONE && t->legs[index].lane != lane)
        index = t->legs[index].next;
    return index == NONE ? NULL : &t->legs[index];
}

static uint32_t take(struct transport *t)
{
    uint32_t index = t->leg_free;
    if (index != NONE)
        t->leg_free = t->legs[index].next;
    else if (t->leg_fresh < t->config.pieces_max)
        index = t->leg_fresh++;
    return index;
}

static void give_back(struct transport *t, uint32_t index)
{
    t->legs[index].next = t->leg_free;
    t->leg_free = index;
}

void leg_begin(struct transport *t, struct piece *p, const struct channel *ch, nsec_t now)
{
    struct outgoing *m = &t->outgoing[p->message];
    p->measured = true;
    if (find(t, m, p->path) != NULL)
        return;
    uint32_t index = take(t);
    if (index == NONE) {
        t->counters.legs_unmeasured++;
        return;
    }
    t->legs[index] = (struct leg){.first_sent_at = now,
                                  .last_acked_at = now,
                                  .marked_before = ch->marked_packets,
                                  .next = m->first_leg,
                                  .peer = m->peer,
                                  .lane = p->path};
    m->first_leg = index;
}

void leg_on_resent(struct transport *t, const struct outgoing *m, uint8_t lane)
{
    struct leg *leg = find(t, m, lane);
    if (leg != NULL)
        leg->retransmits++;
}

void leg_on_abandoned(struct transport *t, const struct outgoing *m, uint8_t lane)
{
    struct leg *leg = find(t, m, lane);
    if (leg != NULL)
        leg->abandoned = true;
}

void leg_offer(struct transport *t, struct outgoing *m)
{
    t->offered_leg = m->first_leg;
}

void leg_release_offered(struct transport *t)
{
    while (t->offered_leg != NONE) {
        uint32_t index = t->offered_leg;
        t->offered_leg = t->legs[index].next;
        give_back(t, index);
    }
}

/* What the channel knows. Its marks may be those of other messages too, but no more than ours has packets. */
static void add_channel(const struct transport *t, const struct leg *leg, struct message_leg *out)
{
    const struct channel *ch = channel_find(t, leg->peer, leg->lane);
    if (ch == NULL)
        return;
    uint32_t marked = ch->marked_packets - leg->marked_before;
    out->path = t->peers[leg->peer].paths_told ? leg->lane : LEG_NO_PATH;
    out->marked_packets = marked < out->packets ? marked : out->packets;
    out->minimum_rtt_ns = rtt_estimator_minimum_ns(&ch->rtt);
}

bool transport_next_leg(struct transport *t, struct message_leg *out)
{
    if (t->offered_leg == NONE)
        return false;
    uint32_t index = t->offered_leg;
    const struct leg *leg = &t->legs[index];
    uint32_t packet = t->peers[leg->peer].payload_bytes_max;
    uint64_t packets = packet != 0 ? (leg->bytes + packet - 1) / packet : 0;
    *out = (struct message_leg){.path = LEG_NO_PATH,
                                .abandoned = leg->abandoned,
                                .packets = (uint32_t)(packets > 0 ? packets : 1) + leg->retransmits,
                                .retransmits = leg->retransmits,
                                .bytes = leg->bytes,
                                .first_sent_at = leg->first_sent_at,
                                .last_acked_at = leg->last_acked_at};
    if (!lane_roams(leg->lane))
        add_channel(t, leg, out);
    t->offered_leg = leg->next;
    give_back(t, index);
    return true;
}
