/* SPDX-License-Identifier: BSD-3-Clause */
#include "dataplane/daemon/plan_intake.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* A plan as it was handed to the worker. The block is shared by all that were made of it. */
struct plan_block {
    unsigned users;
    _Alignas(8) uint8_t bytes[];
};

struct plan_in_use {
    struct path_plan plan;
    struct plan_block *block;
};

struct plan_intake {
    struct host_port *port;
    struct plan_in_use *now;
};

struct plan_intake *plan_intake_create(struct host_port *port)
{
    struct plan_intake *intake = calloc(1, sizeof(*intake));
    if (intake)
        intake->port = port;
    return intake;
}

static void release(struct plan_in_use *used)
{
    if (!used)
        return;
    if (--used->block->users == 0)
        free(used->block);
    free(used);
}

void plan_intake_destroy(struct plan_intake *intake)
{
    if (intake)
        release(intake->now);
    free(intake);
}

/* The path numbers are those of the catalogue, which knows spines by the address they answer with. */
static void map_spines(const struct host_port *port, struct path_plan *plan)
{
    const struct path_discovery *discovery =
        path_service_discovery(host_port_paths((struct host_port *)port));
    memset(plan->path_of_spine, UINT8_MAX, sizeof(plan->path_of_spine));
    for (uint32_t spine = 0; spine < plan->view.header->spine_count; spine++) {
        int path = path_discovery_path_of(discovery, plan->view.spines[spine].address);
        if (path >= 0)
            plan->path_of_spine[spine] = (uint8_t)path;
    }
}

/* The worker follows the new plan, so the one before it is ours again. */
static void on_taken(struct command *command)
{
    release(command->context);
    command_free(command);
}

static int hand_over(struct plan_intake *intake, struct plan_in_use *next)
{
    struct command *command = command_new(COMMAND_USE_PLAN, on_taken, intake->now);
    if (!command)
        return -ENOMEM;
    command->plan = &next->plan;
    intake->now = next;
    host_port_post(intake->port, command);
    return 0;
}

static int use_block(struct plan_intake *intake, struct plan_block *block, const struct plan_view *view)
{
    struct plan_in_use *next = calloc(1, sizeof(*next));
    if (!next)
        return -ENOMEM;
    block->users++;
    next->block = block;
    next->plan.view = *view;
    map_spines(intake->port, &next->plan);
    int result = hand_over(intake, next);
    if (result != 0)
        release(next);
    return result;
}

int plan_intake_take(struct plan_intake *intake, const void *bytes, size_t count,
                     char error[PLAN_ERROR_BYTES])
{
    struct plan_view view;
    struct plan_block *block = malloc(sizeof(*block) + count);
    snprintf(error, PLAN_ERROR_BYTES, "out of memory");
    if (!block)
        return -ENOMEM;
    memcpy(block->bytes, bytes, count);
    block->users = 1;
    int result = plan_check(block->bytes, count, host_port_address(intake->port), &view, error);
    if (result == 0)
        result = use_block(intake, block, &view);
    if (--block->users == 0)
        free(block);
    return result;
}

void plan_intake_remap(struct plan_intake *intake)
{
    struct path_plan mapped;
    if (!intake->now)
        return;
    mapped = intake->now->plan;
    map_spines(intake->port, &mapped);
    if (memcmp(mapped.path_of_spine, intake->now->plan.path_of_spine, sizeof(mapped.path_of_spine)) != 0)
        use_block(intake, intake->now->block, &mapped.view);
}

uint64_t plan_intake_epoch(const struct plan_intake *intake)
{
    return intake->now ? intake->now->plan.view.header->epoch : 0;
}

uint64_t plan_intake_hash(const struct plan_intake *intake)
{
    return intake->now ? intake->now->plan.view.header->hash : 0;
}
