/* SPDX-License-Identifier: BSD-3-Clause */
#include "nic/packet_filter.h"

#include <errno.h>
#include <linux/filter.h>
#include <linux/if_packet.h>
#include <net/ethernet.h>
#include <netinet/in.h>
#include <netinet/ip_icmp.h>
#include <sys/socket.h>

/* Offsets from the Ethernet header; X is the length of the IP header. */
enum {
    ETHERTYPE = 12,
    IP = 14,
    IP_FRAGMENT = IP + 6,
    IP_PROTOCOL = IP + 9,
    IP_DESTINATION = IP + 16,
    UDP_DESTINATION = IP + 2, /* + X */
    ICMP_TYPE_AND_CODE = IP,  /* + X */
    MORE_FRAGMENTS_OR_OFFSET = 0x3fff,
    TIME_EXCEEDED_IN_TRANSIT = ICMP_TIME_EXCEEDED << 8 | ICMP_EXC_TTL,
    WHOLE_FRAME = 0x40000
};

#define LOAD(size, offset)           BPF_STMT(BPF_LD | (size) | BPF_ABS, offset)
#define LOAD_AFTER_IP(size, offset)  BPF_STMT(BPF_LD | (size) | BPF_IND, offset)
#define SKIP_IF(value, count)        BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, value, count, 0)
#define SKIP_UNLESS(value, count)    BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, value, 0, count)
#define SKIP_IF_ANY_BIT(mask, count) BPF_JUMP(BPF_JMP | BPF_JSET | BPF_K, mask, count, 0)

int packet_filter_attach(int socket_fd, uint32_t address, uint16_t udp_port)
{
    struct sock_filter filter[] = {
        LOAD(BPF_B, (uint32_t)(SKF_AD_OFF + SKF_AD_PKTTYPE)),
        SKIP_IF(PACKET_OUTGOING, 14),
        LOAD(BPF_H, ETHERTYPE),
        SKIP_UNLESS(ETHERTYPE_IP, 12),
        LOAD(BPF_W, IP_DESTINATION),
        SKIP_UNLESS(address, 10),
        LOAD(BPF_H, IP_FRAGMENT),
        SKIP_IF_ANY_BIT(MORE_FRAGMENTS_OR_OFFSET, 8),
        BPF_STMT(BPF_LDX | BPF_B | BPF_MSH, IP),
        LOAD(BPF_B, IP_PROTOCOL),
        SKIP_UNLESS(IPPROTO_UDP, 2),
        LOAD_AFTER_IP(BPF_H, UDP_DESTINATION),
        BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, udp_port, 4, 3),
        SKIP_UNLESS(IPPROTO_ICMP, 2),
        LOAD_AFTER_IP(BPF_H, ICMP_TYPE_AND_CODE),
        SKIP_IF(TIME_EXCEEDED_IN_TRANSIT, 1),
        BPF_STMT(BPF_RET | BPF_K, 0),
        BPF_STMT(BPF_RET | BPF_K, WHOLE_FRAME),
    };
    struct sock_fprog program = {.len = sizeof(filter) / sizeof(*filter), .filter = filter};
    return setsockopt(socket_fd, SOL_SOCKET, SO_ATTACH_FILTER, &program, sizeof(program)) == 0 ? 0 : -errno;
}
