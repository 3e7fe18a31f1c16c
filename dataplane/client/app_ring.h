/* SPDX-License-Identifier: BSD-3-Clause */
/* The application's end of the submission and the completion ring. */
#ifndef WEFT_CLIENT_APP_RING_H
#define WEFT_CLIENT_APP_RING_H

#include <stdbool.h>
#include <stdint.h>

#include "dataplane/formats/app_queue.h"

struct app_ring {
    struct app_queue *queue;
    uint32_t submission_tail; /* entries written, published or not */
    uint32_t completion_head; /* entries taken */
    int submission_doorbell;  /* eventfd that wakes the dataplane */
    int completion_doorbell;  /* eventfd that wakes us */
    bool
        corrupt; /* the other side moved a position to where it cannot be: nothing is taken or put any more */
};

/* Maps the queue behind `memfd`. 0 or negative errno; -EPROTONOSUPPORT: another version. On success it owns
 * the doorbells; the memfd stays the caller's. */
int app_ring_open(struct app_ring *ring, int memfd, int submission_doorbell, int completion_doorbell);
void app_ring_close(struct app_ring *ring);

/* A batch: begin, `flow_count` times add, end. False: no room for all of it now, and nothing was written. The
 * dataplane sees a batch when it has ended. */
bool app_ring_begin_batch(struct app_ring *ring, const struct app_batch *batch);
void app_ring_add_flow(struct app_ring *ring, const struct app_flow *flow);
void app_ring_end_batch(struct app_ring *ring);
/* Rings the dataplane's doorbell if it sleeps: once, after the last of several batches. */
void app_ring_wake_dataplane(struct app_ring *ring);

/* Copies up to `max` completions and frees their entries. */
unsigned app_ring_take(struct app_ring *ring, struct app_completion *completions, unsigned max);

/* Asks to be woken by the doorbell; false: there is something to take already, do not sleep. */
bool app_ring_prepare_sleep(struct app_ring *ring);
/* Ends the sleep: `rung` if the doorbell became readable. */
void app_ring_end_sleep(struct app_ring *ring, bool rung);

#endif
