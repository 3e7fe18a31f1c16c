/* SPDX-License-Identifier: BSD-3-Clause */
/* The window's plan, bounds and rounds; the contract is in congestion_window.h. */
#include "dataplane/transport/congestion_window.h"

#define WINDOW_BYTES_LIMIT (1ull << 40)
#define CUT_MEMORY_ROUNDS  8
#define START_PACKETS      4

uint64_t congestion_bytes_in(uint64_t rate_bytes_per_s, nsec_t time_ns)
{
    unsigned __int128 bytes = (unsigned __int128)rate_bytes_per_s * time_ns / NSEC_PER_SEC;
    return bytes < WINDOW_BYTES_LIMIT ? (uint64_t)bytes : WINDOW_BYTES_LIMIT;
}

uint64_t congestion_window_max(const struct congestion *c, const struct congestion_path *path)
{
    return c->planned_window_bytes + c->planned_window_bytes / 2 + 4 * (uint64_t)path->packet_bytes;
}

void congestion_window_set(struct congestion *c, const struct congestion_path *path, uint64_t bytes)
{
    c->window_bytes =
        congestion_most(congestion_least(bytes, congestion_window_max(c, path)), path->packet_bytes);
}

static uint64_t start_window(const struct congestion *c, const struct congestion_path *path)
{
    return c->planned_window_bytes + START_PACKETS * (uint64_t)path->packet_bytes;
}

void congestion_window_init(struct congestion *c, const struct congestion_path *path)
{
    *c = (struct congestion){.planned_rate_bytes_per_s = path->line_rate_bytes_per_s,
                             .round_trip_ns = path->base_rtt_ns,
                             .last_cut = NSEC_NEVER};
    congestion_round_begin(c, path, 0);
    congestion_window_set(c, path, start_window(c, path));
}

void congestion_window_plan(struct congestion *c, const struct congestion_path *path, uint64_t planned_rate,
                            nsec_t now)
{
    bool was_cut = congestion_was_cut(c, now, CUT_MEMORY_ROUNDS * c->round_trip_ns);
    c->planned_rate_bytes_per_s = planned_rate ? planned_rate : path->line_rate_bytes_per_s;
    c->planned_window_bytes = congestion_bytes_in(c->planned_rate_bytes_per_s, c->round_trip_ns);
    uint64_t start = start_window(c, path);
    uint64_t learnt = congestion_most(c->window_bytes, start / 2);
    congestion_window_set(c, path, was_cut ? congestion_least(learnt, start) : start);
}

static nsec_t clamp_round_trip(const struct congestion_path *path, nsec_t rtt_ns)
{
    nsec_t most_ns = CONGESTION_ROUND_TRIP_GROWTH * path->base_rtt_ns;
    return congestion_most(congestion_least(rtt_ns, most_ns), path->base_rtt_ns);
}

static void learn_round_trip(struct congestion *c)
{
    if (c->round_rtt_samples == 0)
        return;
    nsec_t mean_ns = c->round_rtt_sum_ns / c->round_rtt_samples;
    if (mean_ns <= c->round_trip_ns)
        c->round_trip_ns -= (c->round_trip_ns - mean_ns) / 2;
    else if (!c->round_lost)
        c->round_trip_ns += (mean_ns - c->round_trip_ns) / 8;
}

bool congestion_round_on_ack(struct congestion *c, const struct congestion_path *path,
                             const struct congestion_ack *ack)
{
    if (ack->rtt_ns != 0 && ack->marked_packets == 0) {
        c->round_rtt_sum_ns += clamp_round_trip(path, ack->rtt_ns);
        c->round_rtt_samples++;
    }
    c->round_acked_bytes += ack->acked_bytes;
    c->round_packets += ack->acked_packets;
    c->round_marked_packets += congestion_least(ack->marked_packets, ack->acked_packets);
    c->round_in_flight_bytes =
        congestion_most(c->round_in_flight_bytes, congestion_least(ack->in_flight_bytes, UINT32_MAX));
    return ack->now - c->round_started >= congestion_most(c->round_trip_ns, ack->rtt_ns);
}

void congestion_round_begin(struct congestion *c, const struct congestion_path *path, nsec_t now)
{
    learn_round_trip(c);
    c->round_started = now;
    c->round_acked_bytes = 0;
    c->round_packets = 0;
    c->round_marked_packets = 0;
    c->round_in_flight_bytes = 0;
    c->round_rtt_sum_ns = 0;
    c->round_rtt_samples = 0;
    c->round_lost = false;
    c->planned_window_bytes = congestion_bytes_in(c->planned_rate_bytes_per_s, c->round_trip_ns);
    congestion_window_set(c, path, c->window_bytes);
}

void congestion_window_restore(struct congestion *c, const struct congestion_path *path, uint64_t bytes)
{
    if (bytes > c->window_bytes)
        congestion_window_set(c, path, bytes);
    c->last_cut = NSEC_NEVER;
}
