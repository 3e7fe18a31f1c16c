/* SPDX-License-Identifier: (BSD-3-Clause OR GPL-2.0) */
/* Decides at the driver which frames go to the dataplane: UDP to our address and port, and the "time
 * exceeded" that a router answers to such a datagram of ours (path discovery). All else (ARP, ping, ssh,
 * other errors, fragments) goes on to the kernel, and so does everything while no dataplane has its socket in
 * the map. */
#include <linux/bpf.h>
#include <linux/if_ether.h>
#include <linux/in.h>
#include <linux/ip.h>
#include <linux/udp.h>

#include <bpf/bpf_endian.h>
#include <bpf/bpf_helpers.h>

#include "dataplane/formats/steer.h"

#define IP_MORE_FRAGMENTS_OR_OFFSET 0x3fff
#define ICMP_TIME_EXCEEDED          11
#define ICMP_EXC_TTL                0

/* RFC 792; <linux/icmp.h> needs the C library's headers. */
struct icmp_header {
    __u8 type;
    __u8 code;
    __sum16 checksum;
    __u32 unused;
};

struct {
    __uint(type, BPF_MAP_TYPE_XSKMAP);
    __uint(max_entries, STEER_QUEUES_MAX);
    __type(key, __u32);
    __type(value, __u32);
} xsks_map SEC(".maps");

struct {
    __uint(type, BPF_MAP_TYPE_ARRAY);
    __uint(max_entries, 1);
    __type(key, __u32);
    __type(value, struct steer_settings);
} steer_settings SEC(".maps");

/* Where the header after this IPv4 header begins; NULL unless it is a whole, unfragmented IPv4 packet's. */
static __always_inline const void *after_ip(const struct iphdr *ip, const void *end)
{
    if ((const void *)(ip + 1) > end || ip->version != 4 || ip->ihl < 5)
        return NULL;
    if (ip->frag_off & bpf_htons(IP_MORE_FRAGMENTS_OR_OFFSET))
        return NULL;
    return (const void *)ip + ip->ihl * 4;
}

static __always_inline int is_udp_to(const struct udphdr *udp, const void *end, __be16 port)
{
    return (const void *)(udp + 1) <= end && udp->dest == port;
}

static __always_inline int is_answer_to_ours(const struct icmp_header *icmp, const void *end,
                                             const struct steer_settings *settings)
{
    if ((const void *)(icmp + 1) > end || icmp->type != ICMP_TIME_EXCEEDED || icmp->code != ICMP_EXC_TTL)
        return 0;
    const struct iphdr *quoted = (const void *)(icmp + 1);
    const struct udphdr *udp = after_ip(quoted, end);
    return udp != NULL && quoted->protocol == IPPROTO_UDP && quoted->saddr == settings->address &&
           is_udp_to(udp, end, settings->udp_port);
}

static __always_inline int is_ours(const struct ethhdr *ethernet, const void *end,
                                   const struct steer_settings *settings)
{
    if ((const void *)(ethernet + 1) > end || ethernet->h_proto != bpf_htons(ETH_P_IP))
        return 0;
    const struct iphdr *ip = (const void *)(ethernet + 1);
    const void *content = after_ip(ip, end);
    if (content == NULL || ip->daddr != settings->address)
        return 0;
    if (ip->protocol == IPPROTO_UDP)
        return is_udp_to(content, end, settings->udp_port);
    return ip->protocol == IPPROTO_ICMP && is_answer_to_ours(content, end, settings);
}

SEC("xdp")
int weft_steer(struct xdp_md *context)
{
    const void *end = (const void *)(long)context->data_end;
    const struct ethhdr *ethernet = (const void *)(long)context->data;
    __u32 first = 0;
    const struct steer_settings *settings = bpf_map_lookup_elem(&steer_settings, &first);

    if (settings == NULL || settings->udp_port == 0 || !is_ours(ethernet, end, settings))
        return XDP_PASS;
    return bpf_redirect_map(&xsks_map, context->rx_queue_index, XDP_PASS);
}

char LICENSE[] SEC("license") = "Dual BSD/GPL";
