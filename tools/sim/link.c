/* SPDX-License-Identifier: BSD-3-Clause */
#include "tools/sim/link.h"

#include <string.h>

#define PPM 1000000

const struct link_fault link_healthy = {.rate_percent = 100};

static uint64_t link_time(nsec_t ns)
{
    return ns << LINK_TIME_BITS;
}

static uint64_t time_of_bytes(const struct link *link, uint64_t bytes)
{
    unsigned __int128 time = (unsigned __int128)bytes * link->time_per_byte;
    return time > UINT64_MAX ? UINT64_MAX : (uint64_t)time;
}

static void set_rate(struct link *link)
{
    uint64_t rate = link->config.rate_bytes_per_s * link->fault.rate_percent / 100;
    link->time_per_byte = (NSEC_PER_SEC << LINK_TIME_BITS) / (rate ? rate : 1);
    link->limit = time_of_bytes(link, link->config.queue_limit_bytes);
    link->mark_from = time_of_bytes(link, link->config.mark_from_bytes);
    link->mark_full = time_of_bytes(link, link->config.mark_full_bytes);
}

void link_init(struct link *link, const struct link_config *config, int32_t to)
{
    memset(link, 0, sizeof(*link));
    link->config = *config;
    link->delay_ns = config->delay_ns;
    link->to = to;
    link->fault = link_healthy;
    set_rate(link);
}

void link_set_fault(struct link *link, const struct link_fault *fault)
{
    if (fault->down && !link->fault.down)
        link->epoch++;
    link->fault = *fault;
    link->faulty = memcmp(fault, &link_healthy, sizeof(*fault)) != 0;
    link->delay_ns = link->config.delay_ns + fault->extra_delay_ns;
    set_rate(link);
}

static unsigned bucket_of(nsec_t ns)
{
    if (ns < 8)
        return (unsigned)ns;
    unsigned exponent = 63 - (unsigned)__builtin_clzll(ns);
    return (exponent - 2) * 8 + (unsigned)(ns >> (exponent - 3) & 7);
}

static nsec_t bucket_ns(unsigned bucket)
{
    return bucket < 8 ? bucket : (8 + (nsec_t)(bucket & 7)) << (bucket / 8 - 1);
}

nsec_t link_histogram_quantile_ns(const uint64_t *histogram, double share)
{
    uint64_t total = 0, seen = 0;
    for (unsigned i = 0; i < LINK_HISTOGRAM; i++)
        total += histogram[i];
    for (unsigned i = 0; i < LINK_HISTOGRAM; i++) {
        seen += histogram[i];
        if ((double)seen >= share * (double)total && seen > 0)
            return bucket_ns(i);
    }
    return 0;
}

static uint64_t backlog(const struct link *link, nsec_t now)
{
    uint64_t t = link_time(now);
    return link->free_at > t ? link->free_at - t : 0;
}

uint64_t link_backlog_bytes(const struct link *link, nsec_t now)
{
    return backlog(link, now) / link->time_per_byte;
}

uint64_t link_backlog_peak_bytes(const struct link *link)
{
    return link->counters.backlog_peak / link->time_per_byte;
}

static bool happens(struct link_context *context, uint32_t ppm)
{
    return ppm != 0 && random_below(&context->random, PPM) < ppm;
}

static bool ramp_marks(struct link_context *context, const struct link *link, uint64_t waiting)
{
    uint64_t span = link->mark_full - link->mark_from;
    return random_below(&context->random, span) < waiting - link->mark_from;
}

static void mark(struct link_context *context, struct link *link, struct sim_packet *packet, uint64_t waiting)
{
    if (waiting < link->mark_from || packet->ecn == 0)
        return;
    if (waiting >= link->mark_full || ramp_marks(context, link, waiting)) {
        packet->ecn = 3;
        link->counters.marked++;
    }
}

static void lose(struct link_context *context, struct link *link, struct sim_packet *packet)
{
    link->counters.lost++;
    packet_pool_give(context->pool, packet);
}

/* What a faulty link does to a packet beside queueing it: returns the packet's extra delay, or NSEC_NEVER for
 * "lost". */
static nsec_t suffer(struct link_context *context, const struct link *link, struct sim_packet *packet)
{
    const struct link_fault *f = &link->fault;
    if (f->down || f->black_hole || happens(context, f->loss_ppm))
        return NSEC_NEVER;
    if (happens(context, f->corrupt_ppm))
        packet->damaged = true;
    return happens(context, f->reorder_ppm) ? random_below(&context->random, f->reorder_delay_ns) : 0;
}

static void count(struct link *link, const struct sim_packet *packet)
{
    link->counters.packets++;
    link->counters.bytes += packet->wire_bytes;
}

/* The link time at which the packet has left; it waits behind those before it. */
static uint64_t enqueue(struct link_context *context, struct link *link, struct sim_packet *packet,
                        uint64_t waiting)
{
    uint64_t cost = packet->wire_bytes * link->time_per_byte;
    if (link->counts_in_histogram)
        context->histogram[bucket_of(waiting >> LINK_TIME_BITS)]++;
    mark(context, link, packet, waiting);
    link->free_at = link_time(context->queue->now) + waiting + cost;
    if (waiting + cost > link->counters.backlog_peak)
        link->counters.backlog_peak = waiting + cost;
    count(link, packet);
    return link->free_at;
}

static void trim(struct link *link, struct sim_packet *packet)
{
    packet->wire_bytes -= packet->payload_bytes;
    packet->payload_bytes = 0;
    packet->trimmed = true;
    link->counters.trimmed++;
}

/* The same for a trimmed packet, which waits behind its like only; 0: no room. */
static uint64_t enqueue_trimmed(struct link_context *context, struct link *link,
                                const struct sim_packet *packet)
{
    uint64_t now = link_time(context->queue->now), cost = packet->wire_bytes * link->time_per_byte;
    uint64_t from = link->trimmed_free_at > now ? link->trimmed_free_at : now;
    if (from + cost - now > LINK_TRIMMED_QUEUE_BYTES * link->time_per_byte)
        return 0;
    link->trimmed_free_at = from + cost;
    link->free_at = (link->free_at > now ? link->free_at : now) + cost;
    count(link, packet);
    return link->trimmed_free_at;
}

/* Where a packet goes that finds no room. */
static uint64_t overflow(struct link_context *context, struct link *link, struct sim_packet *packet)
{
    uint64_t leaves = 0;
    if (link->config.trims && packet->payload_bytes > 0)
        trim(link, packet);
    if (packet->trimmed)
        leaves = enqueue_trimmed(context, link, packet);
    if (leaves == 0) {
        link->counters.dropped++;
        packet_pool_give(context->pool, packet);
    }
    return leaves;
}

/* Sends the packet off, `extra_ns` late, unless there is no room for it. */
static void send(struct link_context *context, struct link *link, uint32_t number, struct sim_packet *packet,
                 nsec_t extra_ns)
{
    uint64_t waiting = backlog(link, context->queue->now), leaves;
    bool fits = waiting + packet->wire_bytes * link->time_per_byte <= link->limit;
    if (__builtin_expect(fits && !packet->trimmed, 1))
        leaves = enqueue(context, link, packet, waiting);
    else if ((leaves = overflow(context, link, packet)) == 0)
        return;
    packet->link = number;
    packet->link_epoch = link->epoch;
    nsec_t leaves_ns = (leaves + (1u << LINK_TIME_BITS) - 1) >> LINK_TIME_BITS;
    event_queue_add(context->queue, &packet->event, leaves_ns + link->delay_ns + extra_ns);
}

static void transmit_faulty(struct link_context *context, struct link *link, uint32_t number,
                            struct sim_packet *packet)
{
    nsec_t extra_ns = suffer(context, link, packet);
    if (extra_ns == NSEC_NEVER) {
        lose(context, link, packet);
        return;
    }
    if (happens(context, link->fault.duplicate_ppm)) {
        struct sim_packet *copy = packet_pool_take(context->pool);
        *copy = *packet;
        send(context, link, number, copy, 0);
    }
    send(context, link, number, packet, extra_ns);
}

void link_transmit(struct link_context *context, struct link *link, uint32_t number,
                   struct sim_packet *packet)
{
    if (__builtin_expect(link->faulty, 0))
        transmit_faulty(context, link, number, packet);
    else
        send(context, link, number, packet, 0);
}
