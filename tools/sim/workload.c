/* SPDX-License-Identifier: BSD-3-Clause */
#include "tools/sim/workload.h"

#include <stdio.h>

#include "tools/sim/workload_pattern.h"

const char *workload_kind_name(enum workload_kind kind)
{
    static const char *const names[WORKLOAD_KINDS] = {[WORKLOAD_ALL_REDUCE] = "all_reduce",
                                                      [WORKLOAD_REDUCE_SCATTER] = "reduce_scatter",
                                                      [WORKLOAD_ALL_GATHER] = "all_gather",
                                                      [WORKLOAD_ALL_TO_ALL] = "all_to_all",
                                                      [WORKLOAD_BROADCAST] = "broadcast",
                                                      [WORKLOAD_BARRIER] = "barrier",
                                                      [WORKLOAD_SKEWED_ALL_TO_ALL] = "skewed_all_to_all",
                                                      [WORKLOAD_EXCHANGE] = "exchange",
                                                      [WORKLOAD_SHIFT] = "shift",
                                                      [WORKLOAD_BIDIRECTIONAL_RING] = "bidirectional_ring",
                                                      [WORKLOAD_PERMUTATION] = "permutation",
                                                      [WORKLOAD_INCAST] = "incast",
                                                      [WORKLOAD_PIPELINE] = "pipeline",
                                                      [WORKLOAD_DOUBLE_TREE] = "double_tree"};
    return names[kind];
}

static bool is_of_libweft(const struct workload *w)
{
    return w->kind <= WORKLOAD_BARRIER;
}

bool workload_is_valid(const struct workload *w, char *error, size_t error_bytes)
{
    bool uses_stride =
        w->kind == WORKLOAD_SKEWED_ALL_TO_ALL || w->kind == WORKLOAD_EXCHANGE || w->kind == WORKLOAD_SHIFT;
    bool uses_factor = w->kind == WORKLOAD_SKEWED_ALL_TO_ALL || w->kind == WORKLOAD_BIDIRECTIONAL_RING ||
                       w->kind == WORKLOAD_PIPELINE || w->kind == WORKLOAD_DOUBLE_TREE;
    const char *wrong = NULL;
    if (w->ranks < 2)
        wrong = "at least two ranks";
    else if (w->bytes > 1ull << 32 && !is_of_libweft(w))
        wrong = "a flow has at most 4 GiB";
    else if (uses_stride && w->stride == 0)
        wrong = "this workload needs a stride of at least 1";
    else if (uses_factor && w->factor == 0)
        wrong = "this workload needs a factor of at least 1";
    if (wrong != NULL)
        snprintf(error, error_bytes, "%s", wrong);
    return wrong == NULL;
}

static enum app_operation operation_of(enum workload_kind kind)
{
    switch (kind) {
    case WORKLOAD_ALL_REDUCE:
        return APP_OPERATION_ALL_REDUCE;
    case WORKLOAD_REDUCE_SCATTER:
        return APP_OPERATION_REDUCE_SCATTER;
    case WORKLOAD_ALL_GATHER:
        return APP_OPERATION_ALL_GATHER;
    case WORKLOAD_BROADCAST:
        return APP_OPERATION_BROADCAST;
    case WORKLOAD_BARRIER:
        return APP_OPERATION_BARRIER;
    default:
        return APP_OPERATION_ALL_TO_ALL;
    }
}

static void begin_schedule(struct workload_turn *turn)
{
    const struct workload *w = turn->workload;
    struct schedule_problem problem = {.operation = operation_of(w->kind),
                                       .algorithm = w->algorithm,
                                       .rank = turn->rank,
                                       .rank_count = w->ranks,
                                       .count = w->bytes,
                                       .element_bytes = 1};
    schedule_plan(&turn->schedule, &problem);
    turn->lanes = turn->schedule.lanes;
    turn->steps = turn->schedule.steps;
    turn->window = turn->schedule.window;
    turn->shape = turn->schedule.shape;
}

static enum step_shape shape_of(enum workload_kind kind)
{
    switch (kind) {
    case WORKLOAD_SKEWED_ALL_TO_ALL:
        return STEP_SHAPE_ALL_TO_ALL;
    case WORKLOAD_EXCHANGE:
        return STEP_SHAPE_HALVING_DOUBLING;
    case WORKLOAD_DOUBLE_TREE:
        return STEP_SHAPE_TREE;
    default:
        return STEP_SHAPE_ANY;
    }
}

void workload_begin(const struct workload *w, uint32_t rank, unsigned iteration, struct workload_turn *turn)
{
    turn->workload = w;
    turn->rank = rank;
    turn->iteration = iteration;
    turn->window = SCHEDULE_WINDOW_MAX;
    turn->shape = shape_of(w->kind);
    if (is_of_libweft(w)) {
        begin_schedule(turn);
    } else {
        turn->lanes = w->kind == WORKLOAD_DOUBLE_TREE ? 2 : 1;
        turn->steps = w->kind == WORKLOAD_DOUBLE_TREE ? double_tree_steps(w) : pattern_steps(w);
    }
}

void workload_step(const struct workload_turn *turn, unsigned lane, unsigned step, struct schedule_step *out)
{
    out->send_count = 0;
    out->receive_count = 0;
    if (is_of_libweft(turn->workload))
        schedule_make_step(&turn->schedule, lane, step, out);
    else if (turn->workload->kind == WORKLOAD_DOUBLE_TREE)
        double_tree_step(turn, lane, step, out);
    else
        pattern_step(turn, step, out);
}
