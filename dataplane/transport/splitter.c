/* SPDX-License-Identifier: BSD-3-Clause */
/* Wrap-around cutting and Ethereal's rule; the contract is in splitter.h.
 *
 * Wrap-around: every path is a bin whose room is its share of the bytes. Flows are put whole into the bins
 * while they fit, round-robin. Those that fit nowhere are laid end to end over the room that is left, bin
 * after bin, and cut at the bins' edges. For n equal flows, s equal paths and r = n mod s, that leaves n - r
 * flows whole and cuts the others at multiples of r f / s, which makes r + s - gcd(r, s) pieces: no scheme
 * with equal loads has fewer. In general every edge adds at most one piece, so there are at most n + s - 1.
 *
 * A cut moves down to a multiple of the granule, by less than a granule: a path has two edges, so its load
 * stays within a granule of its share. Where that leaves nothing between two cuts, as it can when a flow has
 * fewer granules than there are paths, there is no piece.
 *
 * Time: n + s steps when the flows are equal, n s at worst.
 */
#include "dataplane/transport/splitter.h"

#include <assert.h>
#include <stddef.h>

static unsigned greatest_common_divisor(unsigned a, unsigned b)
{
    while (b != 0) {
        unsigned rest = a % b;
        a = b;
        b = rest;
    }
    return a;
}

/* Ethereal's pieces of each of the n mod s flows that are not left whole; 1 if there are none. */
static unsigned ethereal_ways(unsigned flow_count, unsigned path_count)
{
    return path_count / greatest_common_divisor(flow_count % path_count, path_count);
}

unsigned split_pieces_max(enum path_mode mode, unsigned flow_count, unsigned path_count)
{
    unsigned rest = flow_count % path_count;
    switch (mode) {
    case PATH_MODE_ETHEREAL:
        return flow_count - rest + rest * ethereal_ways(flow_count, path_count);
    case PATH_MODE_WRAP:
    case PATH_MODE_PLANNED:
        return flow_count + path_count - 1;
    case PATH_MODE_HASH:
    case PATH_MODE_SPRAY:
    case PATH_MODE_REPS:
    case PATH_MODE_MPRDMA:
    case PATH_MODES:
        break;
    }
    return flow_count;
}

/* The path of the `turn`-th bin. */
static uint16_t path_of_turn(const struct split_request *request, unsigned turn)
{
    return (request->rotation % request->path_count + turn) % request->path_count;
}

static uint64_t round_down(uint64_t position, uint32_t granule_bytes)
{
    return position - position % granule_bytes;
}

/* ---- wrap-around ---- */

/* Bins are numbered in the order in which they are filled. */
struct bins {
    unsigned count;
    uint64_t room_bytes[PACKET_PATHS_MAX];
};

static unsigned weight_of_turn(const struct split_request *request, unsigned turn)
{
    return request->weights ? request->weights[path_of_turn(request, turn)] : 1;
}

/* Every bin gets its share of the flows' bytes, to the byte; the shares add up exactly. */
static void bins_measure(struct bins *bins, const struct split_request *request)
{
    uint64_t bytes = 0, weights = 0, weights_so_far = 0, previous_edge = 0;
    for (unsigned i = 0; i < request->flow_count; i++)
        bytes += request->flow_bytes[i];
    for (unsigned turn = 0; turn < request->path_count; turn++)
        weights += weight_of_turn(request, turn);
    bins->count = request->path_count;
    for (unsigned turn = 0; turn < bins->count; turn++) {
        weights_so_far += weight_of_turn(request, turn);
        uint64_t edge = (uint64_t)((unsigned __int128)bytes * weights_so_far / weights);
        bins->room_bytes[turn] = edge - previous_edge;
        previous_edge = edge;
    }
}

/* The first bin from `turn` on with so much room; bins->count if there is none. */
static unsigned bins_find_room(const struct bins *bins, unsigned turn, uint64_t bytes)
{
    for (unsigned tries = 0; tries < bins->count; tries++) {
        if (bins->room_bytes[turn] >= bytes)
            return turn;
        turn = turn + 1 < bins->count ? turn + 1 : 0;
    }
    return bins->count;
}

/* Notes in marks[i].path the bin that takes flow i whole, or bins->count if it must be cut, and takes the
 * whole flows' bytes out of the bins. */
static void mark_whole_flows(struct bins *bins, const struct split_request *request,
                             struct split_piece *marks)
{
    uint64_t too_big_bytes = UINT64_MAX; /* room only shrinks: what did not fit once never will */
    unsigned next = 0;
    for (unsigned i = 0; i < request->flow_count; i++) {
        uint64_t bytes = request->flow_bytes[i];
        unsigned turn = bytes < too_big_bytes ? bins_find_room(bins, next, bytes) : bins->count;
        marks[i].path = turn;
        if (turn == bins->count) {
            too_big_bytes = bytes < too_big_bytes ? bytes : too_big_bytes;
            continue;
        }
        bins->room_bytes[turn] -= bytes;
        next = turn + 1 < bins->count ? turn + 1 : 0;
    }
}

/* Walks along the line of flows that are cut. */
struct cutter {
    uint64_t start_bytes; /* where in the line the next flow begins */
    uint64_t edge_bytes;  /* where in the line bin `turn` ends */
    unsigned turn;
};

static void cutter_next_bin(struct cutter *cutter, const struct bins *bins)
{
    cutter->turn++;
    cutter->edge_bytes += bins->room_bytes[cutter->turn];
}

/* Cuts the next flow of the line at the edges that fall into it; returns the number of pieces. */
static unsigned cutter_cut_flow(struct cutter *cutter, const struct bins *bins,
                                const struct split_request *request, unsigned flow,
                                struct split_piece *pieces)
{
    uint64_t length = request->flow_bytes[flow], offset = 0;
    unsigned count = 0;
    while (cutter->edge_bytes <= cutter->start_bytes)
        cutter_next_bin(cutter, bins);
    while (offset < length) {
        uint64_t edge = cutter->edge_bytes - cutter->start_bytes;
        uint64_t end = edge < length ? round_down(edge, request->granule_bytes) : length;
        if (end > offset)
            pieces[count++] = (struct split_piece){.flow = flow,
                                                   .path = path_of_turn(request, cutter->turn),
                                                   .offset = offset,
                                                   .bytes = end - offset};
        if (edge < length)
            cutter_next_bin(cutter, bins);
        offset = end;
    }
    cutter->start_bytes += length;
    return count;
}

unsigned split_wrap(const struct split_request *request, struct split_piece *pieces)
{
    assert(request->path_count >= 1 && request->path_count <= PACKET_PATHS_MAX);
    assert(request->granule_bytes > 0);
    struct bins bins;
    bins_measure(&bins, request);
    /* The marks stand at the array's end. A piece too many for its flow needs an edge, of which there are
     * count - 1, so the pieces never overtake the marks still to be read. */
    struct split_piece *marks = pieces + bins.count - 1;
    mark_whole_flows(&bins, request, marks);
    struct cutter cutter = {.edge_bytes = bins.room_bytes[0]};
    unsigned count = 0;
    for (unsigned i = 0; i < request->flow_count; i++) {
        unsigned turn = marks[i].path;
        if (turn == bins.count)
            count += cutter_cut_flow(&cutter, &bins, request, i, pieces + count);
        else
            pieces[count++] = (struct split_piece){
                .flow = i, .path = path_of_turn(request, turn), .bytes = request->flow_bytes[i]};
    }
    return count;
}

/* ---- Ethereal ---- */

/* Splits one flow into `ways` equal pieces on successive paths from the `turn`-th; returns their number. */
static unsigned split_evenly(const struct split_request *request, unsigned flow, unsigned turn, unsigned ways,
                             struct split_piece *pieces)
{
    uint64_t length = request->flow_bytes[flow], offset = 0;
    unsigned count = 0;
    for (unsigned i = 0; i < ways; i++) {
        uint64_t edge = (uint64_t)((unsigned __int128)length * (i + 1) / ways);
        uint64_t end = edge < length ? round_down(edge, request->granule_bytes) : length;
        if (end > offset || (i == 0 && length == 0))
            pieces[count++] = (struct split_piece){.flow = flow,
                                                   .path = path_of_turn(request, turn + i),
                                                   .offset = offset,
                                                   .bytes = end - offset};
        offset = end;
    }
    return count;
}

unsigned split_ethereal(const struct split_request *request, struct split_piece *pieces)
{
    assert(request->path_count >= 1 && request->granule_bytes > 0);
    unsigned whole = request->flow_count - request->flow_count % request->path_count;
    unsigned ways = ethereal_ways(request->flow_count, request->path_count);
    unsigned count = 0, turn = 0;
    for (unsigned i = 0; i < request->flow_count; i++) {
        unsigned pieces_of_flow = i < whole ? 1 : ways;
        count += split_evenly(request, i, turn, pieces_of_flow, pieces + count);
        turn = (turn + pieces_of_flow) % request->path_count;
    }
    return count;
}
