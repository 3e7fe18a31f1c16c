/* SPDX-License-Identifier: BSD-3-Clause */
#include "dataplane/client/schedule_parts.h"

/* Bytes of the whole vector that the ranks work on together. */
static uint64_t schedule_total_bytes(const struct schedule_problem *problem)
{
    uint64_t blocks = problem->operation == APP_OPERATION_ALL_REDUCE ? 1 : problem->rank_count;
    return problem->count * problem->element_bytes * blocks;
}

static void schedule_plan_reducing_or_gathering(struct schedule *schedule)
{
    const struct schedule_problem *problem = &schedule->problem;
    switch (problem->algorithm) {
    case WEFT_ALGORITHM_AUTO:
        if (schedule_total_bytes(problem) < SCHEDULE_RING_BYTES_MIN)
            schedule_plan_halving_doubling(schedule);
        else
            schedule_plan_ring(schedule);
        break;
    case WEFT_ALGORITHM_RING:
        schedule_plan_ring(schedule);
        break;
    case WEFT_ALGORITHM_HALVING_DOUBLING:
        schedule_plan_halving_doubling(schedule);
        break;
    case WEFT_ALGORITHM_DIRECT:
        schedule_plan_direct(schedule);
        break;
    }
}

/* A lone rank exchanges nothing: its input is the result. */
static void schedule_plan_alone(struct schedule *schedule)
{
    const struct schedule_problem *problem = &schedule->problem;
    bool has_input =
        problem->operation != APP_OPERATION_BROADCAST && problem->operation != APP_OPERATION_BARRIER;
    if (has_input && !problem->in_place)
        schedule_add_copy_before(schedule,
                                 &(struct schedule_copy){place(SCHEDULE_IN, 0), place(SCHEDULE_OUT, 0),
                                                         problem->count * problem->element_bytes});
}

void schedule_plan(struct schedule *schedule, const struct schedule_problem *problem)
{
    *schedule = (struct schedule){.problem = *problem, .lanes = 1, .window = SCHEDULE_WINDOW_MAX};
    if (problem->operation == APP_OPERATION_ALL_TO_ALL)
        schedule_plan_all_to_all(schedule);
    else if (problem->rank_count == 1)
        schedule_plan_alone(schedule);
    else if (problem->operation == APP_OPERATION_BROADCAST)
        schedule_plan_broadcast(schedule);
    else if (problem->operation == APP_OPERATION_BARRIER)
        schedule_plan_barrier(schedule);
    else
        schedule_plan_reducing_or_gathering(schedule);
}

uint64_t schedule_segment_offset(const struct schedule *schedule, uint32_t segment)
{
    uint32_t block = segment / schedule->lanes;
    uint64_t start = partition_start(schedule->out_count, schedule->blocks, block);
    if (block == schedule->blocks)
        return start * schedule->problem.element_bytes;
    uint64_t length = partition_start(schedule->out_count, schedule->blocks, block + 1) - start;
    uint64_t slice = partition_start(length, schedule->lanes, segment % schedule->lanes);
    return (start + slice) * schedule->problem.element_bytes;
}
