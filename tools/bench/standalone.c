/* SPDX-License-Identifier: BSD-3-Clause */
#include "tools/bench/standalone.h"

#include <stdlib.h>
#include <string.h>

#include "tools/bench/complain.h"
#include "tools/bench/element.h"
#include "tools/bench/rank.h"
#include "tools/bench/rank_list.h"
#include "tools/bench/result.h"

enum {
    STANDALONE_TAG = 2
};

struct standalone {
    const struct bench_options *options;
    struct rank_list list;
    struct rank rank;
    struct pattern_mismatch mismatch;
    struct rank_time *own;
    uint8_t *gathered; /* rank 0: a report of every other rank; others: their own. A region of libweft */
};

/* What rank 0 gets from each other rank: the mismatch, then the times. */
static size_t standalone_report_bytes(const struct standalone *s)
{
    return sizeof s->mismatch + s->options->iterations * sizeof *s->own;
}

static int standalone_fail(struct standalone *s, const char *what)
{
    return complain("rank %u: %s: %s", s->list.rank, what, weft_error_text(s->rank.context));
}

static int standalone_start(struct standalone *s)
{
    if (s->options->fault.link != NULL || s->options->ranks != 0 || s->options->jobs > 1)
        return complain(
            "--fault, --ranks and --jobs need a lab: run inside `weft-lab run SHAPE -- weft-bench ...`");
    if (rank_list_read(s->options, &s->list) < 0)
        return -1;
    const struct rank_config config = {.options = s->options,
                                       .rank = s->list.rank,
                                       .ranks = s->list.ranks,
                                       .addresses = s->list.addresses,
                                       .identity = s->list.identity};
    if (rank_open(&s->rank, &config) < 0)
        return complain("rank %u: %s", s->list.rank, s->rank.text);
    unsigned times =
        s->options->iterations > s->options->warmup ? s->options->iterations : s->options->warmup;
    s->own = calloc(times, sizeof *s->own);
    void *gathered = NULL;
    if (s->own == NULL)
        return complain("out of memory");
    if (weft_region_create(s->rank.context, s->list.ranks * standalone_report_bytes(s), &gathered) < 0)
        return standalone_fail(s, "no shared memory");
    s->gathered = gathered;
    return 0;
}

static uint8_t *standalone_slot(struct standalone *s, unsigned rank)
{
    return s->gathered + rank * standalone_report_bytes(s);
}

static void standalone_write_own(struct standalone *s, uint8_t *slot)
{
    memcpy(slot, &s->mismatch, sizeof s->mismatch);
    memcpy(slot + sizeof s->mismatch, s->own, s->options->iterations * sizeof *s->own);
}

/* Every other rank's report to rank 0. */
static int standalone_gather(struct standalone *s)
{
    struct weft_request *request;
    size_t bytes = standalone_report_bytes(s);
    standalone_write_own(s, standalone_slot(s, s->list.rank));
    if (s->list.rank != 0) {
        const uint8_t *slot = standalone_slot(s, s->list.rank);
        if (weft_send(s->rank.communicator, slot, bytes, 0, STANDALONE_TAG, &request) < 0 ||
            weft_wait(request) < 0)
            return standalone_fail(s, "sending times to rank 0");
        return 0;
    }
    for (unsigned rank = 1; rank < s->list.ranks; rank++)
        if (weft_receive(s->rank.communicator, standalone_slot(s, rank), bytes, rank, STANDALONE_TAG,
                         &request) < 0 ||
            weft_wait(request) < 0)
            return standalone_fail(s, "gathering times");
    return 0;
}

static int standalone_report(struct standalone *s, uint64_t size_bytes)
{
    const struct rank_time **times = calloc(s->list.ranks, sizeof *times);
    struct bench_result result = {.options = s->options, .ranks = s->list.ranks, .verified = true};
    if (times == NULL)
        return complain("out of memory");
    for (unsigned rank = 0; rank < s->list.ranks; rank++) {
        struct pattern_mismatch mismatch;
        memcpy(&mismatch, standalone_slot(s, rank), sizeof mismatch);
        times[rank] = (const struct rank_time *)(standalone_slot(s, rank) + sizeof mismatch);
        if (!mismatch.found || !result.verified)
            continue;
        result.verified = false;
        result.mismatch = mismatch;
    }
    result.shape = collective_shape_of(s->options->collective, size_bytes, s->list.ranks,
                                       element_bytes(s->options->type));
    result_set_times(&result, times);
    free(times);
    result_print(&result);
    result_print_mismatch(&result);
    return result.verified ? 0 : -1;
}

static int standalone_of_size(struct standalone *s, uint64_t bytes)
{
    const struct bench_options *options = s->options;
    const struct rank_run warmup = {bytes, 0, options->warmup},
                          run = {bytes, options->warmup, options->iterations};
    if (rank_run(&s->rank, &warmup, s->own, &s->mismatch) < 0 ||
        rank_run(&s->rank, &run, s->own, &s->mismatch) < 0)
        return complain("rank %u: %s", s->list.rank, s->rank.text);
    if (standalone_gather(s) < 0)
        return -1;
    if (s->list.rank == 0)
        return standalone_report(s, bytes);
    return s->mismatch.found ? -1 : 0;
}

int standalone_run(const struct bench_options *options)
{
    struct standalone *s = calloc(1, sizeof *s);
    if (s == NULL)
        return complain("out of memory");
    s->options = options;
    int status = standalone_start(s);
    if (status == 0 && s->list.rank == 0 && !options->json)
        result_print_heading(options, false);
    for (uint64_t bytes = options->bytes_min; status == 0 && bytes <= options->bytes_max;
         bytes *= options->factor) {
        status = standalone_of_size(s, bytes);
        if (bytes == 0)
            break;
    }
    rank_close(&s->rank);
    free(s->own);
    free(s);
    return status;
}
