/* SPDX-License-Identifier: BSD-3-Clause */
/* Operations of which records still come. Monitors tell in batches, each at its own time, so what belongs to
 * one operation is collected until all its ranks have told its end, or nothing has come of it for a while. */
#ifndef WEFT_CONTROL_LOCALISER_OPEN_OPERATION_H
#define WEFT_CONTROL_LOCALISER_OPEN_OPERATION_H

#include "control/localiser/flow.h"
#include "dataplane/formats/timing.h"

enum {
    OPERATIONS_MAX = 4096,
    OPERATION_BUCKETS = 1024,
    OPERATION_RANKS_MAX = 1 << 20
};

/* What is kept of a record. */
struct sample {
    struct flow flow; /* of TIMING_ENDED the rank's port as source */
    uint32_t step;
    uint32_t packets, retransmits, marks;
    uint64_t bytes, ready_ns, credit_ns, network_ns, drain_ns, minimum_rtt_ns;
    uint64_t
        entry_to_ready_ns; /* TIMING_SENT: the rank was in the operation for so long before; 0: not known */
    uint64_t away_ns;      /* TIMING_ENDED: between the operation before and this one; 0: not known */
    uint8_t kind;          /* TIMING_SENT, _RECEIVED, _ENDED */
};

struct open_operation {
    struct open_operation *next; /* of its bucket */
    uint64_t communicator, sequence;
    uint16_t name; /* enum app_operation */
    uint64_t newest_at_ns;
    struct sample *samples;
    size_t count, capacity;
    uint8_t *ended; /* a bit for each rank */
    uint32_t ended_bits, ended_count;
    uint32_t rank_count;     /* as the reports say: the largest */
    uint32_t first_reporter; /* port */
    bool corroborated;       /* by a second port */
};

struct open_operations {
    struct open_operation *buckets[OPERATION_BUCKETS];
    struct open_operation *open[OPERATIONS_MAX]; /* in the order of their first records */
    uint32_t count;
    size_t samples;
};

void open_operations_clear(struct open_operations *t);
/* Finds or opens it; NULL: too many, or memory is short. */
struct open_operation *open_operation_find(struct open_operations *t, const struct timing_record *record);
/* -ENOMEM: the sample is not kept. */
int open_operation_add(struct open_operations *t, struct open_operation *o, const struct sample *sample);
/* Rank `record->rank` has ended it. */
void open_operation_note_end(struct open_operation *o, const struct timing_record *record);
bool open_operation_is_complete(const struct open_operation *o);
/* Takes the open operation at this index out of the table; the caller frees it. */
struct open_operation *open_operation_take(struct open_operations *t, uint32_t index);
void open_operation_free(struct open_operation *o);

#endif
