/* SPDX-License-Identifier: BSD-3-Clause */
#include <arpa/inet.h>
#include <assert.h>
#include <net/ethernet.h>
#include <netinet/ip.h>
#include <netinet/udp.h>
#include <string.h>

#include "nic/checksum.h"
#include "nic/datagram.h"

static void write_ethernet(uint8_t *bytes, const struct datagram_endpoint *local, const uint8_t next_hop[6])
{
    struct ether_header ethernet = {.ether_type = htons(ETHERTYPE_IP)};
    memcpy(ethernet.ether_dhost, next_hop, sizeof(ethernet.ether_dhost));
    memcpy(ethernet.ether_shost, local->ethernet, sizeof(ethernet.ether_shost));
    memcpy(bytes, &ethernet, sizeof(ethernet));
}

static void write_ip(uint8_t *bytes, const struct datagram_endpoint *local, const struct sent_frame *frame,
                     uint16_t udp_bytes)
{
    struct iphdr ip = {
        .version = 4,
        .ihl = 5,
        .tos = frame->ecn_capable ? IPTOS_ECN_ECT0 : 0,
        .tot_len = htons((uint16_t)(sizeof(ip) + udp_bytes)),
        .id = htons(frame->id),
        .frag_off = htons(IP_DF),
        .ttl = frame->ttl,
        .protocol = IPPROTO_UDP,
        .saddr = htonl(local->address),
        .daddr = htonl(frame->destination),
    };
    ip.check = (uint16_t)~checksum_sum_ip(&ip);
    memcpy(bytes, &ip, sizeof(ip));
}

/* The checksum field holds the pseudo-header's sum, which so enters the whole. Zero would say "no checksum",
 * so 0 is sent as its equal 0xffff. */
static void finish_checksum(uint8_t *udp, uint16_t udp_bytes)
{
    uint16_t check = (uint16_t)~checksum_sum(udp, udp_bytes);
    if (check == 0)
        check = 0xffff;
    memcpy(udp + offsetof(struct udphdr, check), &check, sizeof(check));
}

static uint16_t udp_bytes_of(const struct sent_frame *frame)
{
    uint32_t bytes = (uint32_t)sizeof(struct udphdr) + frame->header_bytes + frame->payload_bytes;
    assert(sizeof(struct iphdr) + bytes <= UINT16_MAX);
    return (uint16_t)bytes;
}

static uint16_t sum_pseudo_header(const struct datagram_endpoint *local, const struct sent_frame *frame)
{
    return checksum_sum_pseudo_header(htonl(local->address), htonl(frame->destination), udp_bytes_of(frame));
}

uint32_t datagram_write_first_part(uint8_t *bytes, const struct datagram_endpoint *local,
                                   const uint8_t next_hop[6], const struct sent_frame *frame)
{
    uint8_t *udp = bytes + DATAGRAM_ETHERNET_BYTES + sizeof(struct iphdr);
    uint16_t udp_bytes = udp_bytes_of(frame);
    struct udphdr header = {
        .source = htons(frame->source_port),
        .dest = htons(frame->destination_port != 0 ? frame->destination_port : local->udp_port),
        .len = htons(udp_bytes),
        .check = sum_pseudo_header(local, frame),
    };
    write_ethernet(bytes, local, next_hop);
    write_ip(bytes + DATAGRAM_ETHERNET_BYTES, local, frame, udp_bytes);
    memcpy(udp, &header, sizeof(header));
    if (frame->header_bytes > 0)
        memcpy(udp + sizeof(header), frame->header, frame->header_bytes);
    return DATAGRAM_HEADER_BYTES + frame->header_bytes;
}

uint32_t datagram_write(uint8_t *bytes, const struct datagram_endpoint *local, const uint8_t next_hop[6],
                        const struct sent_frame *frame, enum datagram_checksum checksum)
{
    uint8_t *udp = bytes + DATAGRAM_ETHERNET_BYTES + sizeof(struct iphdr);
    uint32_t length = datagram_write_first_part(bytes, local, next_hop, frame);
    if (frame->payload_bytes > 0)
        memcpy(bytes + length, frame->payload, frame->payload_bytes);
    if (checksum == DATAGRAM_CHECKSUM_WHOLE)
        finish_checksum(udp, udp_bytes_of(frame));
    return length + frame->payload_bytes;
}
