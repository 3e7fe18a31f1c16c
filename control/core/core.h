/* SPDX-License-Identifier: BSD-3-Clause */
/* What control knows of the fabric now, and what follows from it: reports of agents and wishes of operators
 * go in; states of links, jobs, plans and events come out. It does no input or output and reads no clock:
 * time is an argument (nanoseconds since 1970; it must not go back: the caller begins with the clock on the
 * wall and goes on with one that only grows), what must outlive the process goes through store.h.
 *
 * All of it is one thread's, but for planning: core_plan_begin() takes what is to be planned for out of the
 * core, core_plan_compute() may take its time on any thread, core_plan_publish() puts the outcome in force if
 * it is still wanted. So a large plan keeps nobody waiting.
 */
#ifndef WEFT_CONTROL_CORE_H
#define WEFT_CONTROL_CORE_H

#include <stdbool.h>
#include <stdint.h>

#include "control/core/store.h"
#include "control/topology/topology.h"
#include "dataplane/formats/plan.h"

enum {
    CORE_ERROR_BYTES = 256,
    CORE_NAME_BYTES = 64,
    CORE_REASON_BYTES = 160,
    CORE_JOBS_MAX = 4096,
    CORE_JOB_RANKS_MAX = 4096,
    CORE_PRIORITIES = 8,
    CORE_PRIORITY_DEFAULT = 3,
    CORE_HISTORY_PLANS = 64,
    CORE_EVENTS_KEPT = 4096
};

/* Why something was not done: a code of API.md, and a line that names the remedy. */
struct core_error {
    const char *code;
    char text[CORE_ERROR_BYTES];
};

struct core;

/* An operator's rule for one link. */
struct core_link_override {
    uint32_t link;
    bool always; /* shares and rates do not hold a verdict back; else nothing is ever done */
};
/* What is done about verdicts (diagnosis.h). 0: the default of control/localiser. */
struct core_diagnosis_config {
    bool dry_run; /* verdicts are told, nothing is done */
    uint32_t actions_max;
    uint64_t actions_ns;
    uint32_t clean_probes;
    uint64_t clean_ns;
    double confidence_min;
    uint64_t hang_ns;
    const struct core_link_override *overrides; /* the caller's, as long as the core */
    unsigned override_count;
};

struct core_config {
    const struct topology *topology; /* the caller's, as long as the core */
    struct store *store;             /* the same; what it holds is taken over */
    uint32_t leaf_prefix_bits;
    uint64_t lease_ns, report_every_ns;
    uint64_t plan_delay_ns;     /* changes within this time are planned for together */
    double drained_uplinks_max; /* share of a leaf's uplinks that may be drained without force */
    struct core_diagnosis_config diagnosis;
};

/* 0, or negative errno with `error` (addresses that do not go with leaf_prefix_bits, a store that is broken).
 */
int core_create(const struct core_config *config, uint64_t now_ns, struct core **core,
                struct core_error *error);
void core_destroy(struct core *core);

/* ---- agents ---- */

struct core_demand {
    enum step_shape shape;
    uint64_t flow_bytes;
};

struct core_communicator {
    uint64_t identity;
    uint32_t rank, rank_count;
    const uint32_t *addresses; /* rank_count */
    char name[CORE_NAME_BYTES];
    bool planned; /* its path mode follows plans */
    unsigned demand_count;
    struct core_demand demands[STEP_SHAPES];
};

#define CORE_NEVER_HEARD UINT32_MAX

struct core_path {
    uint32_t peer, spine; /* addresses */
    uint16_t source_port;
    bool alive;
    bool complete;     /* the agent has looked for all paths to the peer: there are no others */
    uint32_t heard_ms; /* since the spine last answered a probe on this path; CORE_NEVER_HEARD */
    uint64_t acked_bytes;
};

enum {
    CORE_TIMINGS_MAX = 32,    /* of an agent at a time */
    CORE_ROUND_TRIPS_MAX = 64 /* of a timing */
};
/* The agent is to send lone packets over a path, and to time them. */
struct core_timing_wish {
    uint64_t number;
    uint32_t peer, spine; /* addresses */
    uint32_t packets, over_ms;
};
/* What came of it: of packets that are not listed nothing came back. */
struct core_timed {
    uint64_t number;
    uint32_t count;
    uint32_t round_trips_ns[CORE_ROUND_TRIPS_MAX];
};

/* One report: all that the agent knows. What it points to is only read during the call. */
struct core_report {
    uint32_t address;
    uint32_t incarnation;
    uint64_t sequence;
    uint64_t plan_epoch, plan_hash;
    uint64_t rate_bits_per_s;
    const struct core_communicator *communicators;
    unsigned communicator_count;
    const struct core_path *paths;
    unsigned path_count;
    const uint32_t *probed;
    unsigned probed_count;
    const struct core_timed *timed;
    unsigned timed_count;
};

struct core_reply {
    uint64_t epoch;
    uint64_t report_every_ns, lease_ns;
    const uint32_t *probe; /* peers to look for paths to anew; valid until the next call */
    unsigned probe_count;
    const struct core_timing_wish *time; /* said once; valid as long */
    unsigned time_count;
};

/* 0 or -ENOENT, -ESTALE, -EINVAL, -ENOMEM with `error`; then nothing has changed. */
int core_report(struct core *core, const struct core_report *report, uint64_t now_ns,
                struct core_reply *reply, struct core_error *error);

/* ---- operators ---- */

enum core_link_action {
    CORE_LINK_DRAIN,
    CORE_LINK_RESTORE,
    CORE_LINK_SET
};

struct core_link_request {
    uint32_t link; /* of the topology */
    enum core_link_action action;
    double capacity_ratio; /* SET: 0 to 1 */
    char by[CORE_NAME_BYTES], reason[CORE_REASON_BYTES];
    bool force, dry_run;
};
/* 0, or -EPERM (a guard rail) or -EIO (the store: nothing was done) with `error`. */
int core_link_act(struct core *core, const struct core_link_request *request, uint64_t now_ns,
                  struct core_error *error);
int core_job_set_priority(struct core *core, uint64_t identity, unsigned priority, const char *by,
                          uint64_t now_ns, struct core_error *error);
/* The agent of `from` is asked to look for its paths to `to` anew (addresses of host ports). */
int core_probe(struct core *core, uint32_t from, uint32_t to, uint64_t now_ns, struct core_error *error);

/* ---- time and plans ---- */

/* Ends leases that have run out, judges links, writes events to the store and shows them. */
void core_tick(struct core *core, uint64_t now_ns);
/* When core_tick() or core_plan_begin() has something to do next; UINT64_MAX: not before something comes in.
 */
uint64_t core_next_wakeup(const struct core *core);

struct core_planning; /* one computation, independent of the core */
/* NULL while nothing has changed, plan_delay_ns is not over, or another computation is under way. */
struct core_planning *core_plan_begin(struct core *core, uint64_t now_ns);
void core_plan_compute(struct core_planning *planning);
/* Frees the planning. True when a new epoch is in force. */
bool core_plan_publish(struct core *core, struct core_planning *planning, uint64_t duration_ns,
                       uint64_t now_ns);

/* The plan of one host port in the epoch in force; made when first asked for, valid until the next
 * publication. NULL and -ENOENT: no such port; -EAGAIN: no plan yet. */
int core_plan_block(struct core *core, uint32_t address, const struct plan_header **block);
uint64_t core_epoch(const struct core *core);

/* ---- looking ---- */

enum core_link_state {
    CORE_LINK_UP,
    CORE_LINK_DOWN,
    CORE_LINK_SUSPECT /* paths over it are dead, but it may be another link of theirs */
};

struct core_link_info {
    uint32_t link;
    enum core_link_state state;
    bool drained;
    double capacity_ratio;
    char by[CORE_NAME_BYTES], reason[CORE_REASON_BYTES];
    uint64_t since_ns;
    unsigned reported_by_count;  /* host ports that say that paths over it are dead, or that there are none */
    const uint32_t *reported_by; /* their addresses; valid until the next call */
    unsigned dead_paths;         /* over a link that is not up: routers still send there. 0: they avoid it */
    uint64_t planned_flows;
    double planned_share; /* planned time on it over that of the most loaded link */
};
void core_link_info(struct core *core, uint32_t link, struct core_link_info *info);

enum core_agent_state {
    CORE_AGENT_ABSENT,
    CORE_AGENT_BEHIND, /* another epoch than the one in force */
    CORE_AGENT_CURRENT
};
struct core_agent_info {
    uint32_t address;
    enum core_agent_state state;
    uint32_t incarnation;
    uint64_t plan_epoch, seen_ns;
    unsigned communicators, dead_paths;
};
/* False if no host port has the address. */
bool core_agent_info(const struct core *core, uint32_t address, struct core_agent_info *info);
/* The paths that the agent of `from` knows to `to`; valid until its next report. */
unsigned core_agent_paths(const struct core *core, uint32_t from, uint32_t to,
                          const struct core_path **paths);

struct core_job_info {
    uint64_t identity;
    char name[CORE_NAME_BYTES];
    uint32_t rank_count, ranks_present;
    const uint32_t *addresses; /* by rank */
    unsigned shape_count;
    struct core_demand shapes[STEP_SHAPES];
    unsigned priority;
    double admitted_ratio;
};
unsigned core_job_count(const struct core *core);
/* By number, 0 .. count - 1, in order of identity. */
void core_job_info(const struct core *core, unsigned job, struct core_job_info *info);
bool core_job_find(const struct core *core, uint64_t identity, unsigned *job);

struct core_plan_job {
    uint64_t identity;
    enum step_shape shape;
    double ratio;
    bool admitted;
    bool local; /* left to its hosts, which cut each flow over all paths: its ranks do not keep step */
};
/* What a plan was made for. */
enum core_plan_change {
    CORE_PLAN_JOBS,   /* jobs have changed, or control has started: made anew */
    CORE_PLAN_LINKS,  /* links have changed: the one before it was revised */
    CORE_PLAN_REFINED /* nothing has changed: made anew since the one before it was worse */
};

struct core_plan_info {
    uint64_t epoch, hash, at_ns, duration_ns;
    char reason[CORE_REASON_BYTES];
    enum core_plan_change change;
    double ratio; /* of all steps one after the other: the most loaded links' times over the bounds T* */
    uint64_t flows, split_flows, pieces, moved_flows;
    unsigned job_count; /* of the plan in force only */
    const struct core_plan_job *jobs;
};
/* The plan in force, or an older one that is still kept; false if it is not. */
bool core_plan_info(const struct core *core, uint64_t epoch, struct core_plan_info *info);
/* Epochs that are kept, newest first. */
unsigned core_plan_history(const struct core *core, uint64_t *epochs, unsigned max);

struct core_flow {
    uint64_t identity;
    enum step_shape shape;
    uint32_t from_rank, to_rank, from_address, to_address;
    uint64_t bytes;
    unsigned piece_count;
    const struct plan_piece *pieces; /* spines by their index among the topology's */
};
typedef void (*core_flow_visitor)(void *context, const struct core_flow *flow);
/* The flows planned over a link, in order of job, shape and ranks. */
void core_plan_flows_of_link(const struct core *core, uint32_t link, core_flow_visitor visit, void *context);
/* Fills `text` with why the flow is where it is; `flow` and `load_ratios` (of every spine, the time its most
 * loaded link on the way is planned to take over that of the plan's most loaded one) are for showing. False:
 * not planned, `text` says why (local splitting). */
struct core_explanation {
    char text[512];
    struct core_flow flow;
    struct plan_piece whole; /* what flow.pieces points to when it is not split */
    double load_ratios[PLAN_SPINES_MAX];
};
bool core_plan_explain(const struct core *core, uint64_t identity, enum step_shape shape, uint32_t from_rank,
                       uint32_t to_rank, struct core_explanation *explanation);
typedef void (*core_move_visitor)(void *context, const struct core_flow *before,
                                  const struct core_flow *after);
/* The flows whose pieces differ between two kept epochs. Returns how many, or -ENOENT. */
int64_t core_plan_diff(const struct core *core, uint64_t from, uint64_t to, core_move_visitor visit,
                       void *context);

/* ---- events ---- */

/* The events after `sequence`, oldest first, at most `max` (store.h: struct store_event); valid until the
 * next call that changes the core. */
unsigned core_events(const struct core *core, uint64_t sequence, const struct store_event **events,
                     unsigned max);

#endif
