/* SPDX-License-Identifier: BSD-3-Clause */
/* struct core, for the files of this folder. */
#ifndef WEFT_CONTROL_CORE_STATE_H
#define WEFT_CONTROL_CORE_STATE_H

#include "control/core/agent.h"
#include "control/core/core_error.h"
#include "control/core/link_evidence.h"
#include "control/core/link_health.h"
#include "control/core/path_table.h"
#include "control/core/plan_history.h"
#include "control/core/plan_result.h"

/* An operator's word on a link. */
struct link_wish {
    bool drained;
    double capacity_ratio;
    char by[CORE_NAME_BYTES], reason[CORE_REASON_BYTES];
    uint64_t since_ns; /* 0: nobody said anything */
};

/* What the next plan is made for; several may come together. */
enum plan_change {
    PLAN_LINKS = 1, /* the plan in force is revised */
    PLAN_JOBS = 2,  /* a plan is made anew */
    PLAN_REFINE = 4 /* a revised plan may be much worse than one made anew: followed only if it is */
};

struct plan_want {
    uint64_t due_ns;  /* UINT64_MAX: nothing has changed */
    unsigned changes; /* enum plan_change */
    unsigned causes;  /* how many; `cause` is the first */
    char cause[CORE_REASON_BYTES];
};

struct core {
    struct core_config config;
    struct fabric_map *map;
    struct journal journal;
    struct jobs jobs;
    struct path_table paths;
    struct agent **agents;   /* [port]; NULL: never reported */
    uint64_t lease_check_ns; /* no lease ends before */
    struct link_evidence evidence;
    uint64_t judge_ns;                     /* when links are judged anew; UINT64_MAX: no new evidence */
    struct link_health *health;            /* [uplink] */
    struct link_wish *wishes;              /* [link]; changed by core_set_wish() alone */
    uint64_t *wished_bytes_per_s;          /* [link]: what they leave of its rate, in eighths */
    uint32_t *reporters;                   /* of core_link_info() */
    uint32_t probe_list[AGENT_PROBES_MAX]; /* of a reply */
    struct core_timing_wish timing_list[CORE_TIMINGS_MAX];

    uint64_t quiet_until_ns; /* after a restart: agents have had the time to report */
    uint64_t stored_epoch;   /* never to be given again */
    struct plan_want want;
    uint64_t plan_retry_ns;   /* 0: the last plan succeeded */
    bool planning;            /* a computation is under way */
    struct plan_result *plan; /* in force; NULL: none yet */
    struct plan_history history;
    struct plan_header **blocks; /* [port]: of the plan in force, made when asked for */
    struct diagnosis *diagnosis;
};

void core_want_plan(struct core *core, uint64_t now_ns, enum plan_change change, const char *format, ...)
    __attribute__((format(printf, 4, 5)));
/* There is new evidence: links are to be judged after plan_delay_ns. */
void core_want_judgement(struct core *core, uint64_t now_ns);
/* The hosts that report dead paths over the uplink, in core->reporters. Returns how many. */
unsigned core_collect_reporters(struct core *core, uint32_t uplink);
void core_set_wish(struct core *core, uint32_t link, const struct link_wish *wish);
/* Judges links if it is time. */
void core_judge_links(struct core *core, uint64_t now_ns);
/* All that the agent said is forgotten; its jobs lose their ranks. */
void core_agent_leave(struct core *core, uint32_t port, uint64_t now_ns);
/* What timing says (diagnosis.h). -ENOMEM from the first. */
int diagnosis_create(struct core *core);
void diagnosis_destroy(struct diagnosis *diagnosis); /* NULL is allowed */
/* What the store has brought is known. */
void diagnosis_start(struct core *core, uint64_t now_ns);
void diagnosis_tick(struct core *core, uint64_t now_ns);
uint64_t diagnosis_wakeup(const struct core *core);
/* An operator has taken out or brought back a link. */
void diagnosis_on_operator(struct core *core, uint32_t link, bool drained, uint64_t now_ns);
/* The agent of `port` has looked for its paths to `peer` anew, as it was asked to at asked_ns. */
void diagnosis_on_probed(struct core *core, uint32_t port, const struct asked_probe *probe, uint64_t now_ns);
/* The agent has timed a path as it was asked to. */
void diagnosis_on_timed(struct core *core, uint32_t port, const struct core_timed *timed, uint64_t now_ns);
/* Writes the wishes that its agent has not been told of. Returns how many. */
unsigned diagnosis_take_wishes(struct core *core, uint32_t port,
                               struct core_timing_wish wishes[CORE_TIMINGS_MAX]);
/* The rates of the fabric now, for the planner. 0, or -errno with `error`. */
int core_make_fabric(const struct core *core, struct planner_fabric **fabric,
                     char error[PLANNER_ERROR_BYTES]);

#endif
