/* SPDX-License-Identifier: BSD-3-Clause */
/* A job of several ranks in one process: a fake dataplane, and per rank a context, a communicator and memory.
 */
#ifndef WEFT_TESTS_JOB_H
#define WEFT_TESTS_JOB_H

#include "dataplane/client/weft.h"
#include "tests/unit/client/fake_dataplane.h"

enum {
    JOB_RANKS_MAX = 32,
    JOB_IDENTITY = 4711
};

struct job_rank {
    struct weft_context *context;
    struct weft_communicator *communicator;
    struct weft_request *request; /* in progress, or NULL */
    int outcome;                  /* of the last request */
    uint8_t *in, *out;            /* in one region each */
};

struct job {
    struct fake_dataplane *fake;
    uint32_t rank_count;
    uint32_t addresses[JOB_RANKS_MAX];
    struct job_rank ranks[JOB_RANKS_MAX];
};

/* `bytes` of memory for in and out each; timeout_ms 0: the default. */
void job_start(struct job *job, uint32_t rank_count, size_t bytes, uint32_t timeout_ms, uint64_t seed);
/* Waits for the requests of all ranks, taking turns. */
void job_wait(struct job *job);
/* Fails the test if an application broke the dataplane's rules. */
void job_stop(struct job *job);

#endif
