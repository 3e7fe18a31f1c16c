/* SPDX-License-Identifier: BSD-3-Clause */
/* A packet port of one host: any DPDK ethdev. It builds and checks Ethernet, IPv4 and UDP; it knows nothing
 * of weft's packets. One thread at a time may receive, transmit and wait on a port; port_set_next_hop()
 * belongs to the same thread. */
#ifndef WEFT_NIC_PORT_H
#define WEFT_NIC_PORT_H

#include <stdbool.h>
#include <stdint.h>

#include "nic/frame.h"

struct port;

struct port_config {
    const char *device; /* "af_xdp:eth0", "af_packet:eth0" (the kernel's interface), "pci:0000:03:00.0", or a
                           DPDK vdev string such as "net_memif0,role=client"; see nic/README.md */
    uint32_t address;   /* IPv4, host byte order; 0: the first address of the kernel's interface */
    uint16_t udp_port;  /* ours and the peers' destination port */
    uint16_t probed_port;    /* answers of routers to datagrams to this port are given out, too; 0: none */
    uint16_t mtu;            /* IP MTU; 0: of the kernel's interface */
    const char *xdp_program; /* af_xdp: object file of the steering program */
};

enum {
    PORT_ERROR_BYTES = 256
};
/* Starts DPDK's EAL once per process with its own defaults (no hugepages needed, no PCI unless a device asks
 * for it) and the extra arguments given. 0 or negative errno with `error` in words: what is missing and how
 * to get it. */
int port_library_start(const char *const *eal_arguments, unsigned count, char error[PORT_ERROR_BYTES]);

/* To be called once by each thread that will use ports, when it starts: gives it a buffer cache of its own.
 * Without it everything works, but slower. */
void port_thread_register(void);

/* 0 or negative errno with `error` in words. */
int port_open(const struct port_config *config, struct port **port, char error[PORT_ERROR_BYTES]);
void port_close(struct port *port);

uint32_t port_address(const struct port *port);
uint16_t port_mtu(const struct port *port);
uint64_t
port_rate_bytes_per_s(const struct port *port);     /* link speed as the device says; 0: it does not know */
int port_kernel_interface(const struct port *port); /* ifindex, for routes and neighbours; 0: none */

/* Up to `max` frames that concern weft; others are dropped and counted. The caller releases each. */
unsigned port_receive(struct port *port, struct received_frame *frames, unsigned max);
void port_release(struct port *port, struct received_frame *frames, unsigned count);

/* Sends in order. A payload in registered memory is read by the device until it is done with the frame;
 * others are copied, and may change when this returns. Returns how many were taken: fewer than `count` when
 * the device's queue is full. Frames to a destination without a known next hop are counted and dropped, and
 * the destination is given out by port_take_unresolved(). */
unsigned port_transmit(struct port *port, const struct sent_frame *frames, unsigned count);

/* Registers memory that frames may be sent from without a copy (sent_frame.memory). It must stay mapped until
 * it is unregistered. 0, -ENOTSUP (this device cannot: leave sent_frame.memory NULL) or -ENOMEM. */
int port_memory_register(struct port *port, void *base, uint64_t bytes, struct port_memory **memory);
/* Frames that still hold a piece of it: with the device, on the wire in memory, or received from that and not
 * yet released. */
unsigned port_memory_frames(const struct port_memory *memory);
/* 0 or -EBUSY: frames hold pieces of it. NULL is allowed. */
int port_memory_unregister(struct port_memory *memory);

/* Next hops: Ethernet address for an IPv4 destination. The slow path (daemon) resolves, the port remembers.
 */
void port_set_next_hop(struct port *port, uint32_t destination, const uint8_t ethernet[6]);
bool port_take_unresolved(struct port *port, uint32_t *destination);

/* Sleeps until a frame may have arrived, `doorbell_fd` is readable, or `timeout_ns` has passed. A device
 * without a descriptor to wait on is polled in steps that grow from 20 us to 200 us. */
void port_wait(struct port *port, int doorbell_fd, uint64_t timeout_ns);

struct port_counters {
    uint64_t received_frames, sent_frames, sent_bytes, received_bytes;
    uint64_t dropped_not_ours, dropped_checksum, dropped_malformed, dropped_no_next_hop, dropped_no_buffer;
    uint64_t device_missed; /* the device's own count of what it had no room for */
};
void port_get_counters(const struct port *port, struct port_counters *counters);

#endif
