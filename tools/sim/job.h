/* SPDX-License-Identifier: BSD-3-Clause */
/* A job: ranks on hosts that run a collective, again and again, under the rules of libweft's
 * schedules (schedule.h), handing each step's flows to their transports as one batch. A rank's ends are
 * judged here: everything completes, or, where a host was disturbed, may fail for the death of a rank on such
 * a host.
 */
#ifndef SIM_JOB_H
#define SIM_JOB_H

#include "tools/sim/simulation.h"
#include "tools/sim/workload.h"

struct job_config {
    const char *name;
    uint64_t identity; /* of the communicator */
    const uint32_t *rank_hosts;
    uint32_t rank_count;
    enum path_mode path_mode;
    uint32_t hash_seed;
    unsigned iterations;
    nsec_t open_at; /* communicators are opened, so that sessions exist at the start */
    nsec_t start_at;
    nsec_t gap_ns;      /* computing between iterations */
    nsec_t deadline_at; /* it has ended by then, or there is a complaint; NSEC_NEVER: no judgement */
    unsigned chunks;    /* of every receive; 0: not reported */
    bool may_fail;      /* hosts are disturbed while it runs */
    /* Ranks that never exchange anything do not get to know each other: for large fabrics without dead
     * hosts. */
    bool partners_only;
    const struct workload *workload; /* stays valid as long as the job; ranks are rank_count */
};

enum {
    JOB_STEPS_KEPT = 8 /* of a lane, in progress: more than a window and the step before it */
};
static_assert(JOB_STEPS_KEPT > SCHEDULE_WINDOW_MAX + 1, "a step's counts outlive its window");

struct job_lane {
    uint32_t posted;    /* steps whose receives are posted */
    uint32_t arrived;   /* steps, from the first, whose receives have all come */
    uint32_t submitted; /* steps whose sends are submitted */
    uint32_t finished;  /* steps, from the first, arrived and sent */
    struct {
        uint32_t receives_left, sends_left;
    } steps[JOB_STEPS_KEPT];
};

struct job_rank {
    struct job *job;
    struct job_rank *next_of_host;
    struct host *host;
    uint16_t *peers;
    int communicator;
    uint32_t rank;
    unsigned iteration, phase;
    unsigned operations; /* handed over and not ended */
    unsigned lanes_left;
    struct workload_turn turn; /* what it does in this phase */
    struct job_lane lanes[SCHEDULE_LANES_MAX];
    bool blocked; /* the transport was full: to be tried again */
    bool running, failed, gone, over;
    nsec_t phase_started, ended_at;
};

struct job {
    struct job_config config;
    struct simulation *simulation;
    struct job_rank *ranks;
    uint32_t *rank_hosts;
    uint32_t ranks_left;
    bool failed, abandoned; /* abandoned: its launcher ended it, as a rank is gone */
    nsec_t ended_at, last_received_at;
    nsec_t *flow_times; /* of each receive, from when its rank began the phase */
    size_t flow_count, flow_capacity;
    nsec_t *iteration_ends; /* when its last rank ended it */
    uint64_t received_bytes;
};

/* Adds the job: from open_at on it runs by itself. `config` is copied, rank_hosts too. */
struct job *job_add(struct simulation *s, const struct job_config *config);
void job_destroy(struct job *job);

/* From hosts. */
void job_on_event(struct simulation *s, struct host *host, const struct event *event);
void job_on_host_killed(struct simulation *s, struct host *host);
/* Something may have become free: blocked ranks try again. */
void job_retry(struct simulation *s, struct host *host);

#endif
