/* SPDX-License-Identifier: BSD-3-Clause */
/* Puts the flows of one step that go to one leaf on the live paths to it: which bytes of which flow take
 * which path, so that every path gets its share of the bytes. Pure: equal inputs, equal outputs. Local mode
 * of the design: Ethereal's rule (Addanki et al., arXiv 2407.00550) and wrap-around cutting (McNaughton
 * 1959). */
#ifndef WEFT_TRANSPORT_SPLITTER_H
#define WEFT_TRANSPORT_SPLITTER_H

#include <stdint.h>

#include "dataplane/transport/transport.h"

struct split_piece {
    uint32_t flow;   /* index into the flows given */
    uint16_t path;   /* index into the paths given: 0 .. path_count - 1 */
    uint64_t offset; /* in the flow; a multiple of the granule */
    uint64_t bytes;
};

struct split_request {
    const uint64_t *flow_bytes; /* flow_count lengths, 0 allowed */
    unsigned flow_count;
    unsigned path_count;     /* live paths, >= 1 */
    const uint16_t *weights; /* of the paths, each > 0; NULL: equal */
    unsigned rotation;       /* which path is filled first, modulo path_count */
    uint32_t granule_bytes;  /* cuts fall on multiples of this: the payload of a packet */
};

/* A bound on the pieces of any split: what the caller's array must hold. */
unsigned split_pieces_max(enum path_mode mode, unsigned flow_count, unsigned path_count);
/* Both splits write the pieces, in order of flow and offset, and return their number. The pieces of a flow
 * tile it exactly; a flow of 0 bytes gets one piece of 0 bytes, and no other piece is empty.
 *
 * Wrap: every path's load is within a granule of its share, for any flows and weights. path_count is at most
 * PACKET_PATHS_MAX. */
unsigned split_wrap(const struct split_request *request, struct split_piece *pieces);
/* As published, for equal flows and paths: weights are ignored. With r = flow_count mod path_count, loads are
 * within r / gcd(r, path_count) granules of their share, and equal if the granule divides every piece. */
unsigned split_ethereal(const struct split_request *request, struct split_piece *pieces);

#endif
