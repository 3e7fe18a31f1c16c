/* SPDX-License-Identifier: BSD-3-Clause */
/* The calls of API.md, one function each. */
#ifndef WEFT_CONTROL_CALLS_H
#define WEFT_CONTROL_CALLS_H

#include "control/server/call.h"

void calls_show_fabric(struct call *call);
void calls_show_topology(struct call *call);
void calls_show_hosts(struct call *call);
void calls_show_links(struct call *call);
void calls_act_on_link(struct call *call);
void calls_show_paths(struct call *call);
void calls_probe_paths(struct call *call);
void calls_show_plan(struct call *call);
void calls_explain_plan(struct call *call);
void calls_diff_plans(struct call *call);
void calls_show_history(struct call *call);
void calls_show_jobs(struct call *call);
void calls_set_priority(struct call *call);
void calls_show_events(struct call *call);
void calls_report(struct call *call);
void calls_fetch_plan(struct call *call);
void calls_take_timing(struct call *call);
void calls_show_verdicts(struct call *call);

#endif
