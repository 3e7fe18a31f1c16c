/* SPDX-License-Identifier: BSD-3-Clause */
/* What a packet, or the next turn to send, will need, fetched before it is needed: a host that talks to many
 * waits for memory more than it computes, as of thousands of channels and messages few are in the cache. Each
 * step follows the pointers that the step before it has fetched, so none of them waits. */
#include "dataplane/transport/channel.h"
#include "dataplane/transport/fetch.h"
#include "dataplane/transport/lane.h"
#include "dataplane/transport/message.h"

/* ---- a packet that comes ---- */

static void fetch_session(const struct transport *t, const struct packet_header *header)
{
    const struct packet_data *data = (const struct packet_data *)header;
    fetch(&t->peers[header->session], 2 * CACHE_LINE_BYTES);
    fetch(path_entry(t, header->session, header->path), 1);
    if (header->type == PACKET_DATA && name_index(data->message) < t->config.messages_max)
        fetch(&t->incoming[name_index(data->message)], 2 * CACHE_LINE_BYTES);
}

static void fetch_channel(const struct channel *ch, const struct packet_header *header)
{
    if (header->type == PACKET_ACK) {
        fetch(ch, offsetof(struct channel, received));
        return;
    }
    fetch(ch, CACHE_LINE_BYTES);
    fetch(&ch->received, 2 * CACHE_LINE_BYTES);
}

/* What the oldest packet that the ack can answer carried. */
static void fetch_message(const struct transport *t, const struct sent_packet *sent)
{
    if (sent->kind == SENT_DATA && name_index(sent->item) < t->outgoing_count)
        fetch(&t->outgoing[name_index(sent->item)], CACHE_LINE_BYTES);
}

static void foresee_packet(const struct transport *t, const struct packet_header *header, unsigned step)
{
    if (header->session >= t->peer_count || header->path >= t->config.paths_max)
        return;
    if (step == 1) {
        fetch_session(t, header);
        return;
    }
    const struct channel *ch = channel_find(t, header->session, header->path);
    if (ch == NULL)
        return;
    if (step == 2)
        fetch_channel(ch, header);
    else if (header->type == PACKET_ACK && ch->sent.packets != NULL && step == 3)
        fetch(send_window_at(&ch->sent, ch->sent.base), 1);
    else if (header->type == PACKET_ACK && ch->sent.packets != NULL)
        fetch_message(t, send_window_at(&ch->sent, ch->sent.base));
}

/* ---- the lane that sends next ---- */

static void fetch_queues(const struct transport *t)
{
    fetch(t->ready.slots, 2 * CACHE_LINE_BYTES);
    fetch(t->timers.slots, 1);
    if (t->first_ack != NONE)
        fetch(&t->channels[t->first_ack].received, 2 * CACHE_LINE_BYTES);
}

static void fetch_turn(const struct transport *t, const struct lane *lane)
{
    fetch(&t->peers[lane->peer], 1);
    if (lane->first_piece != NONE)
        fetch(&t->pieces[lane->first_piece], sizeof(struct piece));
    const struct channel *ch = lane_roams(lane->path) ? NULL : channel_find(t, lane->peer, lane->path);
    if (ch != NULL && ch->sent.packets != NULL)
        fetch(send_window_at(&ch->sent, ch->sent.next), 1);
}

static void fetch_piece_message(const struct transport *t, const struct piece *p)
{
    fetch(&t->outgoing[p->message], CACHE_LINE_BYTES);
    if (p->next != NONE)
        fetch(&t->pieces[p->next], sizeof(struct piece));
}

static void foresee_sending(const struct transport *t, unsigned step)
{
    if (step == 1)
        fetch_queues(t);
    if (step == 1 || t->ready.count == 0)
        return;
    const struct lane *lane = lane_by_number(t, timer_heap_first(&t->ready));
    if (step == 2)
        fetch(lane, 2 * CACHE_LINE_BYTES);
    else if (step == 3)
        fetch_turn(t, lane);
    else if (lane->first_piece != NONE)
        fetch_piece_message(t, &t->pieces[lane->first_piece]);
}

void transport_foresee(const struct transport *t, const void *packet, unsigned step)
{
    if (step == 0) {
        fetch(t, offsetof(struct transport, counters));
        return;
    }
    if (packet != NULL)
        foresee_packet(t, packet, step);
    foresee_sending(t, step);
}
