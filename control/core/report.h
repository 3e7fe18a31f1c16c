/* SPDX-License-Identifier: BSD-3-Clause */
/* The steps of taking in a report: prepare finds all memory, so that take cannot fail. */
#ifndef WEFT_CONTROL_REPORT_H
#define WEFT_CONTROL_REPORT_H

#include "control/core/core_state.h"

/* All that taking over a report needs. */
struct intake {
    struct core *core;
    struct agent *agent;
    uint32_t port;
    const struct core_report *report;
    uint64_t now_ns;
    struct membership *memberships;            /* only those that fit their jobs */
    const struct core_communicator **reported; /* of each membership */
    unsigned membership_count;
    struct core_path *paths;
    struct path_mark *marks;
};

/* Opens jobs that are new. 0 or -ENOMEM with `error`; then report_close_unused() is to follow. */
int report_prepare_jobs(struct intake *in, struct core_error *error);
void report_take_jobs(struct intake *in);
/* Jobs without ranks go. */
void report_close_unused(struct core *core);
/* The ranks that the agent has now are the first `now_count` of `now`; those that it had and has not any more
 * leave their jobs, and a job closes when its last rank goes. */
void report_part(struct core *core, const struct agent *agent, const struct membership *now,
                 unsigned now_count, uint32_t port, uint64_t now_ns);

/* Catalogue, evidence, and the agent's own copy. */
void report_take_paths(struct intake *in);
/* What it has looked for as asked, and what it is to look for now. */
void report_take_probes(struct intake *in);

#endif
