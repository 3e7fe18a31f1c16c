/* SPDX-License-Identifier: (BSD-3-Clause OR GPL-2.0) */
/* What weft-monitor and its programs (timing.bpf.c) share: constants that are set before loading, and the
 * histograms. */
#ifndef WEFT_EBPF_TIMING_MAPS_H
#define WEFT_EBPF_TIMING_MAPS_H

#include <stdint.h>

enum {
    TIMING_CELLS_MAX = 8192,
    TIMING_ADDRESSES_MAX = 64,
    TIMING_CALLERS_MAX = 4096,
    TIMING_BUCKETS = 24, /* bucket i: took more than 2^(i-1) us and at most 2^i us; longer is in no bucket */
    TIMING_STAGES = 4    /* enum stage of control/localiser/stage_gate.h: ready, credit, network, drain */
};

/* Where a message went, as one host port sees it. */
struct timing_cell_key {
    uint32_t address;   /* the port that reports */
    uint32_t peer_leaf; /* the other end's address, its host bits zero */
    uint16_t path;      /* spine, or TIMING_PATH_NONE */
    uint8_t received;   /* reported by the receiver */
    uint8_t reserved;
};

/* Program: rw, monitor: ro. */
struct timing_cell {
    uint64_t records, bytes, packets, retransmits, marks;
    struct timing_histogram {
        uint64_t sum_ns;
        uint64_t buckets[TIMING_BUCKETS];
    } stages[TIMING_STAGES];
};

/* Program: rw, monitor: ro. The one entry of its map. */
struct timing_counts {
    uint64_t taken;    /* records that were handed over */
    uint64_t lost;     /* that found no room */
    uint64_t unread;   /* that could not be read from the process */
    uint64_t uncelled; /* that found the table of cells full */
};

/* Who calls another library's collective. */
struct timing_caller {
    uint32_t process;
    uint32_t reserved;
    uint64_t communicator; /* that library's handle, a pointer in that process; 0: not known */
};

#endif
