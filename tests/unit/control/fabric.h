/* SPDX-License-Identifier: BSD-3-Clause */
/* A fabric with agents on all its hosts, for stories of the core: hosts report whenever the story says, links
 * die, time passes by hand. */
#ifndef WEFT_TESTS_UNIT_CONTROL_FABRIC_H
#define WEFT_TESTS_UNIT_CONTROL_FABRIC_H

/* clang-format off */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
/* clang-format on */

#include "control/core/core.h"

#define MS     1000000ull
#define SECOND 1000000000ull

enum {
    MIB = 1 << 20,
    FABRIC_RANKS_MAX = 4096,
    FABRIC_JOBS_MAX = 64
};

struct fabric_shape {
    uint32_t leaves, spines, hosts; /* hosts of a leaf */
    uint32_t spine_link_gbps;       /* 0: 100, as hosts' links */
};

/* A communicator that hosts report. */
struct fabric_job {
    uint64_t identity;
    uint32_t rank_count;
    uint32_t *hosts;     /* [rank] */
    uint32_t *addresses; /* [rank] */
    uint32_t *ranks;     /* [host]: its rank + 1, or 0 */
    struct core_demand demands[STEP_SHAPES];
    unsigned demand_count;
};

struct fabric {
    struct fabric_shape shape;
    uint32_t host_count;
    struct topology *topology;
    struct store *store;
    struct core *core;
    uint64_t now_ns;
    uint32_t incarnation; /* of all agents */
    uint64_t sequence;
    struct fabric_job jobs[FABRIC_JOBS_MAX];
    unsigned job_count;
    bool *dead;           /* [leaf * spines + spine] */
    uint64_t acked_bytes; /* of paths that carry */
    bool routed;          /* routers know which links are dead: there are no paths over them */
    bool deaf;            /* hosts hear no spine */
    bool hasty;           /* hosts have not looked for all paths */
    struct core_reply reply;
};

/* Opens `store` (":memory:" or a file); hosts have not reported yet. */
void fabric_open(struct fabric *f, struct fabric_shape shape, const char *store);
void fabric_close(struct fabric *f);
/* Control ends without a word and starts again with what is in the store. */
void fabric_restart(struct fabric *f, const char *store);

uint32_t fabric_address(const struct fabric *f, uint32_t host);
uint32_t fabric_spine_address(uint32_t spine);
uint32_t fabric_link(const struct fabric *f, uint32_t leaf, uint32_t spine);
void fabric_kill(struct fabric *f, uint32_t leaf, uint32_t spine);
void fabric_mend(struct fabric *f, uint32_t leaf, uint32_t spine);

/* Adds a job of these hosts, in the order of ranks; NULL: all hosts. */
struct fabric_job *fabric_add_job(struct fabric *f, uint64_t identity, const uint32_t *hosts, uint32_t count);
void fabric_add_demand(struct fabric_job *job, enum step_shape shape, uint64_t flow_bytes);
struct core_report fabric_begin_report(struct fabric *f, uint32_t host);
/* Reports the host's jobs, and its paths to all its ring neighbours in them: dead where a link of theirs is,
 * carrying else. */
void fabric_report(struct fabric *f, uint32_t host);
/* The same, and that it has looked for its paths to these peers anew. */
void fabric_report_probed(struct fabric *f, uint32_t host, const uint32_t *peers, unsigned count);
/* The same, and what it has timed. */
void fabric_report_timed(struct fabric *f, uint32_t host, const struct core_timed *timed, unsigned count);
void fabric_report_all(struct fabric *f);
void fabric_pass(struct fabric *f, uint64_t duration_ns);
/* Plans as long as there is something to plan; returns how many epochs came of it. */
unsigned fabric_plan(struct fabric *f);

enum core_link_state fabric_state(struct fabric *f, uint32_t leaf, uint32_t spine);
/* The events of this kind so far. */
unsigned fabric_events(struct fabric *f, const char *kind);
/* The host's block in force, checked. */
struct plan_view fabric_block(struct fabric *f, uint32_t host);

#endif
