/* SPDX-License-Identifier: BSD-3-Clause */
/* Operations that do not end: what the stage gate finds in this monitor's records, in words, for as long as
 * it lasts. Pure. */
#ifndef WEFT_EBPF_MONITOR_HANG_WATCH_H
#define WEFT_EBPF_MONITOR_HANG_WATCH_H

#include "control/localiser/stage_gate.h"
#include "ebpf/monitor/rank_table.h"

enum {
    HANGS_MAX = 64, /* the oldest gives way */
    HANG_TEXT_BYTES = 160
};

struct hang {
    uint64_t communicator; /* with `since_ns`, of one that lasts */
    uint64_t sequence;
    uint64_t since_ns; /* 0: free */
    uint32_t rank_count;
    uint32_t ranks[STAGE_GATE_RANKS_MAX];
    uint16_t path; /* silent; TIMING_PATH_NONE: none is */
    char text[HANG_TEXT_BYTES];
};

struct hang_watch;

struct hang_watch_config {
    uint64_t hang_ns;
    bool whole_communicators; /* this monitor hears all ranks, not only this host's */
    /* A hang has been found, or (`hang->since_ns` is 0) is over. */
    void (*tell)(void *context, const struct hang *hang);
    void *context;
};
/* NULL when memory is short. */
struct hang_watch *hang_watch_create(const struct hang_watch_config *config);
void hang_watch_destroy(struct hang_watch *h);
/* Records that have been checked. A path's silence concerns all communicators that `ranks` has open at its
 * port. */
void hang_watch_take(struct hang_watch *h, const struct timing_record *record, const struct rank_table *ranks,
                     uint64_t now_ns);
/* Records have been lost: of whom cannot be known. */
void hang_watch_on_loss(struct hang_watch *h, const struct rank_table *ranks);
void hang_watch_tick(struct hang_watch *h, uint64_t now_ns);
/* Those that last; NULL beyond the last. */
const struct hang *hang_watch_get(const struct hang_watch *h, unsigned index);

#endif
