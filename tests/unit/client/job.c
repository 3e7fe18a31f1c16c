/* SPDX-License-Identifier: BSD-3-Clause */
#include "tests/unit/client/job.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

static void job_start_rank(struct job *job, uint32_t rank, size_t bytes, uint32_t timeout_ms)
{
    struct job_rank *r = &job->ranks[rank];
    struct weft_communicator_config config = {.identity = JOB_IDENTITY,
                                              .rank = rank,
                                              .rank_count = job->rank_count,
                                              .addresses = job->addresses,
                                              .timeout_ms = timeout_ms};
    assert_int_equal(weft_attach(fake_dataplane_path(job->fake), "job", &r->context), 0);
    assert_int_equal(weft_region_create(r->context, bytes, (void **)&r->in), 0);
    assert_int_equal(weft_region_create(r->context, bytes, (void **)&r->out), 0);
    assert_int_equal(weft_communicator_create(r->context, &config, &r->communicator), 0);
}

void job_start(struct job *job, uint32_t rank_count, size_t bytes, uint32_t timeout_ms, uint64_t seed)
{
    memset(job, 0, sizeof(*job));
    job->fake = fake_dataplane_start(seed);
    job->rank_count = rank_count;
    for (uint32_t rank = 0; rank < rank_count; rank++)
        job->addresses[rank] = FAKE_ADDRESS;
    for (uint32_t rank = 0; rank < rank_count; rank++)
        job_start_rank(job, rank, bytes, timeout_ms);
}

void job_wait(struct job *job)
{
    uint32_t left = 1;
    while (left > 0) {
        left = 0;
        for (uint32_t rank = 0; rank < job->rank_count; rank++) {
            struct job_rank *r = &job->ranks[rank];
            bool done = true;
            if (r->request != NULL)
                r->outcome = weft_test(r->request, &done);
            if (done)
                r->request = NULL;
            left += !done;
        }
    }
}

void job_stop(struct job *job)
{
    for (uint32_t rank = 0; rank < job->rank_count; rank++)
        weft_communicator_destroy(job->ranks[rank].communicator);
    for (uint32_t rank = 0; rank < job->rank_count; rank++)
        weft_detach(job->ranks[rank].context);
    const char *violation = fake_dataplane_stop(job->fake);
    if (violation != NULL)
        print_error("%s\n", violation);
    assert_null(violation);
}
