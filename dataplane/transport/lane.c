/* SPDX-License-Identifier: BSD-3-Clause */
#include "dataplane/transport/lane.h"

#include "dataplane/transport/channel.h"
#include "dataplane/transport/leg.h"
#include "dataplane/transport/message.h"
#include "dataplane/transport/path_health.h"
#include "dataplane/transport/rehome.h"
#include "dataplane/transport/sprayer.h"

static uint32_t number_of(const struct transport *t, const struct lane *lane, uint16_t peer, uint8_t path)
{
    if (lane_roams(path))
        return t->channels_max + (uint32_t)peer * ROAMING_LANES + (path - LANE_SPRAY);
    return channel_index(t, (const struct channel *)((const char *)lane - offsetof(struct channel, lane)));
}

void lane_init(const struct transport *t, struct lane *lane, uint16_t peer, uint8_t path)
{
    *lane = (struct lane){.number = number_of(t, lane, peer, path),
                          .first_piece = NONE,
                          .last_piece = NONE,
                          .peer = peer,
                          .path = path};
}

struct lane *lane_by_number(const struct transport *t, uint32_t number)
{
    if (number < t->channels_max)
        return &t->channels[number].lane;
    uint32_t roaming = number - t->channels_max;
    return &t->peers[roaming / ROAMING_LANES].roaming[roaming % ROAMING_LANES];
}

struct lane *lane_of(struct transport *t, uint16_t peer, uint8_t path)
{
    return lane_roams(path) ? &t->peers[peer].roaming[path - LANE_SPRAY] : &channel_at(t, peer, path)->lane;
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
                        .begin_offset = spec->offset,
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

/* Its path is dead and another is not. While none lives, it waits where it is for the first to revive. */
static bool has_to_move(const struct transport *t, const struct piece *p)
{
    if (lane_roams(p->path))
        return false;
    enum channel_state state = path_state(t, p->peer, p->path);
    return (state == CHANNEL_CLOSING || state == CHANNEL_DEAD) && path_health_usable(t, p->peer) != 0;
}

void lane_queue_pieces(struct transport *t, struct outgoing *m, nsec_t now)
{
    uint32_t index = m->first_piece;
    while (index != NONE) {
        struct piece *p = &t->pieces[index];
        if (!p->queued && has_to_move(t, p)) {
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

/* ---- MP-RDMA: a few channels, each with its own window ---- */

static bool subset_is_good(const struct transport *t, const struct peer *peer)
{
    const struct path_subset *s = &peer->subset;
    for (unsigned i = 0; i < s->count; i++) {
        if (path_state(t, (uint16_t)(peer - t->peers), s->paths[i]) != CHANNEL_ALIVE ||
            (peer->avoided_paths >> s->paths[i] & 1))
            return false;
    }
    return s->count == PATH_SUBSET_PATHS;
}

const struct path_subset *lane_subset(struct transport *t, uint16_t peer, uint32_t hash_seed)
{
    struct path_subset *s = &t->peers[peer].subset;
    uint64_t pair = (uint64_t)t->config.address << 32 | t->peers[peer].address;
    uint64_t hash = mix64_pair(hash_seed, pair);
    if (s->hash != hash || !subset_is_good(t, &t->peers[peer]))
        path_subset_draw(s, hash, path_health_usable(t, peer));
    return s;
}

/* A channel at random among those of the subset that have room, or NULL. */
static struct channel *choose_of_subset(struct transport *t, const struct lane *lane, uint32_t bytes,
                                        nsec_t now)
{
    const struct outgoing *m = &t->outgoing[t->pieces[lane->first_piece].message];
    uint32_t seed = t->communicators[m->communicator].config.hash_seed;
    const struct path_subset *s = lane_subset(t, lane->peer, seed);
    unsigned drawn = (unsigned)random_below(&t->random, s->count);
    for (unsigned i = 0; i < s->count; i++) {
        struct channel *ch = channel_at(t, lane->peer, s->paths[(drawn + i) % s->count]);
        if (channel_may_send(t, ch, bytes, now))
            return ch;
    }
    return NULL;
}

/* ---- readiness ---- */

static bool may_send(struct transport *t, const struct lane *lane, const struct channel *pinned,
                     uint32_t bytes, nsec_t now)
{
    if (pinned != NULL)
        return channel_may_send(t, pinned, bytes, now);
    if (lane->path == LANE_MPRDMA)
        return choose_of_subset(t, lane, bytes, now) != NULL;
    return sprayer_may_send(t, lane->peer, lane_flight(lane->path), bytes);
}

/* The tag at which the lane may send now, or NSEC_NEVER. A lost packet goes before everything else. */
static uint64_t ready_tag(struct transport *t, struct lane *lane, nsec_t now)
{
    if (!t->peers[lane->peer].open)
        return NSEC_NEVER;
    struct channel *ch = lane_roams(lane->path) ? NULL : channel_at(t, lane->peer, lane->path);
    if (ch != NULL && ch->state != CHANNEL_ALIVE)
        return NSEC_NEVER;
    if (ch != NULL && ch->sent.lost_packets > 0)
        return channel_may_resend(t, ch, now) ? 0 : NSEC_NEVER;
    uint32_t index = first_sendable_piece(t, lane);
    if (index == NONE)
        return NSEC_NEVER;
    uint32_t bytes = next_payload_bytes(t, &t->pieces[index]);
    return may_send(t, lane, ch, bytes, now) ? t->pieces[index].tag : NSEC_NEVER;
}

/* A lane that waits has channels whose timers wake it when their pacers let them send. Sprayers do not pace.
 */
static void wake_when_paced(struct transport *t, const struct lane *lane, nsec_t now)
{
    bool of_subset = lane->path == LANE_MPRDMA;
    const struct path_subset *s = &t->peers[lane->peer].subset;
    unsigned count = of_subset ? s->count : !lane_roams(lane->path);
    for (unsigned i = 0; i < count; i++) {
        struct channel *ch = channel_find(t, lane->peer, of_subset ? s->paths[i] : lane->path);
        if (ch != NULL && ch->pacer.due > now)
            channel_arm(t, ch, now);
    }
}

void lane_refresh(struct transport *t, struct lane *lane, nsec_t now)
{
    uint64_t tag = ready_tag(t, lane, now);
    timer_heap_set(&t->ready, lane->number, tag);
    if (tag == NSEC_NEVER)
        wake_when_paced(t, lane, now);
}

void lane_refresh_roaming(struct transport *t, struct peer *peer, nsec_t now)
{
    for (unsigned i = 0; i < ROAMING_LANES; i++) {
        if (peer->roaming[i].first_piece != NONE)
            lane_refresh(t, &peer->roaming[i], now);
    }
}

/* ---- sending ---- */

/* The channel that takes the next packet of a lane without one of its own, or NULL: it must wait. */
static struct channel *choose_channel(struct transport *t, const struct lane *lane, uint32_t bytes,
                                      nsec_t now)
{
    if (lane->path == LANE_MPRDMA)
        return choose_of_subset(t, lane, bytes, now);
    if (!sprayer_may_send(t, lane->peer, lane_flight(lane->path), bytes))
        return NULL;
    return sprayer_choose(t, lane->peer, lane_flight(lane->path), now);
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
                               .kind = SENT_DATA,
                               .lane = p->path,
                               .flight = lane_flight(p->path)};
    if (!p->measured)
        leg_begin(t, p, ch, now);
    channel_send(t, ch, &what, packet, now);
    t->virtual_now = p->tag > t->virtual_now ? p->tag : t->virtual_now;
    t->proportional_now += bytes;
    m->sent_bytes += bytes;
    p->next_offset += bytes;
    p->tag += bytes * p->tag_scale >> 16;
    if (p->next_offset == p->end_offset)
        piece_finish(t, index);
    else if (p->next != NONE && t->pieces[p->next].tag < p->tag)
        give_way(t, index);
}

/* A lane that was stopped by nothing but the end of its turn waits for the next one at its new tag: what may
 * stop it then is looked at then. */
static void end_turn(struct transport *t, struct lane *lane, const struct channel *pinned, bool may_go_on,
                     nsec_t now)
{
    bool mends = pinned != NULL && pinned->sent.lost_packets > 0;
    if (may_go_on && !mends && lane->first_piece != NONE)
        timer_heap_set(&t->ready, lane->number, t->pieces[lane->first_piece].tag);
    else
        lane_refresh(t, lane, now);
}

unsigned lane_send(struct transport *t, struct lane *lane, struct outgoing_packet *packets, unsigned max,
                   nsec_t now)
{
    struct channel *pinned = lane_roams(lane->path) ? NULL : channel_at(t, lane->peer, lane->path);
    unsigned count = 0;
    while (count < max && pinned != NULL && pinned->sent.lost_packets > 0 &&
           channel_may_resend(t, pinned, now))
        channel_resend(t, pinned, &packets[count++], now);
    while (count < max) {
        uint32_t index = first_sendable_piece(t, lane);
        if (index == NONE)
            break;
        uint32_t bytes = next_payload_bytes(t, &t->pieces[index]);
        struct channel *ch = pinned != NULL ? pinned : choose_channel(t, lane, bytes, now);
        if (ch == NULL || (pinned != NULL && !channel_may_send(t, pinned, bytes, now)))
            break;
        send_piece_packet(t, ch, index, &packets[count++], now);
    }
    end_turn(t, lane, pinned, count == max, now);
    return count;
}
