/* SPDX-License-Identifier: BSD-3-Clause */
/* Why a flow is where it is, and what is on a link, for people. */
#ifndef WEFT_CONTROL_PLANNER_EXPLAIN_H
#define WEFT_CONTROL_PLANNER_EXPLAIN_H

#include "control/planner/planner.h"

enum planner_reason {
    PLANNER_REASON_COLOURED, /* whole, on the spine of its colour */
    PLANNER_REASON_SPLIT,    /* no link had room for the whole flow within the accepted time */
    PLANNER_REASON_MOVED,    /* a link that it used died, or can carry less */
    PLANNER_REASON_LOCAL,    /* inside a leaf */
    PLANNER_REASON_UNROUTED, /* no live path joins its leaves */
    PLANNER_REASON_DEFERRED  /* did not fit within the budget beside flows of more value */
};

/* One spine that the flow could take. */
struct planner_candidate {
    uint16_t spine;
    bool live;
    uint64_t up_ps,
        down_ps;         /* how long the plan keeps the links from its source and to its destination busy */
    uint64_t flow_bytes; /* of this flow, there */
};

struct planner_flow_explanation {
    enum planner_reason reason;
    struct planner_link moved_from; /* of PLANNER_REASON_MOVED */
    uint32_t source_leaf, destination_leaf;
    uint32_t piece_count;
    unsigned candidate_count;
    struct planner_candidate candidates[PLANNER_SPINES_MAX];
};

/* -EINVAL if there is no such demand. */
int planner_explain_flow(const struct planner_plan *plan, uint32_t demand,
                         struct planner_flow_explanation *explanation);
const char *planner_reason_text(enum planner_reason reason);
/* Several lines: the flow, the reason, a line for each candidate. Returns the length of the whole text, of
 * which at most `bytes` - 1 characters and a zero are written; 0 if there is no such demand. */
uint32_t planner_explain_flow_text(const struct planner_plan *plan, uint32_t demand, char *text,
                                   uint32_t bytes);

/* A flow on a link, and how much of it. */
struct planner_link_flow {
    uint32_t demand;
    uint64_t bytes;
};
/* Returns how many flows there are; at most `max` are written, by number. */
uint32_t planner_explain_link(const struct planner_plan *plan, const struct planner_link *link,
                              struct planner_link_flow *flows, uint32_t max);
/* "leaf3-spine1 up", "pod0-spine1-core2 down". */
void planner_link_text(const struct planner_link *link, char *text, uint32_t bytes);

#endif
