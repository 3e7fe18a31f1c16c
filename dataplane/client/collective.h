/* SPDX-License-Identifier: BSD-3-Clause */
/* Carries out a schedule: posts its steps as batches, adds up what arrives chunk by chunk. */
#ifndef WEFT_CLIENT_COLLECTIVE_H
#define WEFT_CLIENT_COLLECTIVE_H

#include "dataplane/client/final_prefix.h"
#include "dataplane/client/schedule.h"
#include "dataplane/client/transfer.h"

struct region;
struct weft_request;

/* A buffer of the schedule: where it is for us, and for the dataplane. */
struct collective_space {
    uint8_t *base;
    struct region *region; /* NULL: no bytes of it are used */
};

struct collective_step {
    uint32_t sends_left;    /* not yet arrived at the peer */
    uint32_t receives_left; /* not yet arrived and reduced */
};

/* finished <= received <= opened and finished <= sent <= opened <= finished + window: step k is posted for
 * receiving when `opened` passes it, for sending when `sent` does, and so on. */
struct collective_lane {
    uint32_t opened;
    uint32_t sent;
    uint32_t received;
    uint32_t finished;
    struct collective_step steps[SCHEDULE_WINDOW_MAX]; /* step k is in steps[k mod SCHEDULE_WINDOW_MAX] */
    struct reduction_queue reductions;                 /* receives that are to be added up, in order */
};

struct collective {
    struct schedule schedule;
    enum weft_type type;
    enum weft_reduction reduction;
    uint64_t sequence;
    uint64_t out_bytes;
    struct collective_space spaces[SCHEDULE_SPACES];
    struct collective_lane lanes[SCHEDULE_LANES_MAX];
    struct final_prefix prefix;
    struct schedule_layout layout; /* all_to_all_v: into `layout_bytes` */
    uint64_t *layout_bytes;
    uint32_t layout_capacity; /* ranks */
};

/* There must be bytes there. */
static inline uint8_t *collective_address(const struct collective *collective, struct schedule_place place)
{
    return collective->spaces[place.space].base + place.offset;
}

/* Makes the copies that come before and leaves the rest to collective_advance(). */
void collective_run_copies_before(struct weft_request *request);
/* See request_advance(). */
bool collective_advance(struct weft_request *request);
void collective_on_completion(struct weft_request *request, struct transfer *transfer,
                              const struct app_completion *completion);
/* A peer sent more, or less, than the schedule says. */
void collective_on_wrong_length(struct weft_request *request, const struct transfer *transfer,
                                uint64_t bytes);
size_t collective_ready_bytes(const struct weft_request *request);
void collective_free_memory(struct collective *collective);

#endif
