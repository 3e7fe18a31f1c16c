/* SPDX-License-Identifier: BSD-3-Clause */
/* Plans as dataplanes take them: of one epoch, a block for every host port (dataplane/formats/plan.h). */
#ifndef WEFT_CONTROL_PLANNER_PLAN_BLOCK_H
#define WEFT_CONTROL_PLANNER_PLAN_BLOCK_H

#include "control/planner/planner.h"
#include "dataplane/formats/plan.h"

/* What a demand is to the ranks that send and receive it. */
struct plan_block_flow {
    uint64_t identity; /* of the communicator */
    uint32_t source_rank, destination_rank;
    enum step_shape shape;
};

/* A plan and the names of its demands. An epoch may have several: one for each step that happens at a time of
 * its own. */
struct plan_block_step {
    const struct planner_plan *plan;
    const struct plan_block_flow *flows; /* [demand] */
};

struct plan_blocks_config {
    uint64_t epoch; /* not 0 */
    uint32_t leaf_prefix_bits;
    const struct planner_fabric *fabric; /* two tiers; gives the weights */
    const uint32_t *port_addresses;      /* [port]; the ports of a leaf share a prefix, leaves do not */
    const uint32_t *spine_addresses;     /* [spine] */
    const struct plan_block_step *steps;
    unsigned step_count;
};

struct plan_blocks;

/* Puts all steps in order; what the configuration points to must stay. -EINVAL (a flow that is named twice
 * among them) or -ENOMEM, and one line. */
int plan_blocks_create(const struct plan_blocks_config *config, struct plan_blocks **blocks,
                       char error[PLANNER_ERROR_BYTES]);
void plan_blocks_destroy(struct plan_blocks *blocks);
/* Of all that is planned: equal for all ports, and for equal plans. */
uint64_t plan_blocks_hash(const struct plan_blocks *blocks);
/* The port's block, which free() gives back. -EINVAL if there is no such port or it has too many flows,
 * -ENOMEM. */
int plan_blocks_write(const struct plan_blocks *blocks, uint32_t port, struct plan_header **block,
                      char error[PLANNER_ERROR_BYTES]);

#endif
