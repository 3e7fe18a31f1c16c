/* SPDX-License-Identifier: BSD-3-Clause */
/* One rank of a benchmark: its session with the dataplane, its buffers, and the iterations it runs. The same
 * in a lab, where it is a child of weft-bench, and outside, where it is a process of its own. */
#ifndef BENCH_RANK_H
#define BENCH_RANK_H

#include <stdint.h>

#include "dataplane/client/weft.h"
#include "tools/bench/options.h"
#include "tools/bench/pattern.h"

struct rank_config {
    const struct bench_options *options;
    unsigned rank;
    unsigned ranks;
    const uint32_t *addresses; /* of all ranks, host byte order */
    const char *socket_path;   /* NULL: libweft's default */
    uint64_t identity;         /* of the communicator */
};

/* CLOCK_MONOTONIC around the collective alone: without preparing data, the barrier before it, and checking.
 */
struct rank_time {
    uint64_t start_ns;
    uint64_t end_ns;
};

/* Iterations of one size. */
struct rank_run {
    uint64_t bytes; /* as asked for; collective_shape_of() says what becomes of it */
    unsigned first_iteration;
    unsigned count;
};

enum {
    RANK_TEXT_BYTES = 256
};

struct rank {
    const struct bench_options *options;
    unsigned rank;
    unsigned ranks;
    struct weft_context *context;
    struct weft_communicator *communicator;
    uint8_t *in;
    uint8_t *out;
    struct pattern pattern;
    char text[RANK_TEXT_BYTES]; /* why the last call failed */
};

/* Attaches and makes buffers for the largest size. 0, or -1 with rank->text. */
int rank_open(struct rank *rank, const struct rank_config *config);
void rank_close(struct rank *rank);

/* Runs the iterations, each between barriers. With --check every result is verified; the first wrong byte
 * goes to *mismatch and ends checking, not the run: other ranks still need this one. 0, or -1 with
 * rank->text. */
int rank_run(struct rank *rank, const struct rank_run *run, struct rank_time *times,
             struct pattern_mismatch *mismatch);

#endif
