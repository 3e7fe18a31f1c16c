/* SPDX-License-Identifier: BSD-3-Clause */
/* What leaves on a channel: numbered packets, each written from what the window says that it carries, when it
 * is first sent and when it is sent again. */
#include <string.h>

#include "dataplane/transport/channel_parts.h"
#include "dataplane/transport/leg.h"
#include "dataplane/transport/message.h"
#include "dataplane/transport/sprayer.h"

bool channel_may_resend(struct transport *t, struct channel *ch, nsec_t now)
{
    uint32_t number;
    if (!send_window_first_lost(&ch->sent, &number))
        return false;
    unsigned flight = send_window_at(&ch->sent, number)->flight;
    if (ch->sent.in_flight_packets == 0)
        return flight != FLIGHT_OWN || pacer_may_send(&ch->pacer, now);
    if (flight != FLIGHT_OWN)
        return !channel_is_suspect(ch) && sprayer_may_resend(t, ch->lane.peer, flight);
    return pacer_may_send(&ch->pacer, now) && ch->sent.own_bytes < ch->congestion.window_bytes;
}

void channel_write_header(const struct transport *t, const struct channel *ch, enum packet_type type,
                          uint32_t number, struct packet_header *header, nsec_t now)
{
    *header = (struct packet_header){.version = PACKET_VERSION,
                                     .type = type,
                                     .session = channel_peer(t, ch)->remote_slot,
                                     .session_generation = channel_peer(t, ch)->remote_generation,
                                     .path = ch->lane.path,
                                     .generation = ch->generation,
                                     .incarnation = t->config.incarnation,
                                     .number = number,
                                     .sent_at_ns = (uint32_t)now,
                                     .plan_epoch = t->plan_epoch,
                                     .plan_hash = t->plan_hash};
}

static void address_packet(const struct transport *t, const struct channel *ch,
                           struct outgoing_packet *packet)
{
    packet->destination = channel_peer(t, ch)->address;
    packet->source_port = ch->source_port;
    packet->ecn_capable = 1;
    packet->region = 0;
    packet->length = 0;
    packet->offset = 0;
}

static void write_data(const struct outgoing *m, const struct sent_packet *what,
                       struct outgoing_packet *packet)
{
    struct packet_data *data = (struct packet_data *)packet->header;
    data->message = m->remote_name;
    data->offset = what->offset;
    data->message_bytes = m->bytes;
    packet->header_bytes = sizeof(*data);
    packet->region = m->region;
    packet->offset = m->offset + what->offset;
    packet->length = what->length;
    packet->remote_address = m->place.address + what->offset;
    packet->remote_key = m->place.key;
}

static void write_credit(const struct incoming *m, struct outgoing_packet *packet)
{
    struct packet_credit *credit = (struct packet_credit *)packet->header;
    credit->match = m->match;
    credit->capacity_bytes = m->capacity_bytes;
    credit->limit_bytes = m->granted_bytes;
    credit->message = m->name;
    credit->first = m->message_bytes == UINT64_MAX;
    packet->header_bytes = sizeof(*credit);
}

static void write_credit_placed(const struct incoming *m, struct outgoing_packet *packet)
{
    struct packet_credit_placed *credit = (struct packet_credit_placed *)packet->header;
    write_credit(m, packet);
    credit->place = (struct packet_place){0};
    packet->header_bytes = sizeof(*credit);
    packet->region = m->region;
    packet->offset = m->offset;
}

static void write_too_long(const struct outgoing *m, struct outgoing_packet *packet)
{
    struct packet_too_long *refusal = (struct packet_too_long *)packet->header;
    refusal->message_bytes = m->bytes;
    refusal->message = m->remote_name;
    refusal->reserved = 0;
    packet->header_bytes = sizeof(*refusal);
}

static void write_abort(const struct notice *notice, struct outgoing_packet *packet)
{
    struct packet_abort *abort = (struct packet_abort *)packet->header;
    abort->communicator = notice->identity;
    abort->rank = notice->rank;
    abort->reserved = 0;
    packet->header_bytes = sizeof(*abort);
}

/* Writes what follows the common header, and returns the type. What is no longer wanted goes as a void. */
static enum packet_type write_content(struct transport *t, const struct channel *ch,
                                      const struct sent_packet *what, struct outgoing_packet *packet)
{
    const struct outgoing *sending;
    const struct incoming *receiving;
    const struct notice *notice = &t->notices[what->item % NOTICES_MAX];
    if (what->kind == SENT_DATA && (sending = outgoing_by_name(t, what->item)) != NULL) {
        write_data(sending, what, packet);
        return PACKET_DATA;
    }
    if (what->kind == SENT_TOO_LONG && (sending = outgoing_by_name(t, what->item)) != NULL) {
        write_too_long(sending, packet);
        return PACKET_TOO_LONG;
    }
    if (what->kind == SENT_CREDIT && (receiving = incoming_by_name(t, what->item)) != NULL) {
        bool placed = t->config.reliable_nic && channel_peer(t, ch)->address != t->config.address;
        (placed ? write_credit_placed : write_credit)(receiving, packet);
        return placed ? PACKET_CREDIT_PLACED : PACKET_CREDIT;
    }
    if (what->kind == SENT_ABORT && notice->name == what->item) {
        write_abort(notice, packet);
        return PACKET_ABORT;
    }
    packet->header_bytes = sizeof(struct packet_header);
    return PACKET_VOID;
}

static void write_numbered(struct transport *t, struct channel *ch, uint32_t number,
                           struct outgoing_packet *packet, nsec_t now)
{
    const struct sent_packet *what = send_window_at(&ch->sent, number);
    address_packet(t, ch, packet);
    enum packet_type type = write_content(t, ch, what, packet);
    channel_write_header(t, ch, type, number, (struct packet_header *)packet->header, now);
    if (what->flight == FLIGHT_OWN)
        pacer_sent(&ch->pacer, transport_wire_bytes(t, 1, what->length), now);
    ch->sent_packets++;
    if (type == PACKET_DATA) {
        t->counters.data_packets_sent++;
        t->counters.data_bytes_sent += what->length;
    }
}

void channel_send(struct transport *t, struct channel *ch, const struct sent_packet *what,
                  struct outgoing_packet *packet, nsec_t now)
{
    bool begins_flight = ch->sent.in_flight_packets == 0;
    if (begins_flight)
        ch->waiting_since = now;
    write_numbered(t, ch, send_window_push(&ch->sent, &t->windows, what), packet, now);
    if (begins_flight)
        channel_arm(t, ch, now);
}

/* A tail probe asks about a silence; it does not end it. */
static bool is_tail_probe(const struct channel *ch)
{
    return ch->tail_probed && ch->timeouts == 0;
}

static void note_resent(struct transport *t, const struct sent_packet *packet)
{
    const struct outgoing *m = packet->kind == SENT_DATA ? outgoing_by_name(t, packet->item) : NULL;
    if (m != NULL)
        leg_on_resent(t, m, packet->lane);
}

void channel_resend(struct transport *t, struct channel *ch, struct outgoing_packet *packet, nsec_t now)
{
    uint32_t number;
    if (!send_window_first_lost(&ch->sent, &number))
        return;
    if (ch->sent.in_flight_packets == 0 && !is_tail_probe(ch))
        ch->waiting_since = now;
    send_window_resend(&ch->sent, number, now);
    if (is_tail_probe(ch))
        ch->trial_at = now;
    write_numbered(t, ch, number, packet, now);
    unsigned flight = send_window_at(&ch->sent, number)->flight;
    if (flight != FLIGHT_OWN)
        sprayer_at(t, ch->lane.peer, flight)->sent_at = now;
    note_resent(t, send_window_at(&ch->sent, number));
    ch->retransmits++;
    t->counters.retransmits++;
    t->counters.retransmitted_bytes += send_window_at(&ch->sent, number)->length;
    channel_arm(t, ch, now);
}
