/* SPDX-License-Identifier: BSD-3-Clause */
/* A question of telemetry, asked on a thread of DPDK's, answered on the main thread. */
#ifndef WEFT_DAEMON_QUESTION_H
#define WEFT_DAEMON_QUESTION_H

#include "dataplane/daemon/control_link.h"
#include "dataplane/daemon/introspection.h"

enum {
    PATH_VIEWS_MAX = 4,
    SESSION_VIEWS_MAX = 32
};

enum question_kind {
    QUESTION_COUNTERS,
    QUESTION_CHANNELS,
    QUESTION_PATHS,
    QUESTION_PLAN,
    QUESTION_SESSIONS
};

struct session_view {
    unsigned number;
    char name[SESSION_NAME_BYTES];
    int process;
    uint64_t region_bytes;
    unsigned communicators;
};

/* Held by the telemetry thread that asks and by the main thread until each has done with it. */
struct question {
    STAILQ_ENTRY(question) link;
    enum question_kind kind;
    unsigned port, start;
    unsigned holders; /* under the lock, as `answered` */
    bool answered;
    unsigned next;    /* 0: that was all */
    uint32_t address; /* of the port */
    struct worker_snapshot snapshot;
    uint64_t probes, probe_answers;
    bool has_nic_retransmits;
    uint64_t nic_retransmits;
    struct path_view paths[PATH_VIEWS_MAX];
    unsigned path_count;
    struct session_view sessions[SESSION_VIEWS_MAX];
    unsigned session_count;
    bool follows_control;
    struct control_agent_view agent;
};

/* ---- on telemetry's threads ---- */

/* Asks with the parameters "START,PORT", both optional. NULL when there is no answer in time; else the caller
 * releases it by question_done(). */
struct question *question_ask(enum question_kind kind, const char *parameters);
void question_done(struct question *q);

/* ---- on the main thread ---- */

/* 0 or negative errno. */
int question_service_start(const struct introspection_config *config);
void question_service_stop(void);

#endif
