/* SPDX-License-Identifier: BSD-3-Clause */
#include "dataplane/transport/channel.h"

#include <string.h>

#include "dataplane/transport/congestion_window.h"
#include "dataplane/transport/control_queue.h"
#include "dataplane/transport/lane.h"
#include "dataplane/transport/leg.h"
#include "dataplane/transport/message.h"
#include "dataplane/transport/path_health.h"
#include "dataplane/transport/relief.h"
#include "dataplane/transport/session.h"
#include "dataplane/transport/sprayer.h"
#include "dataplane/transport/suspicion.h"

enum {
    CHANNEL_BURST_PACKETS = 8,
    REORDER_FRACTION = 4,
    TIMEOUTS_WITHOUT_BACKOFF = 2,
    INFORMED_FACTOR = 4
};

static void note_progress(struct channel *ch, nsec_t now)
{
    ch->timeouts = 0;
    ch->tail_probed = false;
    ch->marked = false;
    ch->peer_lived = false;
    ch->waiting_since = now;
    ch->look_at = 0;
}

static void reset_sending(struct transport *t, struct channel *ch, nsec_t now)
{
    send_window_lose_all(&ch->sent); /* they no longer fill other windows */
    send_window_reset(&ch->sent, &t->windows);
    ch->sent.flights = channel_peer(t, ch)->flights;
    rtt_estimator_init(&ch->rtt, t->config.base_rtt_ns, now);
    t->config.congestion->on_create(&ch->congestion, &t->path);
    ch->pacer = (struct pacer){0};
    ch->recovery_number = 0;
    ch->marked_reported = 0;
    note_progress(ch, now);
    ch->delivered_at = 0;
    ch->suspected = false;
    ch->probe_at = NSEC_NEVER;
}

void channel_reset(struct transport *t, struct channel *ch, nsec_t now)
{
    reset_sending(t, ch, now);
    ch->generation = 1;
    if (ch->state != CHANNEL_ABSENT)
        ch->state = CHANNEL_ALIVE;
    receive_window_reset(&ch->received);
    ch->received_generation = 0;
    ch->receiving = false;
    ch->received_packets = 0;
    ch->received_marked = 0;
    ch->unacked_packets = 0;
}

struct channel *channel_open(struct transport *t, uint16_t peer, unsigned path)
{
    uint32_t *entry = path_entry(t, peer, path);
    struct channel *ch = &t->channels[t->channel_count];
    ch->source_port = (uint16_t)*entry;
    ch->state = *entry != 0 ? CHANNEL_ALIVE : CHANNEL_ABSENT;
    lane_init(&ch->lane, peer, (uint8_t)path);
    channel_reset(t, ch, t->peers[peer].reset_at);
    *entry = CHANNEL_ENTRY + t->channel_count++;
    return ch;
}

void channel_reopen(struct transport *t, struct channel *ch, nsec_t now)
{
    reset_sending(t, ch, now);
    ch->generation++;
}

/* ---- sending ---- */

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

/* ---- acks ---- */

struct acking {
    struct transport *t;
    nsec_t now;
};

static void packets_acked(void *context, const struct sent_packet *packet, uint32_t bytes)
{
    const struct acking *acking = context;
    struct transport *t = acking->t;
    if (packet->kind != SENT_DATA && packet->kind != SENT_TOO_LONG)
        return;
    struct outgoing *m = outgoing_by_name(t, packet->item);
    if (m == NULL)
        return;
    m->acked_bytes += bytes;
    leg_on_acked(t, m, packet->lane, bytes, acking->now);
    if (packet->kind == SENT_TOO_LONG)
        outgoing_end(t, m, EVENT_TRUNCATED);
    else if (m->acked_bytes == m->bytes)
        outgoing_end(t, m, EVENT_OK);
}

static bool take_ack(struct transport *t, struct channel *ch, const struct packet_ack *ack,
                     struct send_window_ack *result, nsec_t now)
{
    struct acking acking = {t, now};
    uint64_t bitmap[RECEIVE_WINDOW_WORDS];
    memcpy(bitmap, ack->bitmap, sizeof(bitmap));
    bool good = send_window_on_ack(&ch->sent, ack->cumulative, bitmap, packets_acked, &acking, result);
    send_window_rest(&ch->sent, &t->windows);
    return good;
}

bool channel_take_final_ack(struct transport *t, struct channel *ch, const struct packet_ack *ack, nsec_t now)
{
    struct send_window_ack result;
    return take_ack(t, ch, ack, &result, now);
}

/* The sender's clock at an echoed stamp: the latest time not after now with these low bits. */
static nsec_t time_of_echo(uint32_t echo, nsec_t now)
{
    nsec_t ago = (uint32_t)now - echo;
    return ago <= now ? now - ago : now;
}

static nsec_t take_rtt_sample(struct transport *t, struct channel *ch, const struct packet_ack *ack,
                              nsec_t now)
{
    nsec_t elapsed = now - time_of_echo(ack->echo_sent_at_ns, now);
    if (elapsed <= ack->turnaround_ns)
        return 0;
    nsec_t rtt = elapsed - ack->turnaround_ns;
    rtt_estimator_on_sample(&ch->rtt, rtt, now);
    rtt_estimator_on_sample(&t->rtt, rtt, now);
    return rtt;
}

static uint32_t take_marks(struct transport *t, struct channel *ch, uint32_t reported, uint32_t acked_packets)
{
    int32_t fresh = (int32_t)(reported - ch->marked_reported);
    if (fresh <= 0)
        return 0;
    ch->marked_reported = reported;
    ch->marked_packets += (uint32_t)fresh;
    t->counters.marked_packets += (uint32_t)fresh;
    return (uint32_t)fresh < acked_packets ? (uint32_t)fresh : acked_packets;
}

static void find_losses(struct transport *t, struct channel *ch, const struct packet_ack *ack, nsec_t now)
{
    if ((int32_t)(ch->sent.highest_acked - ch->sent.base) <= 0)
        return;
    nsec_t reorder_ns = rtt_estimator_smoothed_ns(&ch->rtt) / REORDER_FRACTION;
    uint32_t lost = send_window_detect_losses(&ch->sent, time_of_echo(ack->echo_sent_at_ns, now), reorder_ns);
    if (lost > 0 && (int32_t)(ch->sent.base - ch->recovery_number) >= 0) {
        ch->recovery_number = ch->sent.next;
        t->config.congestion->on_loss(&ch->congestion, &t->path, now);
    }
}

/* A channel may go a quarter faster than its window per round trip, in bursts of eight packets. */
static void set_pace(const struct transport *t, struct channel *ch)
{
    uint64_t window = ch->congestion.window_bytes;
    nsec_t rtt = rtt_estimator_smoothed_ns(&ch->rtt);
    ch->pacer.ns_per_byte = (rtt << PACER_FRACTION_BITS) / (window + window / 4 + 1);
    ch->pacer.slack_ns = pacer_cost(&ch->pacer, (uint64_t)CHANNEL_BURST_PACKETS * t->path.packet_bytes);
}

/* The ack answers what was sent before the timeout: it was late, not lost (Eifel detection, RFC 3522). A core
 * that is shared makes such acks. */
static void undo_false_timeout(struct transport *t, struct channel *ch, nsec_t answered_sent_at)
{
    if (ch->timeouts > 0 && answered_sent_at < ch->timed_out_at)
        congestion_window_restore(&ch->congestion, &t->path, ch->window_before_timeout_bytes);
}

/* What an ack has told, for those whose windows it concerns. */
struct ack_news {
    nsec_t now;
    nsec_t answered_sent_at; /* of the packet that caused it */
    nsec_t rtt_ns;
    uint32_t marked_packets;
    struct send_window_ack acked;
};

static struct congestion_ack report_of(const struct transport *t, const struct ack_news *news,
                                       uint32_t packets, uint32_t bytes)
{
    uint32_t marked = news->marked_packets < packets ? news->marked_packets : packets;
    return (struct congestion_ack){.now = news->now,
                                   .rtt_ns = news->rtt_ns,
                                   .acked_packets = (uint16_t)packets,
                                   .acked_bytes = (uint32_t)transport_wire_bytes(t, packets, bytes),
                                   .marked_packets = (uint16_t)marked};
}

static void tell_sprayers(struct transport *t, const struct channel *ch, const struct ack_news *news)
{
    for (unsigned i = 0; i < SPRAYERS; i++) {
        uint32_t packets = news->acked.shared_packets[i], bytes = news->acked.shared_bytes[i];
        if (packets == 0)
            continue;
        const struct flight *left = &channel_peer(t, ch)->flights[i];
        struct sprayer_ack ack = {.report = report_of(t, news, packets, bytes),
                                  .answered_sent_at = news->answered_sent_at,
                                  .path = ch->lane.path};
        ack.report.in_flight_bytes = transport_wire_bytes(t, left->packets + packets, left->bytes + bytes);
        sprayer_on_ack(t, ch->lane.peer, i + 1, &ack);
    }
}

static void tell_congestion(struct transport *t, struct channel *ch, const struct ack_news *news,
                            uint64_t in_flight_bytes)
{
    uint32_t packets = news->acked.packets, bytes = news->acked.bytes;
    for (unsigned i = 0; i < SPRAYERS; i++) {
        packets -= news->acked.shared_packets[i];
        bytes -= news->acked.shared_bytes[i];
    }
    if (packets == 0)
        return;
    struct congestion_ack report = report_of(t, news, packets, bytes);
    report.in_flight_bytes = in_flight_bytes;
    t->config.congestion->on_ack(&ch->congestion, &t->path, &report);
    set_pace(t, ch);
}

/* A lane that waits for its turn is looked at when that comes; what is lost goes before it. */
static void refresh_lane(struct transport *t, struct channel *ch, nsec_t now)
{
    if (!timer_node_is_set(&ch->lane.ready) || ch->sent.lost_packets > 0)
        lane_refresh(t, &ch->lane, now);
}

enum drop_reason channel_on_ack(struct transport *t, struct channel *ch, const struct packet_ack *ack,
                                nsec_t now)
{
    if (ch->state != CHANNEL_ALIVE || ack->header.generation != ch->generation)
        return DROP_GENERATION;
    struct ack_news news = {.now = now, .answered_sent_at = time_of_echo(ack->echo_sent_at_ns, now)};
    uint64_t in_flight_bytes = transport_wire_bytes(t, ch->sent.own_packets, ch->sent.own_bytes);
    if (!take_ack(t, ch, ack, &news.acked, now))
        return DROP_ACK;
    t->counters.acks_received++;
    suspicion_on_delivery(t, ch, news.answered_sent_at, now);
    if (news.acked.packets == 0)
        return DROP_NONE;
    undo_false_timeout(t, ch, news.answered_sent_at);
    note_progress(ch, now);
    ch->acked_bytes += news.acked.bytes;
    news.rtt_ns = take_rtt_sample(t, ch, ack, now);
    news.marked_packets = take_marks(t, ch, ack->marked_packets, news.acked.packets);
    ch->marked = news.marked_packets > 0;
    find_losses(t, ch, ack, now);
    tell_congestion(t, ch, &news, in_flight_bytes);
    tell_sprayers(t, ch, &news);
    relief_on_ack(t, ch, now);
    struct peer *peer = channel_peer(t, ch);
    refresh_lane(t, ch, now);
    lane_refresh_roaming(t, peer, now);
    control_queue_on_room(t, peer);
    channel_arm(t, ch, now);
    return DROP_NONE;
}

enum drop_reason channel_on_nack(struct transport *t, struct channel *ch, const struct packet_nack *nack,
                                 nsec_t now)
{
    uint32_t number = nack->header.number;
    if (ch->state != CHANNEL_ALIVE || nack->header.generation != ch->generation)
        return DROP_GENERATION;
    if (!send_window_lose(&ch->sent, number, nack->echo_sent_at_ns))
        return DROP_ACK;
    t->counters.trimmed_packets++;
    suspicion_on_delivery(t, ch, time_of_echo(nack->echo_sent_at_ns, now), now);
    note_progress(ch, now);
    unsigned flight = send_window_at(&ch->sent, number)->flight;
    if (flight != FLIGHT_OWN) {
        sprayer_on_denied(t, ch->lane.peer, flight, now);
    } else if ((int32_t)(number - ch->recovery_number) >= 0) {
        ch->recovery_number = ch->sent.next;
        t->config.congestion->on_loss(&ch->congestion, &t->path, now);
        set_pace(t, ch);
    }
    lane_refresh(t, &ch->lane, now);
    lane_refresh_roaming(t, channel_peer(t, ch), now);
    channel_arm(t, ch, now);
    return DROP_NONE;
}

/* ---- time ---- */

static struct rto_limits rto_limits(const struct transport *t)
{
    return (struct rto_limits){.min_ns = t->config.rto_min_ns, .max_ns = t->config.rto_max_ns};
}

static nsec_t earlier(nsec_t a, nsec_t b)
{
    return a < b ? a : b;
}

static nsec_t later(nsec_t a, nsec_t b)
{
    return a > b ? a : b;
}

/* What the channel itself waits; longer if all channels of this host together would, as one that sends a
 * packet now and then does not know how queues have grown since. Not beyond four times its own: a single slow
 * peer must not make everyone patient. */
static nsec_t informed(nsec_t own_ns, nsec_t all_ns)
{
    return later(own_ns, earlier(all_ns, INFORMED_FACTOR * own_ns));
}

static nsec_t timeout_ns(const struct transport *t, const struct channel *ch, unsigned backoff)
{
    return informed(rtt_estimator_rto_ns(&ch->rtt, rto_limits(t), backoff),
                    rtt_estimator_rto_ns(&t->rtt, rto_limits(t), backoff));
}

static nsec_t until_probe_ns(const struct transport *t, const struct channel *ch)
{
    return informed(rtt_estimator_probe_ns(&ch->rtt), rtt_estimator_probe_ns(&t->rtt)) +
           2 * t->config.ack_delay_ns;
}

/* When the flight has been silent for too long. First the tail probe, after two round trips; then timeouts.
 * The first ones do not back off: they decide whether the path is dead (path_health.h), and the stall must
 * stay short. */
static nsec_t loss_deadline(const struct transport *t, const struct channel *ch)
{
    if (ch->sent.in_flight_packets == 0 || t->config.reliable_nic)
        return NSEC_NEVER;
    unsigned backoff = ch->timeouts > TIMEOUTS_WITHOUT_BACKOFF ? ch->timeouts - TIMEOUTS_WITHOUT_BACKOFF : 0;
    nsec_t timeout = ch->waiting_since + timeout_ns(t, ch, backoff);
    if (ch->timeouts > 0)
        return timeout;
    nsec_t until_probe = until_probe_ns(t, ch);
    return ch->tail_probed ? timeout + until_probe : earlier(timeout, ch->waiting_since + until_probe);
}

static nsec_t pacing_deadline(const struct transport *t, const struct channel *ch, nsec_t now)
{
    bool waiting = ch->lane.first_piece != NONE || ch->sent.lost_packets > 0 ||
                   lane_roaming_waits(channel_peer(t, ch), LANE_MPRDMA);
    return waiting && ch->pacer.due > now ? ch->pacer.due : NSEC_NEVER;
}

static nsec_t silence_deadline(const struct transport *t, const struct channel *ch)
{
    return channel_is_suspect(ch) ? suspicion_deadline(t, ch) : NSEC_NEVER;
}

static nsec_t deadline(const struct transport *t, const struct channel *ch, nsec_t now)
{
    switch ((enum channel_state)ch->state) {
    case CHANNEL_ABSENT:
        return NSEC_NEVER;
    case CHANNEL_ALIVE:
        return earlier(earlier(loss_deadline(t, ch), silence_deadline(t, ch)),
                       earlier(pacing_deadline(t, ch, now), ch->probe_at));
    case CHANNEL_CLOSING:
        return ch->look_at;
    case CHANNEL_DEAD:
        return ch->probe_at;
    }
    return NSEC_NEVER;
}

void channel_arm(struct transport *t, struct channel *ch, nsec_t now)
{
    nsec_t at = deadline(t, ch, now);
    if (at != NSEC_NEVER && (!timer_node_is_set(&ch->timer) || at < ch->timer.at))
        timer_heap_set(&t->timers, &ch->timer, at);
}

/* Whether the sprayed packets of a silent path may be no more than delayed: what went over the other paths a
 * round trip later has not been answered either. Not for longer than a timeout. */
static uint32_t shared_packets_elsewhere(const struct transport *t, const struct channel *ch)
{
    uint32_t packets = 0;
    for (unsigned i = 0; i < SPRAYERS; i++)
        packets += channel_peer(t, ch)->flights[i].packets;
    return packets - (uint32_t)(ch->sent.in_flight_packets - ch->sent.own_packets);
}

static bool is_merely_slow(const struct transport *t, const struct channel *ch, nsec_t now)
{
    if (ch->sent.own_packets > 0 || shared_packets_elsewhere(t, ch) == 0)
        return false;
    nsec_t sent_at = send_window_at(&ch->sent, ch->sent.base)->sent_at;
    nsec_t reorder_ns = rtt_estimator_smoothed_ns(&ch->rtt) / REORDER_FRACTION;
    return now - sent_at < rtt_estimator_rto_ns(&ch->rtt, rto_limits(t), 0) &&
           !sprayers_have_delivered_since(t, ch->lane.peer, sent_at + reorder_ns);
}

/* The first overdue ack: one packet is sent again to provoke one. What counts against windows over all paths
 * leaves them, as it is not the other paths' fault. */
static void suspect(struct transport *t, struct channel *ch, nsec_t now)
{
    if (ch->sent.in_flight_packets > ch->sent.own_packets) {
        send_window_lose_shared(&ch->sent);
        sprayers_on_silent_path(t, ch->lane.peer, now);
    } else {
        send_window_lose_last(&ch->sent);
    }
    ch->tail_probed = true;
    t->counters.tail_probes++;
    suspicion_on_tail_probe(t, ch, now);
}

static void on_silence(struct transport *t, struct channel *ch, nsec_t now)
{
    if (!ch->tail_probed && ch->timeouts == 0) {
        if (is_merely_slow(t, ch, now))
            ch->waiting_since = now; /* the wait begins anew */
        else
            suspect(t, ch, now);
        return;
    }
    nsec_t flight_sent_at = ch->waiting_since;
    ch->waiting_since = now;
    ch->look_at = 0;
    if (ch->timeouts == 0) {
        ch->timed_out_at = now;
        ch->window_before_timeout_bytes = ch->congestion.window_bytes;
    }
    send_window_lose_all(&ch->sent);
    t->counters.timeouts++;
    if (ch->timeouts < UINT8_MAX)
        ch->timeouts++;
    t->config.congestion->on_timeout(&ch->congestion, &t->path, now);
    sprayers_on_timeout(t, ch->lane.peer, flight_sent_at, now);
    path_health_on_timeout(t, ch, flight_sent_at, now);
    session_on_unanswered(t, channel_peer(t, ch), ch->timed_out_at, now);
}

void channel_on_timer(struct transport *t, struct channel *ch, nsec_t now)
{
    if (ch->state == CHANNEL_ALIVE && loss_deadline(t, ch) <= now)
        on_silence(t, ch, now);
    if (ch->state == CHANNEL_ALIVE && silence_deadline(t, ch) <= now)
        suspicion_on_timer(t, ch, now);
    if (deadline(t, ch, now) <= now)
        control_queue_add(t, channel_peer(t, ch));
    refresh_lane(t, ch, now);
    lane_refresh_roaming(t, channel_peer(t, ch), now);
    nsec_t next = deadline(t, ch, now);
    timer_heap_set(&t->timers, &ch->timer, next > now ? next : NSEC_NEVER);
}
