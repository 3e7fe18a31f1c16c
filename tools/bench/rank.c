/* SPDX-License-Identifier: BSD-3-Clause */
#include "tools/bench/rank.h"

#include <arpa/inet.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

#include "dataplane/process/clock.h"
#include "tools/bench/element.h"

enum {
    RANK_SEND_RECEIVE_TAG = 1
};

static int rank_fail(struct rank *rank, const char *what)
{
    snprintf(rank->text, sizeof rank->text, "%s: %s", what, weft_error_text(rank->context));
    return -1;
}

static struct collective_shape rank_shape(const struct rank *rank, uint64_t bytes)
{
    const struct bench_options *options = rank->options;
    return collective_shape_of(options->collective, bytes, rank->ranks, element_bytes(options->type));
}

static int rank_make_buffers(struct rank *rank)
{
    struct collective_shape shape = rank_shape(rank, rank->options->bytes_max);
    void *in = NULL, *out = NULL;
    if (weft_region_create(rank->context, shape.in_bytes + 1, &in) < 0 ||
        weft_region_create(rank->context, shape.out_bytes + 1, &out) < 0)
        return rank_fail(rank, "no shared memory");
    rank->in = in;
    rank->out = out;
    return 0;
}

static int rank_make_communicator(struct rank *rank, const struct rank_config *config)
{
    uint32_t here = weft_address(rank->context), expected = config->addresses[rank->rank];
    if (here != expected) {
        struct in_addr is = {htonl(here)}, should = {htonl(expected)};
        char is_text[INET_ADDRSTRLEN], should_text[INET_ADDRSTRLEN];
        inet_ntop(AF_INET, &is, is_text, sizeof is_text);
        inet_ntop(AF_INET, &should, should_text, sizeof should_text);
        snprintf(rank->text, sizeof rank->text,
                 "this host's dataplane is at %s, but the list of ranks says %s", is_text, should_text);
        return -1;
    }
    const struct weft_communicator_config communicator = {.identity = config->identity,
                                                          .rank = config->rank,
                                                          .rank_count = config->ranks,
                                                          .addresses = config->addresses,
                                                          .path_mode = config->options->mode,
                                                          .hash_seed = config->options->hash_seed};
    if (weft_communicator_create(rank->context, &communicator, &rank->communicator) < 0)
        return rank_fail(rank, "no communicator");
    return 0;
}

int rank_open(struct rank *rank, const struct rank_config *config)
{
    char name[32];
    *rank = (struct rank){.options = config->options, .rank = config->rank, .ranks = config->ranks};
    snprintf(name, sizeof name, "weft-bench %u", config->rank);
    if (pattern_init(&rank->pattern, config->options->type, config->options->reduction, config->ranks) < 0) {
        snprintf(rank->text, sizeof rank->text, "%s over %u ranks has no exact results in %s to test with",
                 options_reductions[config->options->reduction], config->ranks,
                 options_types[config->options->type]);
        return -1;
    }
    if (weft_attach(config->socket_path, name, &rank->context) < 0) {
        snprintf(rank->text, sizeof rank->text, "%s", weft_attach_error_text());
        return -1;
    }
    if (rank_make_buffers(rank) == 0 && rank_make_communicator(rank, config) == 0)
        return 0;
    rank_close(rank);
    return -1;
}

void rank_close(struct rank *rank)
{
    if (rank->communicator != NULL)
        weft_communicator_destroy(rank->communicator);
    if (rank->context != NULL)
        weft_detach(rank->context);
    rank->communicator = NULL;
    rank->context = NULL;
}

static void rank_fill(struct rank *rank, const struct collective_shape *shape, unsigned iteration)
{
    const struct pattern_part part = {.rank = rank->rank, .iteration = iteration};
    if (collective_reduces(rank->options->collective))
        pattern_fill_reduced(&rank->pattern, &part, rank->in,
                             shape->in_bytes / element_bytes(rank->pattern.type));
    else if (rank->options->collective != BENCH_BROADCAST)
        pattern_fill_moved(&part, rank->in, shape->in_bytes);
    else if (rank->rank == 0)
        pattern_fill_moved(&part, rank->out, shape->out_bytes);
}

static int rank_start_send_receive(struct rank *rank, size_t bytes, struct weft_request **request)
{
    unsigned next = (rank->rank + 1) % rank->ranks, before = (rank->rank + rank->ranks - 1) % rank->ranks;
    int status =
        weft_receive(rank->communicator, rank->out, bytes, before, RANK_SEND_RECEIVE_TAG, &request[0]);
    if (status < 0)
        return status;
    return weft_send(rank->communicator, rank->in, bytes, next, RANK_SEND_RECEIVE_TAG, &request[1]);
}

static int rank_start(struct rank *rank, const struct collective_shape *shape, struct weft_request **request)
{
    const struct bench_options *options = rank->options;
    struct weft_communicator *all = rank->communicator;
    switch (options->collective) {
    case BENCH_ALL_REDUCE:
        return weft_all_reduce(all, rank->in, rank->out, shape->count, options->type, options->reduction,
                               options->algorithm, request);
    case BENCH_REDUCE_SCATTER:
        return weft_reduce_scatter(all, rank->in, rank->out, shape->count, options->type, options->reduction,
                                   options->algorithm, request);
    case BENCH_ALL_GATHER:
        return weft_all_gather(all, rank->in, rank->out, shape->count, options->type, options->algorithm,
                               request);
    case BENCH_ALL_TO_ALL:
        return weft_all_to_all(all, rank->in, rank->out, shape->count, options->type, request);
    case BENCH_BROADCAST:
        return weft_broadcast(all, rank->out, shape->count, options->type, 0, request);
    case BENCH_BARRIER:
        return weft_barrier(all, request);
    case BENCH_SEND_RECEIVE:
        return rank_start_send_receive(rank, shape->bytes, request);
    case BENCH_COLLECTIVES:
        break;
    }
    return WEFT_ERROR_INVALID;
}

/* Also after an iteration that is to be checked: checking must not take the processor from ranks still at
 * work. */
static int rank_synchronise(struct rank *rank)
{
    struct weft_request *request;
    if (weft_barrier(rank->communicator, &request) < 0 || weft_wait(request) < 0)
        return rank_fail(rank, "the barrier between iterations");
    return 0;
}

static int rank_measure(struct rank *rank, const struct collective_shape *shape, struct rank_time *time)
{
    struct weft_request *requests[2] = {NULL, NULL};
    time->start_ns = clock_ns(CLOCK_MONOTONIC);
    int status = rank_start(rank, shape, requests);
    for (unsigned i = 0; i < 2 && status == 0; i++)
        if (requests[i] != NULL)
            status = weft_wait(requests[i]);
    time->end_ns = clock_ns(CLOCK_MONOTONIC);
    return status < 0 ? rank_fail(rank, collective_names[rank->options->collective]) : 0;
}

/* all_gather and all_to_all: `out` is one block from each rank. */
static bool rank_check_blocks(struct rank *rank, size_t block_bytes, uint64_t source_first,
                              unsigned iteration, struct pattern_mismatch *mismatch)
{
    for (unsigned from = 0; from < rank->ranks; from++) {
        const struct pattern_part source = {from, iteration, source_first};
        if (pattern_check_moved(&source, rank->out + from * block_bytes, block_bytes, mismatch))
            continue;
        mismatch->offset_bytes += from * block_bytes;
        return false;
    }
    return true;
}

static bool rank_check(struct rank *rank, const struct collective_shape *shape, unsigned iteration,
                       struct pattern_mismatch *mismatch)
{
    struct pattern_part source = {.iteration = iteration};
    size_t block_bytes = shape->bytes / rank->ranks;
    switch (rank->options->collective) {
    case BENCH_REDUCE_SCATTER:
        source.first = (uint64_t)rank->rank * shape->count;
        return pattern_check_reduced(&rank->pattern, &source, rank->out, shape->count, mismatch);
    case BENCH_ALL_REDUCE:
        return pattern_check_reduced(&rank->pattern, &source, rank->out, shape->count, mismatch);
    case BENCH_ALL_GATHER:
        return rank_check_blocks(rank, block_bytes, 0, iteration, mismatch);
    case BENCH_ALL_TO_ALL:
        return rank_check_blocks(rank, block_bytes, rank->rank * block_bytes, iteration, mismatch);
    case BENCH_BROADCAST:
        return pattern_check_moved(&source, rank->out, shape->out_bytes, mismatch);
    case BENCH_SEND_RECEIVE:
        source.rank = (rank->rank + rank->ranks - 1) % rank->ranks;
        return pattern_check_moved(&source, rank->out, shape->out_bytes, mismatch);
    case BENCH_BARRIER:
    case BENCH_COLLECTIVES:
        break;
    }
    return true;
}

/* After every rank has ended the iteration. */
static int rank_verify(struct rank *rank, const struct collective_shape *shape, unsigned iteration,
                       struct pattern_mismatch *mismatch)
{
    if (rank_synchronise(rank) < 0)
        return -1;
    if (mismatch->found || rank_check(rank, shape, iteration, mismatch))
        return 0;
    mismatch->rank = rank->rank;
    mismatch->iteration = iteration;
    return 0;
}

int rank_run(struct rank *rank, const struct rank_run *run, struct rank_time *times,
             struct pattern_mismatch *mismatch)
{
    struct collective_shape shape = rank_shape(rank, run->bytes);
    bool check = rank->options->check;
    const unsigned pause_ms = rank->options->pause_ms;
    const struct timespec pause = {.tv_sec = pause_ms / 1000, .tv_nsec = pause_ms % 1000 * 1000000l};
    for (unsigned i = 0; i < run->count; i++) {
        unsigned iteration = run->first_iteration + i;
        if (check || iteration == 0)
            rank_fill(rank, &shape, iteration);
        nanosleep(&pause, NULL);
        if (rank_synchronise(rank) < 0 || rank_measure(rank, &shape, &times[i]) < 0)
            return -1;
        if (check && rank_verify(rank, &shape, iteration, mismatch) < 0)
            return -1;
    }
    return 0;
}
