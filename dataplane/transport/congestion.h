/* SPDX-License-Identifier: BSD-3-Clause */
/* Congestion control of one channel: a window in bytes, moved by events in the past tense. A control is a
 * const table; its state is the same struct for all, so a channel needs no allocation. Integers only; time is
 * an argument.
 */
#ifndef WEFT_TRANSPORT_CONGESTION_H
#define WEFT_TRANSPORT_CONGESTION_H

#include <stdint.h>

#include "dataplane/transport/transport.h"

/* What a channel knows of its path. */
struct congestion_path {
    nsec_t base_rtt_ns;
    uint64_t line_rate_bytes_per_s;
    uint32_t packet_bytes; /* largest data packet on the wire */
};

struct congestion_ack {
    nsec_t now;
    nsec_t rtt_ns;            /* of the packet that caused the ack, turnaround taken off; 0: none */
    uint32_t acked_bytes;     /* newly acknowledged, wire bytes */
    uint16_t acked_packets;   /* newly acknowledged */
    uint16_t marked_packets;  /* newly reported marked, at most acked_packets */
    uint64_t in_flight_bytes; /* before this ack */
};

struct congestion {
    uint64_t window_bytes;         /* what the control decides: bytes that may be in flight */
    uint64_t planned_window_bytes; /* from the last step start: planned rate x base rtt */
    nsec_t average_delay_ns;       /* nscc */
    nsec_t epoch_started;          /* dctcp, nscc: start of the current round trip */
    nsec_t last_cut;
    uint64_t increase; /* nscc: gathered increase, in its own fixed point */
    uint32_t epoch_acked_bytes;
    uint32_t epoch_packets;
    uint32_t epoch_marked_packets;
    uint32_t marked_fraction; /* dctcp alpha, 16 fractional bits */
};

struct congestion_control {
    const char *name;
    void (*on_create)(struct congestion *c, const struct congestion_path *path);
    /* A step puts bytes on the channel that is planned to go at this rate (bytes per second). */
    void (*on_step_start)(struct congestion *c, const struct congestion_path *path, uint64_t planned_rate,
                          nsec_t now);
    void (*on_ack)(struct congestion *c, const struct congestion_path *path,
                   const struct congestion_ack *ack);
    void (*on_loss)(struct congestion *c, const struct congestion_path *path,
                    nsec_t now); /* at most once a window */
    void (*on_timeout)(struct congestion *c, const struct congestion_path *path, nsec_t now);
};

/* NULL if there is none of that name. The table ends with a NULL name. */
const struct congestion_control *congestion_control_by_name(const char *name);
extern const struct congestion_control congestion_none, congestion_dctcp, congestion_nscc;

#endif
