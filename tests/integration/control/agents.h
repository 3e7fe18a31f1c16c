/* SPDX-License-Identifier: BSD-3-Clause */
/* Agents as the test plays them: reports of a ring over some hosts, and plans, taken and checked. */
#ifndef WEFT_TESTS_INTEGRATION_CONTROL_AGENTS_H
#define WEFT_TESTS_INTEGRATION_CONTROL_AGENTS_H

#include "dataplane/formats/plan.h"
#include "tests/integration/control/control_daemon.h"

/* One communicator whose ranks are on the fabric's hosts, one after the other. */
struct agents {
    const struct control_daemon *daemon;
    unsigned hosts_per_leaf, spines, ranks;
    const char *identity; /* "0x1f"; NULL: no communicator is open */
    uint64_t flow_bytes;  /* 0: no step was sent */
    int dead_spine;       /* all of leaf 0's paths over it; -1: none */
    unsigned incarnation;
    uint64_t sequence, epoch;
};

uint32_t agent_address(const struct agents *a, unsigned host);
/* "10.1.0.1" */
const char *agent_name(const struct agents *a, unsigned host);
/* A report's body, to be freed. */
char *agent_report_body(struct agents *a, unsigned host);
const struct answer *agent_report(struct agents *a, unsigned host);
/* All hosts report; each must be believed. */
void agents_report(struct agents *a);
/* Waits until there is a plan with another epoch than `after` for the host, checks and takes it. */
uint64_t agent_fetch_plan(struct agents *a, unsigned host, uint64_t after, struct plan_view *view);

#endif
