/* SPDX-License-Identifier: BSD-3-Clause */
#include "tools/sim/rest.h"

#include "dataplane/transport/channel.h"

static void expect(struct simulation *s, const struct host *host, uint64_t held, const char *what)
{
    if (held != 0)
        complain(&s->complaints, simulation_now(s), COMPLAINT_REST, "host%u holds %s (%llu)", host->number,
                 what, (unsigned long long)held);
}

static void check_channel(struct simulation *s, const struct host *host, const struct channel *ch)
{
    expect(s, host, ch->sent.in_flight_packets, "packets in flight");
    expect(s, host, ch->sent.size, "memory of a send window");
    expect(s, host, ch->sent.lost_packets, "lost packets that were not sent again");
    expect(s, host, ch->state == CHANNEL_CLOSING, "a path that waits to be closed");
    expect(s, host, ch->lane.first_piece != NONE, "pieces on a lane");
    expect(s, host, ch->ack_queued, "an ack owed");
}

static uint64_t check_peer(struct simulation *s, const struct host *host, const struct peer *peer)
{
    const struct transport *t = host->transport;
    uint64_t dead = 0;
    expect(s, host, peer->awaited, "messages that a peer is waited for");
    expect(s, host, peer->first_credit != NONE, "credits to send");
    expect(s, host, peer->refusals, "refusals to send");
    for (unsigned i = 0; i < peer->path_count; i++) {
        const struct channel *ch = channel_find(t, (uint16_t)(peer - t->peers), i);
        if (ch == NULL)
            continue;
        check_channel(s, host, ch);
        dead += ch->state == CHANNEL_DEAD;
    }
    return dead;
}

static uint64_t check_transport(struct simulation *s, const struct host *host)
{
    const struct transport *t = host->transport;
    uint64_t dead = 0;
    expect(s, host, t->outgoing_count - t->outgoing_free_count, "outgoing messages");
    expect(s, host, t->config.messages_max - t->incoming_free_count, "incoming messages");
    expect(s, host, t->config.pieces_max - t->piece_free_count, "pieces");
    expect(s, host, t->active_capacity_bytes, "capacity that credits are shared by");
    expect(s, host, t->granted_ahead_bytes, "granted bytes that nobody will send");
    expect(s, host, t->first_waiting != NONE, "a message that waits for credit");
    expect(s, host, t->reply_count, "replies");
    expect(s, host, t->notices_pending, "notices of deaths");
    for (uint32_t i = 0; i < t->peer_count; i++)
        dead += check_peer(s, host, &t->peers[i]);
    return dead;
}

void rest_check(struct simulation *s)
{
    uint64_t dead = 0;
    for (uint32_t i = 0; i < s->topology.host_count; i++) {
        if (s->hosts[i].transport != NULL)
            dead += check_transport(s, &s->hosts[i]);
    }
    if (s->operations.in_use > 0)
        complain(&s->complaints, simulation_now(s), COMPLAINT_REST, "%u operations in progress",
                 s->operations.in_use);
    if (s->packets.in_use > dead)
        complain(&s->complaints, simulation_now(s), COMPLAINT_REST,
                 "%llu packets under way, %llu paths are dead", (unsigned long long)s->packets.in_use,
                 (unsigned long long)dead);
}
