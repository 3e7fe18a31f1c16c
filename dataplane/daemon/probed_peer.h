/* SPDX-License-Identifier: BSD-3-Clause */
/* The probing of one peer: its state (see path_discovery.h), the probes under way, and when the next is due.
 */
#ifndef WEFT_DAEMON_PROBED_PEER_H
#define WEFT_DAEMON_PROBED_PEER_H

#include "dataplane/daemon/path_discovery.h"

enum {
    PROBES_OUTSTANDING_MAX = 32, /* of one peer */
    ASKED_PORTS_MAX = 32,
    PROBE_TRIES_MAX = 3 /* of a known port; an unknown one is given up for another */
};

/* What the peers behind one leaf share. */
struct probed_leaf {
    uint32_t leaf;
    uint64_t spines; /* bit i: spine i has answered a probe towards this leaf */
    unsigned answers;
    nsec_t rechecked_at;
};

enum probed_peer_state {
    PEER_SEARCHING,
    PEER_SETTLED,
    PEER_RECHECKING
};

struct outstanding_probe {
    uint16_t port, id;
    uint8_t tries;
    nsec_t sent_at;
};

/* A port that somebody asks about, whatever is known of others. */
struct asked_port {
    uint16_t port; /* 0: free */
    int16_t spine; /* -1: nobody has answered yet */
};

struct probed_peer {
    struct path_discovery_peer who;
    struct probed_leaf *leaf;
    enum probed_peer_state state;
    bool settled_once, answered, unpublished;
    bool complete; /* the last search had so many answers that no spine can have been missed */
    struct path_catalogue catalogue;
    struct outstanding_probe outstanding[PROBES_OUTSTANDING_MAX];
    unsigned outstanding_count;
    struct asked_port asked[ASKED_PORTS_MAX];
    unsigned asked_count; /* so far; the oldest makes room */
    uint16_t next_port, next_id;
    unsigned answers;       /* of this search */
    unsigned recheck_index; /* RECHECKING: next known port to probe */
    unsigned verify_index;  /* SETTLED: next path to verify; peers begin at different ones */
    nsec_t silent_since, verify_at, retry_at, retry_interval_ns;
};

void probed_peer_search(struct probed_peer *p, nsec_t now);
void probed_peer_recheck(struct probed_peer *p);
/* Learned spines of the leaf that no known port of this peer crosses. */
uint64_t probed_peer_missing(const struct probed_peer *p);

/* Writes the next probe that is due; false when none is. Moves the state on. */
bool probed_peer_next_probe(struct probed_peer *p, const struct path_discovery_config *config,
                            struct path_probe *probe, nsec_t now);
/* Ends the probe that this quotes; false when there is none. */
bool probed_peer_take_answer(struct probed_peer *p, const struct path_probe *quote);
/* The spine that the port crosses, or -1: it will be probed. */
int probed_peer_ask(struct probed_peer *p, uint16_t port);
void probed_peer_tell(struct probed_peer *p, uint16_t port, unsigned spine);
/* When probed_peer_next_probe() should be called next. */
nsec_t probed_peer_next_at(const struct probed_peer *p, const struct path_discovery_config *config);

#endif
