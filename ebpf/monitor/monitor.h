/* SPDX-License-Identifier: BSD-3-Clause */
/* What weft-monitor is made of, for those who show it. */
#ifndef WEFT_EBPF_MONITOR_MONITOR_H
#define WEFT_EBPF_MONITOR_MONITOR_H

#include "ebpf/monitor/config.h"
#include "ebpf/monitor/hang_watch.h"
#include "ebpf/monitor/port_table.h"
#include "ebpf/monitor/probes.h"
#include "ebpf/monitor/rank_table.h"
#include "ebpf/monitor/uplink.h"

struct monitor {
    struct monitor_config *config;
    struct probes *probes;
    struct port_table ports;
    struct rank_table ranks;
    struct hang_watch *hangs;
    uint64_t lost;         /* records, when the hang watch was last told */
    struct uplink *uplink; /* NULL: no control */
    uint64_t incarnation;
    uint64_t started_at_ns;
    uint64_t kinds[TIMING_KINDS]; /* records taken, by enum timing_kind */
};

uint64_t monitor_clock_ns(void);

#endif
