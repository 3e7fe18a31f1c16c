/* SPDX-License-Identifier: BSD-3-Clause */
#include "dataplane/daemon/lone_packets.h"

#include <stddef.h>

static const nsec_t PATIENCE_NS = 200 * NSEC_PER_MSEC; /* with the last packet */

static bool is_under_way(const struct lone_errand *e)
{
    return e->cookie != 0 && !e->finished;
}

static bool is_all_sent(const struct lone_errand *e)
{
    return e->sent == e->wish.packets;
}

/* From half the mean to one and a half times it. */
static nsec_t draw_pause(struct lone_packets *l, const struct lone_errand *e)
{
    nsec_t mean_ns = e->wish.over_ms * NSEC_PER_MSEC / e->wish.packets;
    return mean_ns / 2 + random_below(&l->random, mean_ns + 1);
}

bool lone_packets_ask(struct lone_packets *l, const struct lone_wish *wish, nsec_t now)
{
    for (unsigned i = 0; i < LONE_ERRANDS_MAX; i++) {
        struct lone_errand *e = &l->errands[i];
        if (e->cookie != 0)
            continue;
        *e = (struct lone_errand){.wish = *wish, .cookie = ++l->last_cookie};
        e->next_at = now + draw_pause(l, e) / 2;
        return true;
    }
    return false;
}

const struct lone_errand *lone_packets_next(struct lone_packets *l, nsec_t now)
{
    for (unsigned i = 0; i < LONE_ERRANDS_MAX; i++) {
        struct lone_errand *e = &l->errands[i];
        if (!is_under_way(e) || is_all_sent(e) || now < e->next_at)
            continue;
        e->sent++;
        e->next_at = now + (is_all_sent(e) ? PATIENCE_NS : draw_pause(l, e));
        return e;
    }
    return NULL;
}

void lone_packets_on_answer(struct lone_packets *l, uint64_t cookie, nsec_t round_trip_ns)
{
    for (unsigned i = 0; i < LONE_ERRANDS_MAX; i++) {
        struct lone_errand *e = &l->errands[i];
        if (is_under_way(e) && e->cookie == cookie && e->answered < e->sent)
            e->round_trips_ns[e->answered++] =
                round_trip_ns < UINT32_MAX ? (uint32_t)round_trip_ns : UINT32_MAX;
    }
}

bool lone_packets_finish(struct lone_packets *l, nsec_t now)
{
    bool any = false;
    for (unsigned i = 0; i < LONE_ERRANDS_MAX; i++) {
        struct lone_errand *e = &l->errands[i];
        if (!is_under_way(e) || !is_all_sent(e) || (e->answered < e->sent && now < e->next_at))
            continue;
        e->finished = any = true;
    }
    return any;
}

nsec_t lone_packets_wakeup(const struct lone_packets *l)
{
    nsec_t at = NSEC_NEVER;
    for (unsigned i = 0; i < LONE_ERRANDS_MAX; i++)
        if (is_under_way(&l->errands[i]) && l->errands[i].next_at < at)
            at = l->errands[i].next_at;
    return at;
}

void lone_packets_begin_report(struct lone_packets *l)
{
    for (unsigned i = 0; i < LONE_ERRANDS_MAX; i++)
        l->errands[i].reported = l->errands[i].cookie != 0 && l->errands[i].finished;
}

void lone_packets_end_report(struct lone_packets *l, bool taken)
{
    for (unsigned i = 0; i < LONE_ERRANDS_MAX; i++) {
        struct lone_errand *e = &l->errands[i];
        if (e->reported && taken)
            e->cookie = 0;
        e->reported = false;
    }
}
