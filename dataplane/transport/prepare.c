/* SPDX-License-Identifier: BSD-3-Clause */
/* What goes to the network, in the order in which it matters: what timers ask for, answers, acks, control,
 * deaths, and then data in the order of the lanes at the rate of the port. */
#include <string.h>

#include "dataplane/transport/acks.h"
#include "dataplane/transport/channel.h"
#include "dataplane/transport/control_queue.h"
#include "dataplane/transport/lane.h"
#include "dataplane/transport/notice.h"
#include "dataplane/transport/session.h"

static void fire(struct transport *t, uint32_t owner, nsec_t now)
{
    if (owner < t->channels_max)
        channel_on_timer(t, &t->channels[owner], now);
    else
        session_on_timer(t, &t->peers[owner - t->channels_max], now);
}

static void fire_timers(struct transport *t, nsec_t now)
{
    while (timer_heap_next_at(&t->timers) <= now)
        fire(t, timer_heap_first(&t->timers), now);
}

static unsigned send_replies(struct transport *t, struct outgoing_packet *packets, unsigned max)
{
    unsigned count = 0;
    for (; count < max && t->reply_count > 0; t->reply_count--) {
        const struct reply *reply = &t->replies[t->reply_first];
        struct outgoing_packet *packet = &packets[count++];
        *packet = (struct outgoing_packet){.destination = reply->destination,
                                           .source_port = reply->source_port,
                                           .header_bytes = reply->length};
        memcpy(packet->header, reply->bytes, reply->length);
        t->reply_first = (t->reply_first + 1) % REPLIES_MAX;
    }
    return count;
}

static uint64_t wire_bytes(const struct transport *t, const struct outgoing_packet *packets, unsigned count)
{
    uint64_t bytes = 0;
    for (unsigned i = 0; i < count; i++)
        bytes += t->config.wire_overhead_bytes + packets[i].header_bytes + packets[i].length;
    return bytes;
}

/* What stays on this host does not load the port. */
static void account(struct transport *t, const struct outgoing_packet *packets, unsigned count, nsec_t now)
{
    if (count > 0 && packets[0].destination != t->config.address)
        pacer_sent(&t->pacer, wire_bytes(t, packets, count), now);
}

static unsigned send_lanes(struct transport *t, struct outgoing_packet *packets, unsigned max, nsec_t now)
{
    unsigned count = 0;
    while (count < max && pacer_may_send(&t->pacer, now) && t->ready.count > 0) {
        struct lane *lane = lane_by_number(t, timer_heap_first(&t->ready));
        unsigned room = max - count < t->lane_burst_packets ? max - count : t->lane_burst_packets;
        unsigned sent = lane_send(t, lane, &packets[count], room, now);
        account(t, &packets[count], sent, now);
        count += sent;
    }
    return count;
}

unsigned transport_prepare_packets(struct transport *t, struct outgoing_packet *packets, unsigned max,
                                   nsec_t now)
{
    fire_timers(t, now);
    unsigned count = send_replies(t, packets, max);
    count += acks_send(t, packets + count, max - count, now);
    count += control_queue_send(t, packets + count, max - count, now);
    count += notice_send(t, packets + count, max - count, now);
    for (unsigned i = 0; i < count; i++)
        account(t, &packets[i], 1, now);
    return count + send_lanes(t, packets + count, max - count, now);
}

/* A port that paces wakes its worker when a good part of a burst may go, not for every packet. */
static nsec_t lanes_next(const struct transport *t)
{
    if (t->ready.count == 0)
        return NSEC_NEVER;
    return t->pacer.due + t->pacer.slack_ns / 4;
}

nsec_t transport_next_wakeup(const struct transport *t)
{
    if (t->reply_count > 0 || t->first_control != NONE || t->notices_due)
        return 0;
    nsec_t at = timer_heap_next_at(&t->timers);
    nsec_t ack = acks_next_due(t), lanes = lanes_next(t);
    at = ack < at ? ack : at;
    return lanes < at ? lanes : at;
}
