/* SPDX-License-Identifier: BSD-3-Clause */
/* What ranks of this host have entered and ended: for those who look, not for verdicts. Pure. */
#ifndef WEFT_EBPF_MONITOR_RANK_TABLE_H
#define WEFT_EBPF_MONITOR_RANK_TABLE_H

#include <stdbool.h>

#include "dataplane/formats/app_queue.h"
#include "dataplane/formats/timing.h"
#include "ebpf/timing_maps.h"

enum {
    RANK_TABLE_MAX = 1024, /* the one that was heard from longest ago gives way */
    RANK_PORTS_MAX = TIMING_ADDRESSES_MAX,
    RANK_OPERATIONS = APP_OPERATION_BARRIER + 1
};

struct rank_entry {
    uint64_t communicator;
    uint64_t entered, ended; /* one beyond the newest operation that it has entered, and ended */
    uint64_t heard;          /* order; 0: free */
    uint32_t address, rank, rank_count;
};

struct operation_entry {
    uint64_t entered, ended, failed, enqueue_only;
    uint64_t sum_ns;
    uint64_t buckets[TIMING_BUCKETS]; /* as of struct timing_histogram */
};

struct port_entry {
    bool heard; /* else free */
    uint32_t address;
    struct operation_entry operations[RANK_OPERATIONS];
};

struct rank_table {
    struct rank_entry ranks[RANK_TABLE_MAX];
    struct port_entry ports[RANK_PORTS_MAX];
    uint64_t clock;
};

/* Records of other kinds than OPENED, CLOSED, ENTERED and ENDED are ignored. */
void rank_table_take(struct rank_table *table, const struct timing_record *record);

#endif
