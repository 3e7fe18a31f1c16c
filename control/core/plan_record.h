/* SPDX-License-Identifier: BSD-3-Clause */
/* What a plan says, kept small: a byte for each flow that goes over one spine, more only for the few that are
 * split. The plan in force is made into hosts' blocks from this, and 64 old ones are kept to compare with.
 *
 * A table is the flows of one job's steps of one shape, numbered as step_pattern.h says. */
#ifndef WEFT_CONTROL_PLAN_RECORD_H
#define WEFT_CONTROL_PLAN_RECORD_H

#include "control/core/jobs.h"
#include "control/core/step_pattern.h"

enum {
    FLOW_UNPLANNED = 0xfe, /* inside a leaf, or without a way */
    FLOW_SPLIT = 0xff
};

struct plan_table {
    uint64_t identity;
    struct geometry *geometry;
    struct step_pattern pattern;
    uint64_t flow_bytes; /* as reported; planned by its size class */
    uint32_t first_flow;
    uint32_t crossing, planned; /* flows between leaves; those of them that have a way */
    bool local;                 /* none has: its hosts cut them over all paths (plan_tables.c) */
};

struct plan_split {
    uint32_t flow;
    uint32_t first_piece, piece_count;
};

struct plan_record {
    struct core_plan_info info;
    struct plan_table *tables; /* ascending by (identity, shape) */
    unsigned table_count;
    uint32_t flow_count;
    uint8_t *spines;           /* [flow] */
    struct plan_split *splits; /* ascending by flow */
    uint32_t split_count, split_capacity;
    struct plan_piece *pieces;
    uint32_t piece_count, piece_capacity;
    bool adopted; /* keeps the geometries of its tables */
};

/* Takes over `tables` (malloc), and sees that no flow is planned. NULL: no memory. */
struct plan_record *plan_record_create(struct plan_table *tables, unsigned table_count, uint32_t flow_count);
/* From now on the record keeps the geometries that it speaks of; on the core's thread. */
void plan_record_adopt(struct plan_record *r);
void plan_record_destroy(struct plan_record *r); /* NULL is allowed */
size_t plan_record_bytes(const struct plan_record *r);

/* Of each flow once, in any order. 0 or -ENOMEM. */
int plan_record_set(struct plan_record *r, uint32_t flow, const struct plan_piece *pieces, uint32_t count);
/* All flows are set: from now on they can be read. */
void plan_record_seal(struct plan_record *r);
/* The flow's pieces, in the order of their offsets; `whole` has room for that of a flow which is not split.
 */
const struct plan_piece *plan_record_pieces(const struct plan_record *r, uint32_t flow,
                                            struct plan_piece *whole, uint32_t *count);
const struct plan_table *plan_record_find(const struct plan_record *r, uint64_t identity,
                                          enum step_shape shape);
/* Fills in all of the flow but its pieces. */
void plan_record_describe(const struct plan_table *table, uint32_t rank, uint32_t index,
                          struct core_flow *flow);

typedef void (*record_visitor)(void *context, const struct core_flow *before, const struct core_flow *after);
/* Calls `visit` (NULL allowed) for the flows of both whose pieces differ. Returns how many. */
uint64_t plan_record_diff(const struct plan_record *from, const struct plan_record *to, record_visitor visit,
                          void *context);

#endif
