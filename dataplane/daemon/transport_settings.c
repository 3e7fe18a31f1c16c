/* SPDX-License-Identifier: BSD-3-Clause */
#include "dataplane/daemon/transport_settings.h"

#include <stdlib.h>
#include <sys/random.h>

#include "dataplane/transport/congestion.h"

enum {
    IP_UDP_HEADER_BYTES = 28,
    PAYLOAD_ALIGN_BYTES = 64,
    HOPS = 4,                  /* links that a packet crosses on a leaf-spine path */
    TURNAROUND_POLL_US = 20,   /* of an idle fabric, both workers polling */
    TURNAROUND_SLEEP_US = 150, /* both workers woken from sleep */
    RTO_MIN_SLEEP_MS = 10,     /* a core that is shared is given back after milliseconds */
    BURST_SLEEP_BYTES = 32 * 1024,
    ACK_DELAY_SLEEP_RTTS = 2,            /* two packets of a path that has an eighth of the port come in it */
    CREDIT_SLEEP_BYTES_MIN = 512 * 1024, /* a receiver that sleeps grants late */
    NIC_PAYLOAD_BYTES = 15 * 4096,
    NIC_CREDIT_BYTES_MIN = 64 * NIC_PAYLOAD_BYTES
};

static void set_if_given(nsec_t *time_ns, uint32_t value, nsec_t unit_ns)
{
    if (value != 0)
        *time_ns = value * unit_ns;
}

static void adjust_transport(struct transport_config *t, const struct config_transport *c)
{
    set_if_given(&t->rto_min_ns, c->rto_min_us, NSEC_PER_USEC);
    set_if_given(&t->rto_max_ns, c->rto_max_us, NSEC_PER_USEC);
    set_if_given(&t->ack_delay_ns, c->ack_delay_us, NSEC_PER_USEC);
    set_if_given(&t->peer_timeout_ns, c->peer_timeout_ms, NSEC_PER_MSEC);
    if (c->credit_budget_kib != 0)
        t->credit_budget_bytes = c->credit_budget_kib * 1024;
    if (c->window_packets != 0)
        t->window_packets = (uint16_t)c->window_packets;
    if (c->peers_max != 0)
        t->peers_max = (uint16_t)c->peers_max;
    if (c->messages_max != 0)
        t->messages_max = c->messages_max;
    t->credit_order = c->credit_order;
}

/* Unguessable, and different at each start. */
static void draw_identity(struct transport_config *t)
{
    if (getrandom(&t->seed, sizeof(t->seed), 0) != sizeof(t->seed) ||
        getrandom(&t->incarnation, sizeof(t->incarnation), 0) != sizeof(t->incarnation))
        abort();         /* no kernel that has DPDK lacks it */
    t->incarnation |= 1; /* not zero */
}

/* Whole cache lines, as far as the MTU allows. */
static uint16_t largest_payload(uint16_t mtu)
{
    unsigned room = mtu - IP_UDP_HEADER_BYTES - (unsigned)sizeof(struct packet_data);
    return (uint16_t)(room / PAYLOAD_ALIGN_BYTES * PAYLOAD_ALIGN_BYTES);
}

/* The round trip of an idle fabric, unless configured: every link on the way stores and forwards the packet.
 */
static nsec_t base_rtt_ns(const struct config *config, uint64_t rate_bytes_per_s, uint16_t mtu)
{
    if (config->transport.base_rtt_us != 0)
        return config->transport.base_rtt_us * NSEC_PER_USEC;
    nsec_t turnaround_us = config->idle == CONFIG_IDLE_POLL ? TURNAROUND_POLL_US : TURNAROUND_SLEEP_US;
    return turnaround_us * NSEC_PER_USEC + HOPS * mtu * NSEC_PER_SEC / rate_bytes_per_s;
}

/* Workers that sleep share their cores: late answers are no losses, and fewer acks and credits leave more of
 * the core. */
static void allow_for_sleep(struct transport_config *t)
{
    t->rto_min_ns = RTO_MIN_SLEEP_MS * NSEC_PER_MSEC;
    t->rto_max_ns = 2 * t->rto_min_ns;
    t->ack_delay_ns = ACK_DELAY_SLEEP_RTTS * t->base_rtt_ns;
    t->burst_bytes = BURST_SLEEP_BYTES;
    if (t->credit_budget_bytes < CREDIT_SLEEP_BYTES_MIN)
        t->credit_budget_bytes = CREDIT_SLEEP_BYTES_MIN;
}

/* The NIC cuts messages into packets, paces them and mends losses: ours may be as long as their numbers
 * allow, and many under way. */
static void leave_to_nic(struct transport_config *t)
{
    t->reliable_nic = true;
    t->congestion = &congestion_nic;
    t->payload_bytes_max = NIC_PAYLOAD_BYTES;
    t->burst_bytes = NIC_PAYLOAD_BYTES;
    if (t->credit_budget_bytes < NIC_CREDIT_BYTES_MIN)
        t->credit_budget_bytes = NIC_CREDIT_BYTES_MIN;
}

void transport_settings(const struct config *config, const struct transport_basis *basis,
                        struct transport_config *t)
{
    uint64_t rate = basis->rate_bytes_per_s;
    transport_config_default(t, rate, base_rtt_ns(config, rate, basis->mtu));
    if (config->idle == CONFIG_IDLE_SLEEP)
        allow_for_sleep(t);
    t->address = basis->address;
    t->payload_bytes_max = largest_payload(basis->mtu);
    t->congestion = congestion_control_by_name(config->congestion_control);
    if (basis->reliable_nic)
        leave_to_nic(t);
    adjust_transport(t, &config->transport);
    draw_identity(t);
}
