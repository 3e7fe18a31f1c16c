/* SPDX-License-Identifier: BSD-3-Clause */
#include "dataplane/transport/lane.h"

#include "dataplane/transport/channel.h"
#include "dataplane/transport/message.h"
#include "dataplane/transport/rehome.h"

void lane_init(struct lane *lane, uint16_t peer, uint8_t path)
{
    *lane = (struct lane){.first_piece = NONE, .last_piece = NONE, .peer = peer, .path = path};
}

struct lane *lane_of(struct transport *t, uint16_t peer, uint8_t path)
{
    return path == SPRAY_LANE ? &t->peers[peer].spray : &channel_at(t, peer, path)->lane;
}

void piece_add(struct transport *t, struct outgoing *m, const struct piece_spec *spec)
{
    uint32_t index = t->piece_free != NONE ? t->piece_free : t->piece_fresh++;
    struct piece *p = &t->pieces[index];
    if (index == t->piece_free)
        t->piece_free = p->next;
    t->piece_free_count--;
    *p = (struct piece){.tag = spec->tag,
                        .tag_scale = spec->tag_scale,
                        .next_offset = spec->offset,
                        .end_offset = spec->offset + spec->bytes,
                        .message = outgoing_index(t, m),
                        .next_of_message = m->first_piece,
                        .peer = spec->peer,
                        .path = spec->path};
    m->first_piece = index;
}

/* Keeps the lane's list in order of tags; equal tags in order of arrival. Lists are short and new batches go
 * last. */
static void insert_by_tag(struct transport *t, struct lane *lane, uint32_t index)
{
    struct piece *p = &t->pieces[index];
    uint32_t after = lane->last_piece;
    while (after != NONE && t->pieces[after].tag > p->tag)
        after = t->pieces[after].previous;
    p->previous = after;
    p->next = after == NONE ? lane->first_piece : t->pieces[after].next;
    if (p->next != NONE)
        t->pieces[p->next].previous = index;
    else
        lane->last_piece = index;
    if (after != NONE)
        t->pieces[after].next = index;
    else
        lane->first_piece = index;
    p->queued = true;
}

void piece_park(struct transport *t, uint32_t index)
{
    struct piece *p = &t->pieces[index];
    struct lane *lane = lane_of(t, p->peer, p->path);
    if (p->previous != NONE)
        t->pieces[p->previous].next = p->next;
    else
        lane->first_piece = p->next;
    if (p->next != NONE)
        t->pieces[p->next].previous = p->previous;
    else
        lane->last_piece = p->previous;
    p->queued = false;
}

static void piece_free(struct transport *t, uint32_t index)
{
    if (t->pieces[index].queued)
        piece_park(t, index);
    t->pieces[index].next = t->piece_free;
    t->piece_free = index;
    t->piece_free_count++;
}

void piece_finish(struct transport *t, uint32_t index)
{
    uint32_t *link = &t->outgoing[t->pieces[index].message].first_piece;
    while (*link != index)
        link = &t->pieces[*link].next_of_message;
    *link = t->pieces[index].next_of_message;
    piece_free(t, index);
}

static bool path_is_dead(const struct transport *t, const struct piece *p)
{
    if (p->path == SPRAY_LANE)
        return false;
    enum channel_state state = path_state(t, p->peer, p->path);
    return state == CHANNEL_CLOSING || state == CHANNEL_DEAD;
}

void lane_queue_pieces(struct transport *t, struct outgoing *m, nsec_t now)
{
    uint32_t index = m->first_piece;
    while (index != NONE) {
        struct piece *p = &t->pieces[index];
        if (!p->queued && path_is_dead(t, p)) {
            rehome_parked(t, index, now);
            index = m->first_piece;
            continue;
        }
        if (!p->queued) {
            insert_by_tag(t, lane_of(t, p->peer, p->path), index);
            lane_refresh(t, lane_of(t, p->peer, p->path), now);
        }
        index = p->next_of_message;
    }
}

void lane_drop_pieces(struct transport *t, struct outgoing *m)
{
    while (m->first_piece != NONE) {
        uint32_t index = m->first_piece;
        m->first_piece = t->pieces[index].next_of_message;
        piece_free(t, index);
    }
}

/* Bytes of the next packet of a piece. */
static uint32_t next_payload_bytes(const struct transport *t, const struct piece *p)
{
    uint64_t left = p->end_offset - p->next_offset;
    uint32_t most = t->peers[p->peer].payload_bytes_max;
    return left < most ? (uint32_t)left : most;
}

/* The first piece that may be sent; pieces whose credit is used up are parked on the way. */
static uint32_t first_sendable_piece(struct transport *t, struct lane *lane)
{
    while (lane->first_piece != NONE) {
        struct piece *p = &t->pieces[lane->first_piece];
        if (outgoing_is_credited(&t->outgoing[p->message], next_payload_bytes(t, p)))
            break;
        piece_park(t, lane->first_piece);
    }
    return lane->first_piece;
}

/* Whether the path lives and has room; a path without a channel has. */
static bool path_may_send(const struct transport *t, uint16_t peer, unsigned path, uint32_t bytes, nsec_t now)
{
    const struct channel *ch = channel_find(t, peer, path);
    if (ch == NULL)
        return path_state(t, peer, path) == CHANNEL_ALIVE;
    return ch->state == CHANNEL_ALIVE && channel_may_send(t, ch, bytes, now);
}

static bool spray_may_send(const struct transport *t, const struct lane *lane, uint32_t bytes, nsec_t now)
{
    for (unsigned i = 0; i < t->peers[lane->peer].path_count; i++) {
        if (path_may_send(t, lane->peer, i, bytes, now))
            return true;
    }
    return false;
}

/* The tag at which the lane may send now, or NSEC_NEVER. A lost packet goes before everything else. */
static uint64_t ready_tag(struct transport *t, struct lane *lane, nsec_t now)
{
    if (!t->peers[lane->peer].open)
        return NSEC_NEVER;
    const struct channel *ch = lane->path == SPRAY_LANE ? NULL : channel_at(t, lane->peer, lane->path);
    if (ch != NULL && ch->state != CHANNEL_ALIVE)
        return NSEC_NEVER;
    if (ch != NULL && ch->sent.lost_packets > 0)
        return channel_may_resend(ch, now) ? 0 : NSEC_NEVER;
    uint32_t index = first_sendable_piece(t, lane);
    if (index == NONE)
        return NSEC_NEVER;
    uint32_t bytes = next_payload_bytes(t, &t->pieces[index]);
    bool may = ch != NULL ? channel_may_send(t, ch, bytes, now) : spray_may_send(t, lane, bytes, now);
    return may ? t->pieces[index].tag : NSEC_NEVER;
}

/* A lane that waits has channels whose timers wake it when their pacers let them send. */
static void wake_when_paced(struct transport *t, const struct lane *lane, nsec_t now)
{
    bool sprays = lane->path == SPRAY_LANE;
    unsigned first = sprays ? 0 : lane->path, end = sprays ? t->peers[lane->peer].path_count : first + 1;
    for (unsigned i = first; i < end; i++) {
        struct channel *ch = channel_find(t, lane->peer, i);
        if (ch != NULL && ch->pacer.due > now)
            channel_arm(t, ch, now);
    }
}

void lane_refresh(struct transport *t, struct lane *lane, nsec_t now)
{
    uint64_t tag = ready_tag(t, lane, now);
    timer_heap_set(&t->ready, &lane->ready, tag);
    if (tag == NSEC_NEVER && lane->first_piece != NONE)
        wake_when_paced(t, lane, now);
}

/* Spraying: a path at random among those that have room, the next free one if the drawn one has none. */
static struct channel *draw_channel(struct transport *t, const struct lane *lane, uint32_t bytes, nsec_t now)
{
    unsigned count = t->peers[lane->peer].path_count;
    unsigned drawn = (unsigned)random_below(&t->random, count);
    for (unsigned i = 0; i < count; i++) {
        unsigned path = (drawn + i) % count;
        if (path_may_send(t, lane->peer, path, bytes, now))
            return channel_at(t, lane->peer, path);
    }
    return NULL;
}

/* The piece behind it has fallen back further: that one goes first now. */
static void give_way(struct transport *t, uint32_t index)
{
    struct piece *p = &t->pieces[index];
    piece_park(t, index);
    insert_by_tag(t, lane_of(t, p->peer, p->path), index);
}

static void send_piece_packet(struct transport *t, struct channel *ch, uint32_t index,
                              struct outgoing_packet *packet, nsec_t now)
{
    struct piece *p = &t->pieces[index];
    struct outgoing *m = &t->outgoing[p->message];
    uint32_t bytes = next_payload_bytes(t, p);
    struct sent_packet what = {.sent_at = now,
                               .item = m->name,
                               .offset = (uint32_t)p->next_offset,
                               .length = (uint16_t)bytes,
                               .kind = SENT_DATA};
    channel_send(t, ch, &what, packet, now);
    t->virtual_now = p->tag > t->virtual_now ? p->tag : t->virtual_now;
    m->sent_bytes += bytes;
    p->next_offset += bytes;
    p->tag += bytes * p->tag_scale >> 16;
    if (p->next_offset == p->end_offset)
        piece_finish(t, index);
    else if (p->next != NONE && t->pieces[p->next].tag < p->tag)
        give_way(t, index);
}

unsigned lane_send(struct transport *t, struct lane *lane, struct outgoing_packet *packets, unsigned max,
                   nsec_t now)
{
    struct channel *pinned = lane->path == SPRAY_LANE ? NULL : channel_at(t, lane->peer, lane->path);
    unsigned count = 0;
    while (count < max && pinned != NULL && pinned->sent.lost_packets > 0 && channel_may_resend(pinned, now))
        channel_resend(t, pinned, &packets[count++], now);
    while (count < max) {
        uint32_t index = first_sendable_piece(t, lane);
        if (index == NONE)
            break;
        uint32_t bytes = next_payload_bytes(t, &t->pieces[index]);
        struct channel *ch = pinned != NULL ? pinned : draw_channel(t, lane, bytes, now);
        if (ch == NULL || !channel_may_send(t, ch, bytes, now))
            break;
        send_piece_packet(t, ch, index, &packets[count++], now);
    }
    return count;
}
