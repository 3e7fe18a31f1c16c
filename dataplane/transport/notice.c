/* SPDX-License-Identifier: BSD-3-Clause */
#include "dataplane/transport/notice.h"

#include <string.h>

#include "dataplane/transport/channel.h"
#include "dataplane/transport/path_health.h"
#include "dataplane/transport/session.h"

static uint32_t words(const struct transport *t)
{
    return (t->config.peers_max + 63u) / 64u;
}

static uint64_t *peers_of(const struct transport *t, const struct notice *notice)
{
    return &t->notice_peers[(size_t)(notice - t->notices) * words(t)];
}

static void set_peer(struct transport *t, struct notice *notice, uint16_t peer)
{
    uint64_t *word = &peers_of(t, notice)[peer / 64], bit = 1ull << (peer % 64);
    if (*word & bit)
        return;
    *word |= bit;
    if (notice->peers_left++ == 0)
        t->notices_pending++;
    t->notices_due = true;
}

static void clear_peer(struct transport *t, struct notice *notice, uint16_t peer)
{
    uint64_t *word = &peers_of(t, notice)[peer / 64], bit = 1ull << (peer % 64);
    if (!(*word & bit))
        return;
    *word &= ~bit;
    if (--notice->peers_left == 0)
        t->notices_pending--;
}

/* The oldest notice gives way. Its name keeps its place: name % NOTICES_MAX. */
static struct notice *take(struct transport *t, uint64_t identity, uint32_t rank)
{
    struct notice *notice = &t->notices[t->next_notice];
    if (notice->peers_left > 0)
        t->notices_pending--;
    notice->name = notice->name ? notice->name + NOTICES_MAX : NOTICES_MAX + t->next_notice;
    notice->identity = identity;
    notice->rank = rank;
    notice->peers_left = 0;
    memset(peers_of(t, notice), 0, words(t) * sizeof(uint64_t));
    t->next_notice = (t->next_notice + 1) % NOTICES_MAX;
    return notice;
}

static struct notice *find(const struct transport *t, uint64_t identity)
{
    for (uint32_t i = 0; i < NOTICES_MAX; i++) {
        const struct notice *notice = &t->notices[i];
        if (notice->name != 0 && notice->identity == identity)
            return (struct notice *)notice;
    }
    return NULL;
}

void notice_add(struct transport *t, const struct communicator *c, uint32_t rank)
{
    struct notice *notice = take(t, c->config.identity, rank);
    for (uint32_t r = 0; r < c->config.rank_count; r++) {
        uint16_t peer = c->config.rank_peers[r];
        if (t->peers[peer].address != t->config.address)
            set_peer(t, notice, peer);
    }
}

void notice_remember(struct transport *t, uint64_t identity, uint32_t rank)
{
    if (find(t, identity) == NULL)
        take(t, identity, rank);
}

bool notice_find(const struct transport *t, uint64_t identity, uint32_t *rank)
{
    const struct notice *notice = find(t, identity);
    if (notice != NULL)
        *rank = notice->rank;
    return notice != NULL;
}

bool notice_tell(struct transport *t, uint64_t identity, uint16_t peer)
{
    struct notice *notice = find(t, identity);
    if (notice != NULL)
        set_peer(t, notice, peer);
    return notice != NULL;
}

void notice_tell_again(struct transport *t, uint32_t name, uint16_t peer)
{
    struct notice *notice = &t->notices[name % NOTICES_MAX];
    if (notice->name == name)
        set_peer(t, notice, peer);
}

void notice_forget_peer(struct transport *t, uint16_t peer)
{
    for (uint32_t i = 0; i < NOTICES_MAX; i++)
        clear_peer(t, &t->notices[i], peer);
}

/* False when the peer cannot be told now: no session yet, or no room. */
static bool tell_peer(struct transport *t, struct notice *notice, uint16_t peer,
                      struct outgoing_packet *packet, nsec_t now)
{
    if (!t->peers[peer].open) {
        session_greet(t, &t->peers[peer], now);
        return false;
    }
    struct channel *ch = path_health_next_alive(t, &t->peers[peer]);
    if (ch == NULL || !channel_has_room(t, ch))
        return false;
    struct sent_packet what = {.sent_at = now, .item = notice->name, .kind = SENT_ABORT};
    channel_send(t, ch, &what, packet, now);
    clear_peer(t, notice, peer);
    return true;
}

unsigned notice_send(struct transport *t, struct outgoing_packet *packets, unsigned max, nsec_t now)
{
    unsigned count = 0;
    if (!t->notices_due)
        return 0;
    for (uint32_t i = 0; t->notices_pending > 0 && i < NOTICES_MAX; i++) {
        struct notice *notice = &t->notices[i];
        for (uint32_t peer = 0; notice->peers_left > 0 && peer < t->peer_count; peer++) {
            if (!(peers_of(t, notice)[peer / 64] >> (peer % 64) & 1))
                continue;
            if (count == max)
                return count;
            count += tell_peer(t, notice, (uint16_t)peer, &packets[count], now);
        }
    }
    t->notices_due = false;
    return count;
}
