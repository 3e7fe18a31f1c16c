/* SPDX-License-Identifier: BSD-3-Clause */
/* The Internet checksum (RFC 1071) over bytes in memory, for devices that do not compute it. Sums are of
 * 16-bit words as they lie in memory, so a finished checksum is stored as it is. */
#ifndef WEFT_NIC_CHECKSUM_H
#define WEFT_NIC_CHECKSUM_H

#include <arpa/inet.h>
#include <netinet/in.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

/* Ones' complement sum of the bytes, folded to 16 bits. Of data in parts, each part but the last must be of
 * even length; the parts' sums are added and folded again. */
uint16_t checksum_sum(const void *bytes, size_t length);

/* A sum of sums brought back to 16 bits. */
static inline uint16_t checksum_fold(uint64_t sum)
{
    sum = (sum & 0xffffffff) + (sum >> 32);
    sum = (sum & 0xffff) + ((sum >> 16) & 0xffff) + (sum >> 32);
    sum = (sum & 0xffff) + (sum >> 16);
    return (uint16_t)((sum & 0xffff) + (sum >> 16));
}

/* The sum of an IPv4 header without options. */
static inline uint16_t checksum_sum_ip(const void *header)
{
    uint32_t words[5];
    memcpy(words, header, sizeof(words));
    return checksum_fold((uint64_t)words[0] + words[1] + words[2] + words[3] + words[4]);
}

/* The sum that UDP's pseudo-header adds (RFC 768). Addresses in network byte order. */
static inline uint16_t checksum_sum_pseudo_header(uint32_t source, uint32_t destination, uint16_t udp_bytes)
{
    return checksum_fold((uint64_t)source + destination + htons(IPPROTO_UDP) + htons(udp_bytes));
}

#endif
