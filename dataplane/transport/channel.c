/* SPDX-License-Identifier: BSD-3-Clause */
/* The life of a channel: opened, reset with its session, opened again after its path has died. */
#include "dataplane/transport/channel_parts.h"

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
    channel_note_progress(ch, now);
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
    lane_init(t, &ch->lane, peer, (uint8_t)path);
    channel_reset(t, ch, t->peers[peer].reset_at);
    *entry = CHANNEL_ENTRY + t->channel_count++;
    return ch;
}

void channel_reopen(struct transport *t, struct channel *ch, nsec_t now)
{
    reset_sending(t, ch, now);
    ch->generation++;
}
