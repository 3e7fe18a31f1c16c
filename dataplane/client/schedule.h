/* SPDX-License-Identifier: BSD-3-Clause */
/* What one rank sends, receives and adds up in the course of a collective: pure functions of the problem, so
 * that every algorithm can be proven in memory for every rank count, and so that a schedule needs no memory
 * of its own however many ranks there are.
 *
 * A schedule has *lanes*: slices of the data that run the same steps independently of one another, so that
 * one lane's bytes are on the wire while another's step ends. Within a lane, for every step k:
 *   - its receives may be posted once step k - window is finished (received, reduced and sent);
 *   - its sends may be submitted once the receives of all steps before k have arrived and been reduced;
 *   - reductions are done in the order in which the receives are listed, step after step.
 * The algorithms rely on exactly these rules for the reuse of memory, on every peer keeping them too, and on
 * nothing else; in particular not on timing.
 *
 * Offsets and lengths are in bytes of the problem's buffers.
 */
#ifndef WEFT_CLIENT_SCHEDULE_H
#define WEFT_CLIENT_SCHEDULE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "dataplane/client/weft.h"
#include "dataplane/formats/app_queue.h"

enum {
    SCHEDULE_LANES_MAX = 4,
    SCHEDULE_WINDOW_MAX = 4,
    SCHEDULE_FLOWS_MAX =
        256, /* sends, and receives, of one step; exchanges with more peers take more steps */
    SCHEDULE_COPIES_MAX = 2
};
static_assert((int)SCHEDULE_FLOWS_MAX <= (int)APP_BATCH_FLOWS_MAX, "a step is one batch");

enum schedule_space {
    SCHEDULE_IN,
    SCHEDULE_OUT,
    SCHEDULE_SCRATCH,
    SCHEDULE_SPACES
};

struct schedule_place {
    enum schedule_space space;
    uint64_t offset;
};

struct schedule_send {
    uint32_t peer;
    struct schedule_place from;
    uint64_t bytes;
};

struct schedule_receive {
    uint32_t peer;
    struct schedule_place into;
    uint64_t bytes;
    /* Then accumulator = accumulator (reduction) operand, over `bytes`; one of the two is `into`. */
    bool reduces;
    bool completes_reduction; /* every rank's share is in the accumulator now */
    struct schedule_place accumulator;
    struct schedule_place operand;
    uint32_t final_first; /* segments of `out` that are final then */
    uint32_t final_count;
};

struct schedule_step {
    unsigned send_count;
    unsigned receive_count;
    struct schedule_send sends[SCHEDULE_FLOWS_MAX];
    struct schedule_receive receives[SCHEDULE_FLOWS_MAX];
};

struct schedule_copy {
    struct schedule_place from;
    struct schedule_place to;
    uint64_t bytes;
};

/* all_to_all_v, per rank, in bytes. */
struct schedule_layout {
    const uint64_t *in_bytes;
    const uint64_t *in_offsets;
    const uint64_t *out_bytes;
    const uint64_t *out_offsets;
};

struct schedule_problem {
    enum app_operation operation;
    enum weft_algorithm algorithm; /* of all_reduce, reduce_scatter and all_gather */
    uint32_t rank;
    uint32_t rank_count;
    uint32_t root;  /* of broadcast */
    uint64_t count; /* as in weft.h, in elements */
    uint32_t element_bytes;
    bool in_place;                        /* in == out; all_gather: in is its own block of out */
    const struct schedule_layout *layout; /* NULL, or all_to_all_v; stays valid as long as the schedule */
};

struct schedule;
typedef void (*schedule_step_function)(const struct schedule *schedule, unsigned lane, unsigned step,
                                       struct schedule_step *out);

struct schedule {
    struct schedule_problem problem;
    schedule_step_function make_step;
    enum step_shape shape; /* of every step */
    unsigned lanes;
    unsigned steps; /* of each lane; the same on every rank */
    unsigned window;
    uint64_t scratch_bytes;
    uint64_t message_bytes_max; /* no message is longer */
    /* `out` in segments whose becoming final is reported: `blocks` equal blocks of `lanes` slices each;
     * 0: only the end is reported. */
    uint32_t blocks;
    uint64_t out_count;       /* elements */
    uint32_t own_final_first; /* final after the copies before */
    uint32_t own_final_count;
    unsigned copies_before_count;
    struct schedule_copy copies_before[SCHEDULE_COPIES_MAX]; /* before the first send, in order */
    struct schedule_copy copy_after;                         /* after the last step; 0 bytes: none */
};

/* Fills `schedule`. AUTO: halving-doubling below SCHEDULE_RING_BYTES_MIN in total, else ring. */
#define SCHEDULE_RING_BYTES_MIN (64u << 10)
void schedule_plan(struct schedule *schedule, const struct schedule_problem *problem);

static inline void schedule_make_step(const struct schedule *schedule, unsigned lane, unsigned step,
                                      struct schedule_step *out)
{
    out->send_count = 0;
    out->receive_count = 0;
    schedule->make_step(schedule, lane, step, out);
}

/* Where segment `segment` of `out` starts, in bytes; the end of `out` for one past the last. */
uint64_t schedule_segment_offset(const struct schedule *schedule, uint32_t segment);

#endif
