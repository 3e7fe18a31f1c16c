/* SPDX-License-Identifier: BSD-3-Clause */
#include "dataplane/transport/path_timing.h"

#include "dataplane/transport/channel.h"
#include "dataplane/transport/packet_parse.h"
#include "dataplane/transport/session.h"

/* The oldest gives way: it was given up, or nobody has asked what became of it. */
static struct path_timing *take_slot(struct transport *t)
{
    struct path_timing *timing = &t->timings[t->next_timing++ % PATH_TIMINGS_MAX];
    t->timings_answered -= timing->answered;
    return timing;
}

bool transport_time_path(struct transport *t, uint16_t peer, unsigned path, uint64_t cookie, nsec_t now)
{
    if (peer >= t->peer_count || !t->peers[peer].open || path >= t->peers[peer].path_count ||
        path_state(t, peer, path) != CHANNEL_ALIVE)
        return false;
    struct channel *ch = channel_at(t, peer, path);
    struct packet_probe probe = {.token = random_next(&t->random) | 1};
    channel_write_header(t, ch, PACKET_PROBE, 0, &probe.header, now);
    if (!session_reply(t, t->peers[peer].address, ch->source_port, &probe, sizeof(probe)))
        return false;
    *take_slot(t) = (struct path_timing){
        .token = probe.token, .cookie = cookie, .sent_at = now, .peer = peer, .path = (uint8_t)path};
    t->counters.probes_sent++;
    return true;
}

bool path_timing_on_reply(struct transport *t, uint16_t peer, uint64_t token, nsec_t now)
{
    for (unsigned i = 0; token != 0 && i < PATH_TIMINGS_MAX; i++) {
        struct path_timing *timing = &t->timings[i];
        if (timing->token != token || timing->peer != peer)
            continue;
        timing->token = 0;
        timing->round_trip_ns = now - timing->sent_at;
        timing->answered = true;
        t->timings_answered++;
        return true;
    }
    return false;
}

bool path_timing_next_event(struct transport *t, struct event *event)
{
    if (t->timings_answered == 0)
        return false;
    unsigned i = 0;
    while (!t->timings[i].answered)
        i++;
    const struct path_timing *timing = &t->timings[i];
    *event = (struct event){.kind = EVENT_PATH_TIMED,
                            .peer = timing->peer,
                            .path = timing->path,
                            .cookie = timing->cookie,
                            .round_trip_ns = timing->round_trip_ns};
    t->timings[i].answered = false;
    t->timings_answered--;
    return true;
}
