/* SPDX-License-Identifier: BSD-3-Clause */
#include "dataplane/transport/relief.h"

#include "dataplane/transport/channel.h"
#include "dataplane/transport/lane.h"
#include "dataplane/transport/path_health.h"

enum {
    LAG_TURNS = 8,      /* a piece lags that is behind by so many turns of a path (burst_bytes) */
    LAG_DIVISOR = 2,    /* and by this part of what it has done, */
    CREDIT_PACKETS = 4, /* while its message has so much credit; */
    MOVE_PACKETS = 4    /* so much is worth a move */
};

static bool is_planned(const struct transport *t, const struct piece *p)
{
    return t->communicators[t->outgoing[p->message].communicator].config.path_mode == PATH_MODE_PLANNED;
}

/* Where a piece in time is. Of several communicators at once the bytes run ahead of the tags. */
static uint64_t tag_in_time(const struct transport *t, const struct piece *p)
{
    return is_planned(t, p) && t->proportional_now < t->virtual_now ? t->proportional_now : t->virtual_now;
}

/* How many of its bytes a piece is behind the port; 0 for one that is in time. */
static uint64_t lag_bytes(const struct transport *t, uint32_t index)
{
    if (index == NONE)
        return 0;
    const struct piece *p = &t->pieces[index];
    uint64_t in_time = tag_in_time(t, p);
    if (p->tag >= in_time || p->tag_scale == 0)
        return 0;
    return (uint64_t)(((__uint128_t)(in_time - p->tag) << 16) / p->tag_scale);
}

static uint64_t lag_of_path(const struct transport *t, uint16_t peer, unsigned path)
{
    const struct channel *ch = channel_find(t, peer, path);
    return ch != NULL ? lag_bytes(t, ch->lane.first_piece) : 0;
}

/* The usable path that lags least, or -1 when none lags less than half as much. */
static int best_sibling(struct transport *t, const struct channel *ch, uint64_t own_lag)
{
    struct peer *peer = &t->peers[ch->lane.peer];
    uint64_t usable = path_health_usable(t, ch->lane.peer) & ~(1ull << ch->lane.path);
    uint64_t least = own_lag / 2;
    int best = -1;
    for (unsigned i = 0; i < peer->path_count; i++) {
        unsigned path = (peer->next_path + i) % peer->path_count;
        uint64_t lag = usable >> path & 1 ? lag_of_path(t, ch->lane.peer, path) : UINT64_MAX;
        if (lag < least) {
            least = lag;
            best = (int)path;
        }
    }
    if (best >= 0)
        peer->next_path = (uint16_t)(best + 1);
    return best;
}

/* The receiver lets more go than the path takes: it is not the receiver that makes the piece wait. */
static bool is_credited_ahead(const struct transport *t, const struct piece *p)
{
    const struct outgoing *m = &t->outgoing[p->message];
    uint64_t packet = t->peers[p->peer].payload_bytes_max;
    return m->limit_bytes >= m->bytes || m->limit_bytes >= m->sent_bytes + CREDIT_PACKETS * packet;
}

/* The part of what is left that a path of this speed would still have when the others are done. A packet
 * stays: a piece of nothing would be sent as one of nothing. */
static uint64_t excess_bytes(const struct transport *t, const struct piece *p, uint64_t lag)
{
    uint64_t left = p->end_offset - p->next_offset, done = p->next_offset - p->begin_offset;
    uint64_t packet = t->peers[p->peer].payload_bytes_max;
    uint64_t most = left > packet ? left - packet : 0;
    uint64_t excess = (uint64_t)((__uint128_t)left * lag / (done + lag));
    return (excess < most ? excess : most) / packet * packet;
}

static void move(struct transport *t, uint32_t index, uint64_t bytes, uint8_t path, nsec_t now)
{
    struct piece *p = &t->pieces[index];
    struct outgoing *m = &t->outgoing[p->message];
    p->end_offset -= bytes;
    p->begin_offset = p->next_offset;
    p->tag = tag_in_time(t, p);
    piece_add(t, m,
              &(struct piece_spec){.offset = p->end_offset,
                                   .bytes = bytes,
                                   .tag = p->tag,
                                   .tag_scale = p->tag_scale,
                                   .peer = p->peer,
                                   .path = path});
    t->counters.pieces_relieved++;
    lane_queue_pieces(t, m, now);
}

void relief_on_ack(struct transport *t, struct channel *ch, nsec_t now)
{
    uint32_t index = ch->lane.first_piece;
    if (index == NONE || t->piece_free_count == 0)
        return;
    const struct piece *p = &t->pieces[index];
    uint64_t packet = t->peers[p->peer].payload_bytes_max, lag = lag_bytes(t, index);
    if (lag < LAG_TURNS * t->lane_burst_packets * packet ||
        lag < (p->next_offset - p->begin_offset) / LAG_DIVISOR)
        return;
    if (!is_credited_ahead(t, p))
        return;
    uint64_t excess = excess_bytes(t, p, lag);
    int path = excess >= MOVE_PACKETS * packet ? best_sibling(t, ch, lag) : -1;
    if (path >= 0)
        move(t, index, excess, (uint8_t)path, now);
}
