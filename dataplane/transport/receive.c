/* SPDX-License-Identifier: BSD-3-Clause */
/* What comes from the network, in the order in which it is believed: well formed (packet_parse), of a known
 * session from the right address and incarnation, on a path and generation that exist, a number not seen
 * before, and at last its content (content.h). */
#include "dataplane/transport/acks.h"
#include "dataplane/transport/channel.h"
#include "dataplane/transport/content.h"
#include "dataplane/transport/credit.h"
#include "dataplane/transport/message.h"
#include "dataplane/transport/path_health.h"
#include "dataplane/transport/path_timing.h"
#include "dataplane/transport/session.h"
#include "dataplane/transport/suspicion.h"

/* ---- data ---- */

/* A sender that repeats bytes under new numbers harms its own message only. */
static void fill_chunk(struct transport *t, struct incoming *m, uint32_t chunk, uint32_t bytes)
{
    uint32_t *missing = &incoming_chunks(t, m)[chunk];
    if (*missing == 0)
        return;
    *missing = *missing > bytes ? *missing - bytes : 0;
    if (*missing == 0) {
        m->chunks_ready |= 1ull << chunk;
        incoming_report_chunks(t, m);
    }
}

/* Counts the bytes towards each chunk they fall into, and reports those that are whole. */
static void fill_chunks(struct transport *t, struct incoming *m, uint64_t offset, uint32_t bytes)
{
    while (bytes > 0) {
        uint32_t chunk = (uint32_t)(offset / m->chunk_bytes);
        uint32_t room = (uint32_t)((uint64_t)(chunk + 1) * m->chunk_bytes - offset);
        uint32_t part = bytes < room ? bytes : room;
        fill_chunk(t, m, chunk, part);
        offset += part;
        bytes -= part;
    }
}

/* The last chunk of a message shorter than its room is whole at the message's end. */
static void learn_length(struct transport *t, struct incoming *m, uint64_t message_bytes)
{
    m->message_bytes = message_bytes;
    if (m->chunk_bytes == 0 || message_bytes == m->capacity_bytes)
        return;
    for (uint32_t i = 0; i < CHUNKS_MAX; i++) {
        uint64_t begin = (uint64_t)i * m->chunk_bytes;
        uint64_t left = message_bytes > begin ? message_bytes - begin : 0;
        incoming_chunks(t, m)[i] = left < m->chunk_bytes ? (uint32_t)left : m->chunk_bytes;
    }
}

static enum drop_reason judge_data(const struct arrival *a, const struct incoming *m)
{
    const struct packet_data *data = &a->packet->data;
    if (m == NULL)
        return DROP_MESSAGE;
    if (data->message_bytes > m->capacity_bytes)
        return DROP_OFFSET;
    if (m->message_bytes != UINT64_MAX && m->message_bytes != data->message_bytes)
        return DROP_OFFSET;
    if (m->received_bytes + a->packet->payload_bytes > m->granted_bytes)
        return DROP_CREDIT;
    return DROP_NONE;
}

static void finish(struct transport *t, struct arrival *a, struct incoming *m)
{
    t->counters.messages_received++;
    a->ends_message = true;
    m->arrived_at = a->now;
    incoming_end(t, m, EVENT_OK);
}

static enum drop_reason take_data(struct transport *t, struct arrival *a, struct placement *placement)
{
    const struct packet_data *data = &a->packet->data;
    uint32_t bytes = a->packet->payload_bytes;
    struct incoming *m = incoming_by_name(t, data->message);
    if (m != NULL && &t->peers[m->peer] != a->peer)
        m = NULL;
    enum drop_reason reason = judge_data(a, m);
    if (reason != DROP_NONE)
        return reason;
    *placement = (struct placement){.region = m->region,
                                    .length = bytes,
                                    .offset = m->offset + data->offset,
                                    .payload = a->packet->payload};
    t->communicators[m->communicator].spoke = true;
    t->counters.data_packets_received++;
    t->counters.data_bytes_received += bytes;
    if (m->message_bytes == UINT64_MAX) {
        m->begun_at = a->now;
        learn_length(t, m, data->message_bytes);
    }
    m->received_bytes += bytes;
    if (m->chunk_bytes != 0)
        fill_chunks(t, m, data->offset, bytes);
    if (m->received_bytes >= m->message_bytes)
        finish(t, a, m);
    else
        credit_on_data(t, m,
                       &(struct credit_data){.now = a->now, .bytes = bytes, .marked = a->datagram->ecn == 3});
    return DROP_NONE;
}

/* ---- numbered packets ---- */

/* A closed channel opens again with the next generation; whatever is older, or further on, belongs to no
 * channel. */
static bool generation_is_current(struct channel *ch, uint16_t generation)
{
    if (ch->receiving)
        return generation == ch->received_generation;
    if (generation != (uint16_t)(ch->received_generation + 1))
        return false;
    ch->receiving = true;
    ch->received_generation = generation;
    receive_window_reset(&ch->received);
    ch->received_packets = 0;
    ch->received_marked = 0;
    ch->unacked_packets = 0;
    return true;
}

static enum drop_reason take_numbered(struct transport *t, struct arrival *a, struct placement *placement)
{
    const struct packet_header *header = &a->packet->header;
    struct channel *ch = a->channel;
    if (!generation_is_current(ch, header->generation))
        return DROP_GENERATION;
    enum receive_window_verdict verdict = receive_window_judge(&ch->received, header->number);
    if (verdict == RECEIVE_WINDOW_OUTSIDE)
        return DROP_WINDOW;
    bool marked = a->datagram->ecn == 3;
    struct ack_cause cause = {.sent_at_ns = header->sent_at_ns, .urgent = verdict != RECEIVE_WINDOW_NEXT};
    if (verdict == RECEIVE_WINDOW_DUPLICATE) {
        acks_owe(t, ch, &cause, a->now);
        return DROP_DUPLICATE;
    }
    enum drop_reason reason = header->type == PACKET_DATA ? take_data(t, a, placement) : content_take(t, a);
    if (reason == DROP_NO_RESOURCES)
        return reason; /* not accepted: it will be sent again */
    receive_window_accept(&ch->received, header->number);
    ch->received_packets++;
    ch->received_marked += marked;
    cause.urgent |= a->ends_message;
    acks_owe(t, ch, &cause, a->now);
    return reason;
}

/* Only its number has come. A number that came whole before is acknowledged again, like any duplicate. */
static enum drop_reason take_trimmed(struct transport *t, const struct arrival *a)
{
    const struct packet_header *header = &a->packet->header;
    if (!generation_is_current(a->channel, header->generation))
        return DROP_GENERATION;
    enum receive_window_verdict verdict = receive_window_judge(&a->channel->received, header->number);
    if (verdict == RECEIVE_WINDOW_OUTSIDE)
        return DROP_WINDOW;
    if (verdict == RECEIVE_WINDOW_DUPLICATE) {
        struct ack_cause cause = {.sent_at_ns = header->sent_at_ns, .urgent = true};
        acks_owe(t, a->channel, &cause, a->now);
        return DROP_DUPLICATE;
    }
    return acks_deny(t, a->channel, header, a->now) ? DROP_TRIMMED : DROP_NO_RESOURCES;
}

/* ---- the others ---- */

/* Over which path to answer about one that is dead: another of ours. The port that the question came from
 * crosses another spine on the way back, and that may be the dead one. Whoever asks again has not heard us:
 * then any path in turn. */
static uint16_t port_around(struct transport *t, const struct arrival *a, bool again)
{
    uint16_t port = again ? path_health_next_known_port(t, a->peer) : path_health_next_alive_port(t, a->peer);
    return port != 0 ? port : a->datagram->source_port;
}

/* What arrived on a channel that its sender gives up; from here on nothing more is accepted on it. */
static enum drop_reason take_close(struct transport *t, const struct arrival *a)
{
    struct channel *ch = a->channel;
    uint16_t generation = a->packet->header.generation;
    if (!ch->receiving && generation == (uint16_t)(ch->received_generation + 1))
        generation_is_current(ch, generation);
    if (generation != ch->received_generation)
        return DROP_GENERATION;
    bool again = !ch->receiving;
    ch->receiving = false;
    if (!t->config.reliable_nic)
        suspicion_on_hint(t, ch, a->now);
    struct packet_ack closed;
    uint16_t length = acks_write(t, ch, PACKET_CLOSED, &closed, a->now);
    bool queued = session_reply(t, a->peer->address, port_around(t, a, again), &closed, length);
    return queued ? DROP_NONE : DROP_NO_RESOURCES;
}

static enum drop_reason take_probe(struct transport *t, const struct arrival *a)
{
    struct packet_probe reply = {.token = a->packet->probe.token};
    channel_write_header(t, a->channel, PACKET_PROBE_REPLY, 0, &reply.header, a->now);
    uint16_t port = a->channel->source_port ? a->channel->source_port : a->datagram->source_port;
    bool queued = session_reply(t, a->peer->address, port, &reply, sizeof(reply));
    return queued ? DROP_NONE : DROP_NO_RESOURCES;
}

static enum drop_reason take_probe_reply(struct transport *t, const struct arrival *a)
{
    uint64_t token = a->packet->probe.token;
    if (path_timing_on_reply(t, a->packet->header.session, token, a->now))
        return DROP_NONE;
    return path_health_on_probe_reply(t, a->channel, token, a->now);
}

static enum drop_reason dispatch(struct transport *t, struct arrival *a, struct placement *placement)
{
    if (a->datagram->trimmed)
        return take_trimmed(t, a);
    if (t->config.reliable_nic &&
        (a->packet->header.type == PACKET_ACK || a->packet->header.type == PACKET_NACK))
        return DROP_TYPE; /* only the NIC says what has arrived */
    switch (a->packet->header.type) {
    case PACKET_ACK:
        return channel_on_ack(t, a->channel, &a->packet->ack, a->now);
    case PACKET_NACK:
        return channel_on_nack(t, a->channel, &a->packet->nack, a->now);
    case PACKET_CLOSE:
        return take_close(t, a);
    case PACKET_CLOSED:
        return path_health_on_closed(t, a->channel, &a->packet->ack, a->now);
    case PACKET_PROBE:
        return take_probe(t, a);
    case PACKET_PROBE_REPLY:
        return take_probe_reply(t, a);
    }
    return take_numbered(t, a, placement);
}

/* Finds the session and the channel that the packet names. */
static enum drop_reason find_channel(struct transport *t, struct arrival *a)
{
    const struct packet_header *header = &a->packet->header;
    if (header->session >= t->peer_count || !t->peers[header->session].open)
        return DROP_SESSION;
    a->peer = &t->peers[header->session];
    if (a->peer->address != a->datagram->source)
        return DROP_SOURCE;
    if (a->peer->incarnation != header->incarnation)
        return DROP_INCARNATION;
    if (a->peer->generation != header->session_generation)
        return DROP_SESSION;
    if (header->path >= t->config.paths_max)
        return DROP_PATH;
    a->channel = channel_at(t, header->session, header->path);
    return DROP_NONE;
}

static enum drop_reason parse(const struct transport *t, const struct received_packet *datagram,
                              struct parsed_packet *packet)
{
    if (datagram->trimmed)
        return packet_parse_trimmed(datagram->bytes, datagram->length, packet);
    return packet_parse(datagram->bytes, datagram->length, t->config.payload_bytes_max, packet);
}

static enum drop_reason take_packet(struct transport *t, const struct received_packet *datagram,
                                    struct placement *placement, nsec_t now)
{
    struct parsed_packet packet;
    enum drop_reason reason = parse(t, datagram, &packet);
    if (reason != DROP_NONE)
        return reason;
    if (packet.header.type == PACKET_HELLO)
        return session_on_hello(t, datagram, &packet.hello, now);
    if (packet.header.type == PACKET_HELLO_ACK)
        return session_on_hello_ack(t, datagram, &packet.hello, now);
    struct arrival a = {.packet = &packet, .datagram = datagram, .now = now};
    reason = find_channel(t, &a);
    if (reason != DROP_NONE)
        return reason;
    a.peer->heard_at = now;
    a.peer->plan_epoch = packet.header.plan_epoch;
    a.peer->plan_hash = packet.header.plan_hash;
    return dispatch(t, &a, placement);
}

enum drop_reason transport_receive(struct transport *t, const struct received_packet *datagram,
                                   struct placement *placement, nsec_t now)
{
    placement->length = 0;
    enum drop_reason reason = take_packet(t, datagram, placement, now);
    t->counters.drops[reason]++;
    return reason;
}
