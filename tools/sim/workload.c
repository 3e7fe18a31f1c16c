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
                                                      [WORKLOAD_DOUBLE_TREE] = "double_tree",
                                                      [WORKLOAD_EXPERT_PARALLEL] = "expert_parallel",
                                                      [WORKLOAD_FSDP] = "fsdp",
                                                      [WORKLOAD_TENSOR_PARALLEL] = "tensor_parallel",
                                                      [WORKLOAD_ULYSSES] = "ulysses"};
    return names[kind];
}

static bool is_of_libweft(enum workload_kind kind)
{
    return kind <= WORKLOAD_BARRIER;
}

static bool uses_stride(enum workload_kind kind)
{
    return kind == WORKLOAD_SKEWED_ALL_TO_ALL || kind == WORKLOAD_EXCHANGE || kind == WORKLOAD_SHIFT ||
           kind == WORKLOAD_EXPERT_PARALLEL;
}

static bool uses_factor(enum workload_kind kind)
{
    return kind == WORKLOAD_SKEWED_ALL_TO_ALL || kind == WORKLOAD_BIDIRECTIONAL_RING ||
           kind == WORKLOAD_PIPELINE || kind == WORKLOAD_DOUBLE_TREE || kind == WORKLOAD_EXPERT_PARALLEL;
}

unsigned workload_phases(const struct workload *w)
{
    unsigned layers = w->layers ? w->layers : 1;
    return w->kind >= WORKLOAD_EXPERT_PARALLEL ? 2 * layers : 1;
}

static enum workload_kind kind_of_phase(const struct workload *w, unsigned phase)
{
    if (w->kind == WORKLOAD_FSDP)
        return phase < workload_phases(w) / 2 ? WORKLOAD_ALL_GATHER : WORKLOAD_REDUCE_SCATTER;
    if (w->kind == WORKLOAD_TENSOR_PARALLEL)
        return WORKLOAD_ALL_REDUCE;
    return w->kind == WORKLOAD_ULYSSES ? WORKLOAD_ALL_TO_ALL : w->kind;
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
    struct schedule_problem problem = {.operation = operation_of(turn->kind),
                                       .algorithm = w->algorithm,
                                       .rank = turn->at.rank,
                                       .rank_count = w->ranks,
                                       .count = w->bytes,
                                       .element_bytes = 1};
    schedule_plan(&turn->schedule, &problem);
    turn->lanes = turn->schedule.lanes;
    turn->steps = turn->schedule.steps;
    turn->window = turn->schedule.window;
    turn->shape = turn->schedule.shape;
}

void workload_begin(struct workload_turn *turn, const struct workload *w, struct workload_place place)
{
    turn->workload = w;
    turn->kind = kind_of_phase(w, place.phase);
    turn->at = place;
    turn->window = SCHEDULE_WINDOW_MAX;
    turn->shape = STEP_SHAPE_ANY;
    if (is_of_libweft(turn->kind)) {
        begin_schedule(turn);
    } else {
        turn->lanes = w->kind == WORKLOAD_DOUBLE_TREE ? 2 : 1;
        turn->steps = w->kind == WORKLOAD_DOUBLE_TREE ? double_tree_steps(w) : pattern_steps(w);
    }
}

static uint64_t longest_message_bytes(const struct workload *w)
{
    struct workload_turn turn;
    if (w->kind == WORKLOAD_SKEWED_ALL_TO_ALL)
        return w->bytes * w->factor;
    if (w->kind == WORKLOAD_EXPERT_PARALLEL)
        return w->bytes * w->factor / 2 * 3;
    workload_begin(&turn, w, (struct workload_place){0});
    return is_of_libweft(turn.kind) ? turn.schedule.message_bytes_max : w->bytes;
}

bool workload_is_valid(const struct workload *w, char *error, size_t error_bytes)
{
    const char *wrong = NULL;
    if (w->ranks < 2)
        wrong = "at least two ranks";
    else if (uses_stride(w->kind) && w->stride == 0)
        wrong = "this workload needs a stride of at least 1";
    else if (uses_factor(w->kind) && w->factor == 0)
        wrong = "this workload needs a factor of at least 1";
    else if (w->factor > WORKLOAD_FACTOR_MAX || w->layers > WORKLOAD_LAYERS_MAX)
        wrong = "factor and layers are at most 4096";
    else if (w->bytes > WORKLOAD_BYTES_MAX || longest_message_bytes(w) > WORKLOAD_MESSAGE_BYTES_MAX)
        wrong = "too many bytes: a message has at most 4 GiB";
    if (wrong != NULL)
        snprintf(error, error_bytes, "%s", wrong);
    return wrong == NULL;
}

void workload_step(const struct workload_turn *turn, unsigned lane, unsigned step, struct schedule_step *out)
{
    out->send_count = 0;
    out->receive_count = 0;
    if (is_of_libweft(turn->kind))
        schedule_make_step(&turn->schedule, lane, step, out);
    else if (turn->kind == WORKLOAD_DOUBLE_TREE)
        double_tree_step(turn, lane, step, out);
    else
        pattern_step(turn, step, out);
}
