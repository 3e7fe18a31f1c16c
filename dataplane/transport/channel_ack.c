/* SPDX-License-Identifier: BSD-3-Clause */
/* What acks of a channel tell: what has arrived, how long it took, what was marked, what is lost; and who is
 * to hear of it. */
#include <string.h>

#include "dataplane/transport/channel_parts.h"
#include "dataplane/transport/congestion_window.h"
#include "dataplane/transport/control_queue.h"
#include "dataplane/transport/leg.h"
#include "dataplane/transport/message.h"
#include "dataplane/transport/relief.h"
#include "dataplane/transport/sprayer.h"
#include "dataplane/transport/suspicion.h"

enum {
    CHANNEL_BURST_PACKETS = 8
};

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
    nsec_t reorder_ns = rtt_estimator_smoothed_ns(&ch->rtt) / CHANNEL_REORDER_FRACTION;
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
    channel_note_progress(ch, now);
    ch->acked_bytes += news.acked.bytes;
    news.rtt_ns = take_rtt_sample(t, ch, ack, now);
    news.marked_packets = take_marks(t, ch, ack->marked_packets, news.acked.packets);
    ch->marked = news.marked_packets > 0;
    find_losses(t, ch, ack, now);
    tell_congestion(t, ch, &news, in_flight_bytes);
    tell_sprayers(t, ch, &news);
    relief_on_ack(t, ch, now);
    struct peer *peer = channel_peer(t, ch);
    channel_refresh_lane(t, ch, now);
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
    channel_note_progress(ch, now);
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
