/* SPDX-License-Identifier: BSD-3-Clause */
#include "dataplane/transport/acks.h"

#include <string.h>

#include "dataplane/transport/channel.h"
#include "dataplane/transport/path_health.h"
#include "dataplane/transport/session.h"

enum {
    PACKETS_PER_ACK = 8
};

static void unlink_channel(struct transport *t, struct channel *ch)
{
    if (ch->previous_ack != NONE)
        t->channels[ch->previous_ack].next_ack = ch->next_ack;
    else
        t->first_ack = ch->next_ack;
    if (ch->next_ack != NONE)
        t->channels[ch->next_ack].previous_ack = ch->previous_ack;
    else
        t->last_ack = ch->previous_ack;
    ch->ack_queued = false;
}

/* The list is in order of due times: urgent ones go to the front, the others were delayed by the same time.
 */
static void link_channel(struct transport *t, struct channel *ch, bool first)
{
    uint32_t index = channel_index(t, ch);
    ch->previous_ack = first ? NONE : t->last_ack;
    ch->next_ack = first ? t->first_ack : NONE;
    if (ch->previous_ack != NONE)
        t->channels[ch->previous_ack].next_ack = index;
    else
        t->first_ack = index;
    if (ch->next_ack != NONE)
        t->channels[ch->next_ack].previous_ack = index;
    else
        t->last_ack = index;
    ch->ack_queued = true;
}

void acks_owe(struct transport *t, struct channel *ch, const struct ack_cause *cause, nsec_t now)
{
    ch->echo_sent_at_ns = cause->sent_at_ns;
    ch->echo_arrived_at = now;
    if (t->config.reliable_nic)
        return;
    if (ch->unacked_packets < UINT8_MAX)
        ch->unacked_packets++;
    bool urgent = cause->urgent || ch->unacked_packets >= PACKETS_PER_ACK;
    if (ch->ack_queued && (!urgent || ch->ack_due_at <= now))
        return;
    if (ch->ack_queued)
        unlink_channel(t, ch);
    ch->ack_due_at = urgent ? now : now + t->config.ack_delay_ns;
    link_channel(t, ch, urgent);
}

static uint16_t bytes_without_trailing_zeros(const struct packet_ack *ack)
{
    unsigned bitmap_bytes = sizeof(ack->bitmap);
    while (bitmap_bytes > 0 && ack->bitmap[bitmap_bytes - 1] == 0)
        bitmap_bytes--;
    return (uint16_t)(PACKET_ACK_BYTES_MIN + bitmap_bytes);
}

uint16_t acks_write(const struct transport *t, const struct channel *ch, enum packet_type type,
                    struct packet_ack *ack, nsec_t now)
{
    uint64_t bitmap[RECEIVE_WINDOW_WORDS];
    channel_write_header(t, ch, type, 0, &ack->header, now);
    ack->header.generation = ch->received_generation;
    ack->cumulative = ch->received.cumulative;
    ack->echo_sent_at_ns = ch->echo_sent_at_ns;
    ack->turnaround_ns = (uint32_t)(now - ch->echo_arrived_at);
    ack->received_packets = ch->received_packets;
    ack->marked_packets = ch->received_marked;
    if (ch->received.beyond == 0)
        return PACKET_ACK_BYTES_MIN;
    receive_window_bitmap(&ch->received, bitmap);
    memcpy(ack->bitmap, bitmap, sizeof(bitmap));
    return bytes_without_trailing_zeros(ack);
}

/* The way back on the same spine; another live one if that is dead. */
static uint16_t port_back(struct transport *t, const struct channel *ch)
{
    if (ch->state == CHANNEL_ALIVE && ch->source_port != 0)
        return ch->source_port;
    uint16_t other = path_health_next_alive_port(t, channel_peer(t, ch));
    return other != 0 ? other : path_source_port(t, ch->lane.peer, 0);
}

bool acks_deny(struct transport *t, struct channel *ch, const struct packet_header *packet, nsec_t now)
{
    struct packet_nack nack = {.echo_sent_at_ns = packet->sent_at_ns};
    channel_write_header(t, ch, PACKET_NACK, packet->number, &nack.header, now);
    nack.header.generation = packet->generation;
    return session_reply(t, channel_peer(t, ch)->address, port_back(t, ch), &nack, sizeof(nack));
}

unsigned acks_send(struct transport *t, struct outgoing_packet *packets, unsigned max, nsec_t now)
{
    unsigned count = 0;
    while (count < max && t->first_ack != NONE && t->channels[t->first_ack].ack_due_at <= now) {
        struct channel *ch = &t->channels[t->first_ack];
        struct outgoing_packet *packet = &packets[count++];
        unlink_channel(t, ch);
        ch->unacked_packets = 0;
        packet->destination = channel_peer(t, ch)->address;
        packet->source_port = port_back(t, ch);
        packet->header_bytes = acks_write(t, ch, PACKET_ACK, (struct packet_ack *)packet->header, now);
        packet->ecn_capable = 0;
        packet->region = 0;
        packet->length = 0;
        packet->offset = 0;
        t->counters.acks_sent++;
    }
    return count;
}

nsec_t acks_next_due(const struct transport *t)
{
    return t->first_ack != NONE ? t->channels[t->first_ack].ack_due_at : NSEC_NEVER;
}
