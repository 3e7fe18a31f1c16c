/* SPDX-License-Identifier: BSD-3-Clause */
/* What weft-monitor is made of: records come from the probes, and go to tables, the hang watch and control.
 */
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

struct event_base;

/* Needs m->config, all else zero. 0 or negative errno, which has been logged unless memory is short. */
int monitor_open(struct monitor *m, struct event_base *base);
void monitor_close(struct monitor *m);
/* Listens to what is installed or configured before anybody has mapped it, so that nothing of it is missed.
 */
void monitor_attach_known(struct monitor *m);
/* Looks for processes that have anything else mapped, and listens to that too. */
void monitor_scan(struct monitor *m);
/* Looks for hangs, and sends what has come. */
void monitor_end_window(struct monitor *m);

#endif
