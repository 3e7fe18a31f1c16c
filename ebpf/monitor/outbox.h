/* SPDX-License-Identifier: BSD-3-Clause */
/* Records of one host port that control has not taken yet. Bounded: when control is away for too long the
 * oldest are dropped, and counted. Records are numbered from 0 on; the number of what was dropped is not used
 * again. Pure. */
#ifndef WEFT_EBPF_MONITOR_OUTBOX_H
#define WEFT_EBPF_MONITOR_OUTBOX_H

#include "dataplane/formats/timing.h"

struct outbox {
    uint32_t address;
    struct timing_record *records; /* number n is at n % capacity */
    uint32_t capacity;
    uint64_t first;   /* number of the oldest that is kept */
    uint64_t next;    /* of the one that comes next */
    uint64_t dropped; /* never taken by control */
    uint64_t taken;   /* by control */
};

/* 0 or -ENOMEM. */
int outbox_init(struct outbox *outbox, uint32_t address, uint32_t capacity);
void outbox_free(struct outbox *outbox);
void outbox_add(struct outbox *outbox, const struct timing_record *record);
/* Copies the oldest records, at most `max`; their first number is outbox->first. Returns how many. */
uint32_t outbox_peek(const struct outbox *outbox, struct timing_record *records, uint32_t max);
/* Control has taken `count` records from number `first` on; some may have been dropped meanwhile. */
void outbox_on_taken(struct outbox *outbox, uint64_t first, uint32_t count);

#endif
