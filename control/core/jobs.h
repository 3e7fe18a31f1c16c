/* SPDX-License-Identifier: BSD-3-Clause */
/* Jobs: the communicators of the fabric, put together from what their ranks report. A job opens with the
 * first rank that reports it and closes when none has it any more; in between, the largest flow of each shape
 * only grows. */
#ifndef WEFT_CONTROL_JOBS_H
#define WEFT_CONTROL_JOBS_H

#include "control/core/fabric_map.h"
#include "control/core/journal.h"

/* Who the ranks are. Shared by a job and the plans made for it; of the core's thread alone. */
struct geometry {
    unsigned users;
    uint32_t rank_count;
    uint32_t *addresses; /* [rank] */
    uint32_t *ports;     /* [rank]: of the topology */
    uint32_t *by_port;   /* the ranks in ascending order of (port, rank) */
};
struct geometry *geometry_keep(struct geometry *g);
void geometry_release(struct geometry *g); /* NULL is allowed */
/* The ranks at a port: by_port[*first] and so on; returns how many. */
uint32_t geometry_ranks_at(const struct geometry *g, uint32_t port, uint32_t *first);

struct job {
    uint64_t identity;
    char name[CORE_NAME_BYTES];
    struct geometry *geometry;
    uint32_t *holders; /* [rank]: port + 1 of the agent that has it; 0: none */
    uint32_t ranks_present;
    bool planned;                     /* a rank's path mode follows plans */
    bool unplannable;                 /* a rank's address is no host port's: said once */
    bool conflict_told;               /* a rank reported other ranks: said once */
    uint64_t flow_bytes[STEP_SHAPES]; /* 0: no such step was sent */
    unsigned priority;
};

struct jobs {
    struct job **jobs; /* ascending by identity */
    unsigned count;
    struct store_priority *priorities; /* ascending by identity; those that are not CORE_PRIORITY_DEFAULT may
                                          be of jobs that are not open */
    unsigned priority_count, priority_capacity;
};

int jobs_create(struct jobs *jobs);
void jobs_destroy(struct jobs *jobs);

/* UINT_MAX: no such job. */
unsigned jobs_find(const struct jobs *jobs, uint64_t identity);
/* The job of the communicator, opened if need be, without ranks. NULL: no memory, or too many. */
struct job *jobs_open(struct jobs *jobs, const struct fabric_map *map, const struct core_communicator *c);
void jobs_close(struct jobs *jobs, struct job *job);
/* Whether they are of the same ranks at the same addresses. */
bool job_agrees(const struct job *job, const struct core_communicator *c);
/* Takes over path mode and demands; true when plans are to follow. */
bool job_take_demands(struct job *job, const struct core_communicator *c);
/* The length by which flows are planned: `bytes` rounded up to a power of two, so that a job whose messages
 * grow little by little is not planned anew each time, and at most JOB_SIZE_CLASS_MAX, so that no report can
 * ask for more than a planner can add up. */
#define JOB_SIZE_CLASS_MAX (256ull << 20)
uint64_t job_size_class(uint64_t bytes);

/* 0 or -ENOMEM. */
int jobs_note_priority(struct jobs *jobs, uint64_t identity, unsigned priority);

#endif
