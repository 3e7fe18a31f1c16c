/* SPDX-License-Identifier: BSD-3-Clause */
/* One direction of a link, with the queue before it. First in, first out: so the queue is nothing but the
 * time until which the link is taken, a packet's arrival is known when it enters, and a hop costs one event.
 *
 *     backlog   = max(0, free_at - now)                      time to send what waits
 *     dropped     if backlog + packet > limit; or *trimmed*, if the switch does that: the payload is cut off,
 * and the header goes in a small queue of its own, ahead of all others marked      if backlog >= mark_from:
 * always at mark_full and above, in proportion between arrives   = now + backlog + packet + delay
 *
 * Not modelled: a shared buffer (every queue has its own limit), pause frames, a change of rate for what
 * is queued already; nor that a trimmed header waits for the packet that is being sent (it delays those that
 * come to the queue after it instead).
 */
#ifndef SIM_LINK_H
#define SIM_LINK_H

#include "dataplane/transport/random.h"
#include "tools/sim/sim_packet.h"

enum {
    LINK_TIME_BITS = 18,  /* fractional bits of link times: 400 Gb/s is 0.02 ns a byte */
    LINK_HISTOGRAM = 512, /* buckets of backlog: eight to a doubling */
    LINK_TRIMMED_QUEUE_BYTES = 16384
};

struct link_fault {
    bool down;       /* what is on it is lost too */
    bool black_hole; /* swallows silently */
    uint32_t loss_ppm, corrupt_ppm, duplicate_ppm, reorder_ppm;
    nsec_t extra_delay_ns;   /* of every packet */
    nsec_t reorder_delay_ns; /* at most, of the reordered ones */
    uint32_t rate_percent;   /* 100: healthy */
};

struct link_config {
    uint64_t rate_bytes_per_s;
    nsec_t delay_ns;
    uint64_t queue_limit_bytes;
    uint64_t mark_from_bytes, mark_full_bytes; /* equal: a step; UINT64_MAX: never */
    bool trims;
};

struct link_counters {
    uint64_t packets, bytes, marked, trimmed, dropped; /* dropped: for want of room */
    uint64_t lost;                                     /* by a fault */
    uint64_t backlog_peak;                             /* link time */
};

/* What every packet needs comes first, in two cache lines. */
struct link {
    _Alignas(64) uint64_t free_at;        /* link time: ns << LINK_TIME_BITS */
    uint64_t time_per_byte;               /* link time */
    uint64_t limit, mark_from, mark_full; /* of the backlog, link time */
    nsec_t delay_ns;
    int32_t to;     /* switch, or -1 - host */
    uint32_t epoch; /* grows whenever the link goes down */
    bool faulty;    /* `fault` is not that of a healthy link */
    bool withdrawn; /* routing does not use it */
    bool counts_in_histogram;
    uint64_t trimmed_free_at; /* of the queue of trimmed headers, as free_at */
    _Alignas(64) struct link_counters counters;
    struct link_fault fault;
    struct link_config config;
};

/* What all links of a simulation share. */
struct link_context {
    struct event_queue *queue;
    struct packet_pool *pool;
    struct random_stream random; /* of faults and of marking by a ramp */
    uint64_t *histogram;         /* LINK_HISTOGRAM counts of backlogs met */
};

void link_init(struct link *link, const struct link_config *config, int32_t to);
/* Takes the packet: it arrives later, or is lost. */
void link_transmit(struct link_context *context, struct link *link, uint32_t number,
                   struct sim_packet *packet);
/* Whether what has arrived at its end was not cut off under way. */
static inline bool link_delivers(const struct link *link, const struct sim_packet *packet)
{
    return packet->link_epoch == link->epoch && !link->fault.down;
}
/* The link behaves like this from now on. */
void link_set_fault(struct link *link, const struct link_fault *fault);
extern const struct link_fault link_healthy;

uint64_t link_backlog_bytes(const struct link *link, nsec_t now);
uint64_t link_backlog_peak_bytes(const struct link *link);
/* The backlog that `share` (0 .. 1) of the counted packets met at most, in ns, within an eighth of a
 * doubling. */
nsec_t link_histogram_quantile_ns(const uint64_t *histogram, double share);

#endif
