/* SPDX-License-Identifier: BSD-3-Clause */
/* A plan as control hands it to one host port: which path each planned flow takes, and which paths are worth
 * what towards each leaf. The planner writes it, dataplanes read it; local mode needs only its weights, and
 * neither a plan nor a part of one is ever required: what a plan does not name is split locally.
 *
 * One block of memory, little-endian:
 *
 *     struct plan_header
 *     struct plan_spine          x spine_count           the spines that pieces and weights speak of
 *     struct plan_leaf           x leaf_count            ascending by prefix
 *     uint8_t weights            x leaf_count x spine_count, then zeroes to a multiple of 8
 *     struct plan_communicator   x communicator_count    ascending by (identity, rank, shape)
 *     struct plan_flow           x flow_count            of one communicator ascending by peer_rank
 *     struct plan_piece          x piece_count
 *
 * A plan is foreign bytes until plan_check() has accepted it; the accessors below ask for a checked one.
 */
#ifndef WEFT_FORMATS_PLAN_H
#define WEFT_FORMATS_PLAN_H

#include <assert.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "dataplane/formats/step_shape.h"

enum {
    PLAN_MAGIC = 0x4e4c5057, /* "WPLN" */
    PLAN_VERSION = 1,
    PLAN_SPINES_MAX = 64,
    PLAN_LEAVES_MAX = 65536,
    PLAN_COMMUNICATORS_MAX = 65536,
    PLAN_FLOWS_MAX = 1 << 22,
    PLAN_PIECES_MAX = 1 << 23,
    PLAN_WEIGHT_FULL = 8,     /* a path of nominal capacity; 0: take it only if there is no other */
    PLAN_SHARE_WHOLE = 65536, /* the shares of a flow's pieces add up to this */
    PLAN_ERROR_BYTES = 160
};

struct plan_header {
    uint32_t magic;
    uint16_t version;
    uint16_t leaf_prefix_bits; /* a leaf's prefix is its hosts' address >> (32 - this) */
    uint64_t epoch;            /* grows with every plan that is published; never zero */
    uint64_t hash;             /* of the whole fabric's plan: equal on all hosts that have the same one */
    uint32_t bytes;            /* of this block */
    uint32_t checksum;         /* plan_checksum() of the block with this field zero */
    uint32_t address;          /* IPv4 of the host port that it is for, host byte order */
    uint32_t spine_count;
    uint32_t leaf_count;
    uint32_t communicator_count;
    uint32_t flow_count;
    uint32_t piece_count;
};

struct plan_spine {
    uint32_t address; /* with which the router answers probes: the spine's identity, host byte order */
};

struct plan_leaf {
    uint32_t prefix;
};

/* The flows of one rank on this host, in steps of one shape. */
struct plan_communicator {
    uint64_t identity;
    uint32_t rank;
    uint32_t shape; /* enum step_shape */
    uint32_t first_flow;
    uint32_t flow_count;
};

struct plan_flow {
    uint32_t peer_rank;
    uint32_t first_piece;
    uint32_t piece_count; /* 1: unsplit */
};

struct plan_piece {
    uint32_t spine; /* index into the plan's spines */
    uint32_t share; /* of the flow's bytes, 1 .. PLAN_SHARE_WHOLE */
};

static_assert(sizeof(struct plan_header) == 56, "plan_header");
static_assert(sizeof(struct plan_communicator) == 24, "plan_communicator");
static_assert(sizeof(struct plan_flow) == 12, "plan_flow");
static_assert(sizeof(struct plan_piece) == 8, "plan_piece");

/* A checked plan, taken apart. Points into the block, which must stay. */
struct plan_view {
    const struct plan_header *header;
    const struct plan_spine *spines;
    const struct plan_leaf *leaves;
    const uint8_t *weights; /* leaf x spine */
    const struct plan_communicator *communicators;
    const struct plan_flow *flows;
    const struct plan_piece *pieces;
};

/* Bytes that a plan with these counts takes; 0 if one of them is beyond its limit. */
size_t plan_bytes(const struct plan_header *header);

/* CRC-32C of the block, header.checksum taken as zero. */
uint32_t plan_checksum(const void *block, size_t bytes);

/* Where the parts of a block lie whose header is filled in: for the writer. */
struct plan_view plan_lay_out(const void *block);

/* 0 and a view if the block (8-byte aligned) is a whole, untampered plan for the host port `address`; else
 * -EINVAL and one line that says what is wrong with it. */
int plan_check(const void *block, size_t bytes, uint32_t address, struct plan_view *view,
               char error[PLAN_ERROR_BYTES]);

/* The table of a rank's steps of this shape, or else of STEP_SHAPE_ANY; NULL if there is none. */
const struct plan_communicator *plan_find_communicator(const struct plan_view *view, uint64_t identity,
                                                       uint32_t rank, uint32_t shape);
/* The planned flow to that rank; NULL if the plan has none. */
const struct plan_flow *plan_find_flow(const struct plan_view *view, const struct plan_communicator *c,
                                       uint32_t peer_rank);
/* spine_count weights of the paths towards the leaf with this prefix; NULL if the plan does not know it. */
const uint8_t *plan_find_weights(const struct plan_view *view, uint32_t prefix);

#endif
