/* SPDX-License-Identifier: BSD-3-Clause */
/* The patterns of workload.h, one function each: the steps of one lane. */
#ifndef SIM_WORKLOAD_PATTERN_H
#define SIM_WORKLOAD_PATTERN_H

#include "tools/sim/workload.h"

static inline void pattern_send(struct schedule_step *out, uint32_t peer, uint64_t bytes)
{
    out->sends[out->send_count++] = (struct schedule_send){.peer = peer, .bytes = bytes};
}

static inline void pattern_receive(struct schedule_step *out, uint32_t peer, uint64_t bytes)
{
    out->receives[out->receive_count++] = (struct schedule_receive){.peer = peer, .bytes = bytes};
}

unsigned pattern_steps(const struct workload *w);
void pattern_step(const struct workload_turn *turn, unsigned step, struct schedule_step *out);

/* Double tree: lane is the tree. Tree 1 mirrors tree 0, so who forwards in one is a leaf in the other. */
unsigned double_tree_steps(const struct workload *w);
void double_tree_step(const struct workload_turn *turn, unsigned lane, unsigned step,
                      struct schedule_step *out);

#endif
