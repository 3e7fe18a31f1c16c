/* SPDX-License-Identifier: BSD-3-Clause */
/* What the agent of one host port has said last. Its fields change only by report.c and lease.c. */
#ifndef WEFT_CONTROL_AGENT_H
#define WEFT_CONTROL_AGENT_H

#include "control/core/fabric_map.h"
#include "control/core/jobs.h"

enum {
    AGENT_PROBES_MAX = 64,
    AGENT_REPLACED_KEPT = 4
};

struct membership {
    struct job *job;
    uint32_t rank;
};

/* What a path says of its links. */
enum path_evidence {
    PATH_SAYS_NOTHING, /* its ends or its spine are not known, or every path to the peer is dead */
    PATH_ALIVE,
    PATH_DEAD
};

enum {
    NO_SPINE = 0xff
};

struct path_mark {
    uint64_t died_ns;   /* when it was first reported dead; 0: it is alive */
    uint32_t peer_leaf; /* MAP_NONE: the peer is not known, or on the agent's own leaf */
    uint8_t spine;      /* of the map; NO_SPINE: not known */
    uint8_t evidence;   /* enum path_evidence */
    bool grew;          /* acked_bytes, since the agent's last report */
};

/* The agent is asked to look for its paths to a peer. */
struct asked_probe {
    uint32_t peer;
    uint64_t asked_ns;
    bool pending;     /* not reported as done */
    bool by_operator; /* who wants to hear of it */
};

struct agent {
    bool present;
    uint32_t incarnation;
    uint32_t replaced[AGENT_REPLACED_KEPT]; /* incarnations that were there before */
    unsigned replaced_next;
    uint64_t sequence;
    uint64_t seen_ns;
    uint64_t plan_epoch;
    struct membership *memberships;
    unsigned membership_count;
    struct core_path *paths; /* ascending by (peer, spine) */
    struct path_mark *marks; /* of each path */
    unsigned path_count;
    unsigned dead_count;    /* of the paths, whatever they say */
    unsigned lacking_count; /* peers to which some spine has no path, although all were looked for */
    uint32_t stranger;      /* the last spine it reported that the topology does not have there; 0: none */
    struct asked_probe probes[AGENT_PROBES_MAX];
    unsigned probe_count;
};

void agent_free(struct agent *agent); /* NULL is allowed */
/* The paths to a peer: *first and the returned number behind it. */
unsigned agent_paths_to(const struct agent *agent, uint32_t peer, unsigned *first);
/* Copies the paths, sorted, and marks those that grew or died since the agent's last report. 0 or -ENOMEM. */
int agent_prepare_paths(const struct agent *agent, const struct core_report *report, uint64_t now_ns,
                        struct core_path **paths, struct path_mark **marks);

/* NULL: all of AGENT_PROBES_MAX are waiting for others. */
struct asked_probe *agent_ask(struct agent *agent, uint32_t peer, uint64_t now_ns);
/* NULL: never asked, or long ago. */
struct asked_probe *agent_asked(struct agent *agent, uint32_t peer);

#endif
