/* SPDX-License-Identifier: BSD-3-Clause */
/* Plans which path every flow of a step takes, for all jobs of a fabric at once. Pure: no I/O, no clock, no
 * randomness; equal inputs give equal plans, on every machine.
 *
 *     planner_fabric_create()    the fabric as it is now (fabric.h)
 *     planner_plan_create()      demand -> plan
 *     planner_plan_check()       before anybody follows it (plan_check.c)
 *     planner_plan_revise()      links have changed: moves only what must move
 *     planner_explain_flow() ... why a flow is where it is (explain.h)
 *
 * A plan keeps copies of what it was made from. Flows inside a leaf need no spine and have no pieces.
 */
#ifndef WEFT_CONTROL_PLANNER_PLANNER_H
#define WEFT_CONTROL_PLANNER_PLANNER_H

#include <stdbool.h>
#include <stdint.h>

#include "control/planner/fabric.h"

enum {
    PLANNER_DEMANDS_MAX = 1 << 24,
    PLANNER_SHARE_WHOLE = 65536,
    PLANNER_PRIORITY_MAX = 1023
};
#define PLANNER_BYTES_MAX       (1ull << 50) /* of one flow */
#define PLANNER_TOTAL_BYTES_MAX (1ull << 53)

struct planner_plan;

/* A flow of the step. */
struct planner_demand {
    uint32_t source_port;
    uint32_t destination_port;
    uint64_t bytes;
    uint32_t job; /* index of its priority */
};

struct planner_demands {
    const struct planner_demand *demands;
    uint32_t count;
    const uint32_t *job_priorities; /* the higher chooses first; NULL: all are alike */
    uint32_t job_count;
};

struct planner_options {
    uint32_t piece_bytes_min;  /* no flow is cut into less */
    uint32_t granule_bytes;    /* pieces end at multiples of it, so that packets stay whole; 0: any byte */
    uint32_t accept_per_mille; /* over the bound: flows are cut only beyond it */
    uint32_t moves_per_cent; /* of the displaced pieces: so many others may be moved to make room for them */
    uint64_t budget_ns;      /* 0: everything is planned. Else only what the links can carry within it: the
                                rest is deferred. Two tiers only. */
};
/* Pieces of at least 64 KiB and 8 packets, 2 % accepted, 10 % moved, everything planned. */
void planner_options_default(struct planner_options *options, uint32_t packet_payload_bytes);

/* The part of a flow that takes one path. */
struct planner_piece {
    uint64_t bytes;
    uint32_t demand;
    uint16_t spine;
    uint16_t core; /* between pods; else 0 */
};

/* Times are those of bytes on links alone, in picoseconds. */
struct planner_summary {
    uint64_t bound_ps; /* T*: the most that a port, or a leaf's (pod's) links together, must carry: no plan
                          ends earlier */
    uint64_t time_ps;  /* when the last link ends under this plan, ports included */
    uint64_t fabric_bound_ps; /* the same two without ports: what ideal spraying would load the links with, */
    uint64_t fabric_time_ps;  /* and what the plan does */
    uint32_t flows;           /* that cross spines, and have pieces */
    uint32_t local_flows;     /* inside a leaf */
    uint32_t unrouted_flows;  /* no live path joins their leaves: no pieces, not part of the bound */
    uint32_t deferred_flows;  /* not admitted within the budget: no pieces, not part of the bound */
    uint32_t split_flows;
    uint32_t pieces;
    uint32_t displaced_flows; /* of a revised plan: had a piece on a link that is dead now */
    uint32_t moved_flows;     /* of a revised plan: have other pieces than before */
    uint64_t admitted_value;  /* sum of bytes x (priority, at least 1) of all flows that are not deferred or
                                 unrouted */
};

/* -EINVAL or -ENOMEM, and one line in `error`. */
int planner_plan_create(const struct planner_fabric *fabric, const struct planner_demands *demands,
                        const struct planner_options *options, struct planner_plan **plan,
                        char error[PLANNER_ERROR_BYTES]);
/* The plan for the same demand on a fabric of the same shape whose rates have changed. Pieces on dead links
 * move, and those that make a link take longer than is accepted now; others only to make room, as
 * options.moves_per_cent says. So few moves have a price where a leaf has few links, and when a link has come
 * back: if the ratio is not good enough, allow more, or plan anew. The old plan stays as it is. A plan with a
 * budget is made anew. */
int planner_plan_revise(const struct planner_plan *old, const struct planner_fabric *fabric,
                        struct planner_plan **plan, char error[PLANNER_ERROR_BYTES]);
void planner_plan_destroy(struct planner_plan *plan);

const struct planner_summary *planner_plan_summary(const struct planner_plan *plan);
/* time / bound, at least 1; and the most loaded fabric link over what spraying would load it with. 1 when
 * idle. */
double planner_ratio(const struct planner_summary *summary);
double planner_fabric_ratio(const struct planner_summary *summary);

const struct planner_demand *planner_plan_demands(const struct planner_plan *plan, uint32_t *count);
/* The pieces of a demand, in the order of their offsets in the flow; *count is 0 for flows without. */
const struct planner_piece *planner_plan_pieces(const struct planner_plan *plan, uint32_t demand,
                                                uint32_t *count);
/* The path's number as hosts count them: the spine; between pods spine * core_count + core. */
unsigned planner_piece_path(const struct planner_plan *plan, const struct planner_piece *piece);
/* Shares of the flow's pieces in 1/65536, which add up to PLANNER_SHARE_WHOLE: shares[i] belongs to piece i.
 * Returns the number of pieces; at most `max` are written. A piece too small for a share of its own gets 0.
 */
uint32_t planner_plan_shares(const struct planner_plan *plan, uint32_t demand, uint32_t *shares,
                             uint32_t max);
/* Of a revised plan, the demands whose pieces are others than they were, ascending; NULL: it was made anew.
 */
const uint32_t *planner_plan_changed(const struct planner_plan *plan, uint32_t *count);
/* Bytes planned on the link; 0 if there is no such link. */
uint64_t planner_plan_load(const struct planner_plan *plan, const struct planner_link *link);
/* The same of all links of a kind, in the order of planner_fabric_rates(). */
const uint64_t *planner_plan_loads(const struct planner_plan *plan, enum planner_link_kind kind);

/* Whether the plan may be followed on `fabric`: every byte of every flow has one path, all links of it work
 * there, pieces keep to the limits of the options, loads and summary are what the pieces make them. -EINVAL
 * and one line that names the first flow or link of which this is not true. */
int planner_plan_check(const struct planner_plan *plan, const struct planner_fabric *fabric,
                       char error[PLANNER_ERROR_BYTES]);

#endif
