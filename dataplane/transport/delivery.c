/* SPDX-License-Identifier: BSD-3-Clause */
/* Channels that a NIC carries (transport_config.reliable_nic): its word that packets have arrived takes the
 * place of acks, and its word that it has given up that of silence. */
#include "dataplane/transport/channel.h"
#include "dataplane/transport/path_health.h"
#include "dataplane/transport/session.h"

static struct channel *find(const struct transport *t, uint32_t destination, uint8_t path)
{
    const struct peer *peer = session_find_peer(t, destination);
    if (peer == NULL || !peer->open || path >= t->config.paths_max)
        return NULL;
    return channel_find(t, (uint16_t)(peer - t->peers), path);
}

bool transport_has_session(const struct transport *t, uint32_t address)
{
    const struct peer *peer = session_find_peer(t, address);
    return peer != NULL && peer->open;
}

bool transport_is_of_session(const struct transport *t, uint32_t address, const struct packet_header *header)
{
    const struct peer *peer = session_find_peer(t, address);
    return peer != NULL && peer->open && header->session == peer - t->peers &&
           header->session_generation == peer->generation && header->incarnation == peer->incarnation;
}

void transport_on_delivered(struct transport *t, uint32_t destination, const struct packet_header *packet,
                            nsec_t now)
{
    struct channel *ch = find(t, destination, packet->path);
    if (ch == NULL)
        return;
    struct packet_ack ack = {.header = {.generation = packet->generation},
                             .cumulative = packet->number + 1,
                             .echo_sent_at_ns = packet->sent_at_ns,
                             .marked_packets = ch->marked_reported};
    channel_peer(t, ch)->heard_at = now;
    channel_on_ack(t, ch, &ack, now);
}

void transport_on_path_failed(struct transport *t, uint32_t destination, uint8_t path, nsec_t now)
{
    struct channel *ch = find(t, destination, path);
    if (ch != NULL && ch->state == CHANNEL_ALIVE)
        path_health_on_given_up(t, ch, now);
}
