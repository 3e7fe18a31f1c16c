/* SPDX-License-Identifier: BSD-3-Clause */
/* Congestion control of one channel: a window in bytes, moved by events in the past tense. A control is a
 * const table; its state is the same struct for all, so a channel needs no allocation. Integers only; time is
 * an argument.
 */
#ifndef WEFT_TRANSPORT_CONGESTION_H
#define WEFT_TRANSPORT_CONGESTION_H

#include <stdbool.h>
#include <stdint.h>

#include "dataplane/transport/transport.h"

/* What a channel knows of its path. */
struct congestion_path {
    nsec_t base_rtt_ns; /* 1 ns .. 1 s */
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
    uint64_t window_bytes; /* what the control decides: bytes that may be in flight, at least one packet */
    /* kept by congestion_window.h for every control */
    uint64_t planned_rate_bytes_per_s; /* from the last step start; the line rate if no plan is known */
    uint64_t planned_window_bytes;     /* planned rate x round_trip_ns */
    nsec_t round_trip_ns;              /* of the path without queues, the hosts' own delays included */
    nsec_t last_cut;                   /* NSEC_NEVER: not yet */
    nsec_t round_started;              /* the round trip that is being counted */
    uint64_t round_acked_bytes;
    uint64_t round_rtt_sum_ns; /* of its unmarked acks */
    uint32_t round_rtt_samples;
    uint32_t round_in_flight_bytes; /* the most that an ack of it found */
    uint32_t round_packets;
    uint32_t round_marked_packets;
    bool round_lost; /* a loss in it */
    /* of one control each */
    union {
        struct {                       /* nscc */
            bool round_late;           /* a marked and very late ack in this round */
            uint16_t clean_rounds;     /* in a row, without loss and with next to no marks */
            uint32_t delay_ns;         /* above round_trip_ns, of the last ack */
            uint32_t average_delay_ns; /* the same, smoothed, of acks whose delay is of the fabric */
            uint32_t gain_bytes; /* a packet, scaled by how much longer than its reference path this is */
            uint64_t increase;   /* gathered since the last adjustment: bytes acked x bytes a round trip */
            uint64_t gathered_bytes; /* acked since then */
        };
        struct {                       /* dctcp */
            uint64_t slow_start_bytes; /* after a timeout the window doubles up to here; 0: not after one */
            uint32_t marked_fraction;  /* smoothed, of rounds: 16 fractional bits */
        };
        struct {                   /* swift */
            uint64_t earned_bytes; /* acked since the window last grew or was cut */
            nsec_t measured_ns;    /* the round trip of the last ack */
            uint16_t timeouts_in_row;
        };
        struct {                /* powertcp-delay */
            nsec_t last_ack_at; /* NSEC_NEVER: none yet */
            nsec_t last_rtt_ns; /* of that ack */
            uint32_t power;     /* smoothed, 1 without a queue: 16 fractional bits */
        };
    };
};

struct congestion_control {
    const char *name;
    void (*on_create)(struct congestion *c, const struct congestion_path *path);
    /* A step puts bytes on the channel that are planned to go at this rate (bytes per second); 0: no plan is
     * known, which is the same as the line rate. */
    void (*on_step_start)(struct congestion *c, const struct congestion_path *path, uint64_t planned_rate,
                          nsec_t now);
    void (*on_ack)(struct congestion *c, const struct congestion_path *path,
                   const struct congestion_ack *ack);
    void (*on_loss)(struct congestion *c, const struct congestion_path *path,
                    nsec_t now); /* at most once a window */
    void (*on_timeout)(struct congestion *c, const struct congestion_path *path, nsec_t now);
};

/* NULL if there is none of that name. */
const struct congestion_control *congestion_control_by_name(const char *name);
/* The controls in turn, for those who try or list them all; NULL beyond the last. */
const struct congestion_control *congestion_control_at(unsigned index);
/* Their names, for messages: "none, dctcp, ...". */
#define CONGESTION_CONTROL_NAMES "none, dctcp, nscc, swift, powertcp-delay"
extern const struct congestion_control congestion_none, congestion_dctcp, congestion_nscc, congestion_swift,
    congestion_powertcp_delay;
/* Of NICs that do it themselves (transport_config.reliable_nic): not to be chosen by name. */
extern const struct congestion_control congestion_nic;

#endif
