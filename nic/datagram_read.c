/* SPDX-License-Identifier: BSD-3-Clause */
#include <arpa/inet.h>
#include <net/ethernet.h>
#include <netinet/ip.h>
#include <netinet/ip_icmp.h>
#include <netinet/udp.h>
#include <string.h>

#include "nic/checksum.h"
#include "nic/datagram.h"

/* What remains to be read of the frame. */
struct cursor {
    const uint8_t *bytes;
    uint32_t length;
    const uint8_t *rest; /* the frame's second part: content, never headers */
    uint32_t rest_length;
};

/* Copies the next `length` bytes out; false when there are not so many. */
static bool take(struct cursor *cursor, void *copy, uint32_t length)
{
    if (cursor->length < length)
        return false;
    memcpy(copy, cursor->bytes, length);
    cursor->bytes += length;
    cursor->length -= length;
    return true;
}

/* Copies the fixed part of an IPv4 header and steps over its options; false when it is no IPv4 header. */
static bool take_ip(struct cursor *cursor, struct iphdr *ip)
{
    if (!take(cursor, ip, sizeof(*ip)) || ip->version != 4 || ip->ihl < 5)
        return false;
    uint32_t options_bytes = ip->ihl * 4u - (uint32_t)sizeof(*ip);
    if (cursor->length < options_bytes)
        return false;
    cursor->bytes += options_bytes;
    cursor->length -= options_bytes;
    return true;
}

static bool is_fragment(const struct iphdr *ip)
{
    return (ntohs(ip->frag_off) & (IP_MF | IP_OFFMASK)) != 0;
}

/* Of a datagram in one part. */
static bool udp_checksum_is_right(const struct iphdr *ip, const struct cursor *udp)
{
    if (udp->rest_length > 0)
        return false;
    uint64_t pseudo_header = checksum_sum_pseudo_header(ip->saddr, ip->daddr, (uint16_t)udp->length);
    return checksum_fold(pseudo_header + checksum_sum(udp->bytes, udp->length)) == 0xffff;
}

static bool parts_are_large_enough(const struct cursor *content)
{
    return content->rest_length == 0 || (content->length >= FRAME_FIRST_PART_BYTES_MIN &&
                                         content->rest_length >= FRAME_SECOND_PART_BYTES_MIN);
}

static enum datagram_verdict read_udp(struct received_frame *frame, const struct datagram_endpoint *local,
                                      const struct iphdr *ip, struct cursor rest, bool checksum_verified)
{
    const struct cursor whole = rest;
    struct udphdr udp;
    if (!take(&rest, &udp, sizeof(udp)))
        return DATAGRAM_MALFORMED;
    if (ntohs(udp.dest) != local->udp_port)
        return DATAGRAM_NOT_OURS;
    if (ntohs(udp.len) != whole.length + whole.rest_length || !parts_are_large_enough(&rest))
        return DATAGRAM_MALFORMED;
    if (udp.check == 0 || !(checksum_verified || udp_checksum_is_right(ip, &whole)))
        return DATAGRAM_BAD_CHECKSUM;
    *frame = (struct received_frame){
        .kind = FRAME_UDP,
        .source = ntohl(ip->saddr),
        .source_port = ntohs(udp.source),
        .ecn = ip->tos & IPTOS_ECN_MASK,
        .length = (uint16_t)rest.length,
        .bytes = rest.bytes,
        .payload = rest.rest_length > 0 ? rest.rest : NULL,
        .payload_bytes = (uint16_t)rest.rest_length,
    };
    return DATAGRAM_OURS;
}

/* The error quotes the IP header of what it is about and at least the eight bytes after it (RFC 792). */
static enum datagram_verdict read_quote(struct received_frame *frame, const struct datagram_endpoint *local,
                                        const struct iphdr *ip, struct cursor quote)
{
    struct iphdr quoted_ip;
    struct udphdr quoted_udp;
    if (!take_ip(&quote, &quoted_ip))
        return DATAGRAM_MALFORMED;
    if (quoted_ip.protocol != IPPROTO_UDP || ntohl(quoted_ip.saddr) != local->address ||
        is_fragment(&quoted_ip))
        return DATAGRAM_NOT_OURS;
    if (!take(&quote, &quoted_udp, sizeof(quoted_udp)))
        return DATAGRAM_MALFORMED;
    uint16_t port = ntohs(quoted_udp.dest);
    if (port != local->udp_port && (port != local->probed_port || port == 0))
        return DATAGRAM_NOT_OURS;
    *frame = (struct received_frame){
        .kind = FRAME_TIME_EXCEEDED,
        .source = ntohl(ip->saddr),
        .source_port = ntohs(quoted_udp.source),
        .ecn = ip->tos & IPTOS_ECN_MASK,
        .quoted_destination = ntohl(quoted_ip.daddr),
        .quoted_id = ntohs(quoted_ip.id),
    };
    return DATAGRAM_OURS;
}

static enum datagram_verdict read_icmp(struct received_frame *frame, const struct datagram_endpoint *local,
                                       const struct iphdr *ip, struct cursor rest)
{
    const struct cursor whole = rest;
    struct icmphdr icmp;
    if (rest.rest_length > 0 || !take(&rest, &icmp, sizeof(icmp)))
        return DATAGRAM_MALFORMED;
    if (icmp.type != ICMP_TIME_EXCEEDED || icmp.code != ICMP_EXC_TTL)
        return DATAGRAM_NOT_OURS;
    if (checksum_sum(whole.bytes, whole.length) != 0xffff)
        return DATAGRAM_BAD_CHECKSUM;
    return read_quote(frame, local, ip, rest);
}

/* Cuts `rest` to the IP payload; false when the lengths contradict each other. Ethernet padding goes. */
static bool trim_to_ip_length(struct cursor *rest, const struct iphdr *ip)
{
    uint32_t total_bytes = ntohs(ip->tot_len), header_bytes = ip->ihl * 4u;
    uint32_t content_bytes = total_bytes - header_bytes;
    if (total_bytes < header_bytes || content_bytes > rest->length + rest->rest_length)
        return false;
    if (content_bytes < rest->length)
        rest->length = content_bytes;
    rest->rest_length = content_bytes - rest->length;
    return true;
}

enum datagram_verdict datagram_read(struct received_frame *frame, const struct datagram_endpoint *local,
                                    const struct datagram_input *input)
{
    struct cursor rest = {.bytes = input->bytes,
                          .length = input->length,
                          .rest = input->rest,
                          .rest_length = input->rest_length};
    struct ether_header ethernet;
    struct iphdr ip;
    if (!take(&rest, &ethernet, sizeof(ethernet)))
        return DATAGRAM_MALFORMED;
    if (ethernet.ether_type != htons(ETHERTYPE_IP))
        return DATAGRAM_NOT_OURS;
    const uint8_t *ip_start = rest.bytes;
    if (!take_ip(&rest, &ip))
        return DATAGRAM_MALFORMED;
    if (ntohl(ip.daddr) != local->address || is_fragment(&ip))
        return DATAGRAM_NOT_OURS;
    if (!trim_to_ip_length(&rest, &ip))
        return DATAGRAM_MALFORMED;
    uint16_t sum = ip.ihl == 5 ? checksum_sum_ip(&ip) : checksum_sum(ip_start, ip.ihl * 4u);
    if (sum != 0xffff)
        return DATAGRAM_BAD_CHECKSUM;
    if (ip.protocol == IPPROTO_UDP)
        return read_udp(frame, local, &ip, rest, input->checksum_verified);
    if (ip.protocol == IPPROTO_ICMP)
        return read_icmp(frame, local, &ip, rest);
    return DATAGRAM_NOT_OURS;
}
