/* SPDX-License-Identifier: BSD-3-Clause */
/* Two hosts whose channels are queue pairs of a libibverbs of nothing (tests/unit/nic/null_verbs.h):
 * transport, carrier and verbs as in weft-dataplane, in virtual time. The main thread's part, connecting, is
 * played here; what befalls them is said by the test. */
#ifndef WEFT_TESTS_CARRIER_HOSTS_H
#define WEFT_TESTS_CARRIER_HOSTS_H

#include "dataplane/daemon/carrier.h"
#include "dataplane/transport/random.h"
#include "nic/verbs/verbs.h"
#include "tests/unit/nic/null_verbs.h"

enum {
    HOSTS = 2,
    PATHS = 4,
    BYTES = 1000000,
    PAYLOAD_BYTES = 16384,
    REGION = 1,
    FIRST_ADDRESS = 0x0a000001,
    ROUNDS_MAX = 1000000,
    LATE_ROUNDS_MAX = 2000
};

struct host {
    struct transport *transport;
    struct verbs *verbs;
    struct carrier *carrier;
    struct verbs_memory *memory;
    uint8_t *bytes; /* region 1: what is sent, then what is received */
    uint16_t peers[HOSTS];
    int communicator;
    struct verbs_link *links[PATHS];
    bool wanted[PATHS], down[PATHS], had[PATHS];
    unsigned rounds_waited[PATHS]; /* by the NIC of the path's queue pair */
    unsigned links_made, sent, received, cancelled, paths_down, paths_up;
    char reason[64];
};

/* What befalls them; all nothing at first. */
struct weather {
    struct random_stream random;
    unsigned datagrams_lost_percent;
    unsigned datagrams_late_percent; /* they come up to LATE_ROUNDS_MAX rounds later */
    bool mute[HOSTS];                /* all datagrams of this host are lost */
    unsigned main_idle_percent;      /* rounds in which the main thread does nothing */
    unsigned patience_rounds;        /* after which a NIC gives up what is not acknowledged */
    enum null_cut cut[HOSTS][PATHS]; /* what this host's queue pair sends */
};

extern struct host hosts[HOSTS];
extern struct weather weather;
extern nsec_t now;
extern uint64_t hosts_rate_bytes_per_s; /* of their ports, from the next hosts_set_up() on */

/* For cmocka. */
int hosts_set_up(void **state);
int hosts_tear_down(void **state);

struct link_name hosts_name_for(unsigned host, unsigned path);
void hosts_cut(unsigned host, unsigned path, enum null_cut cut);

/* The paths from this host that exist from now on, a bit each. */
void hosts_set_paths(unsigned host, unsigned paths);

/* Five microseconds of everybody. */
void hosts_do_round(void);
void hosts_do_rounds(unsigned count);
/* From host 0 to host 1, one message at a time. */
void hosts_begin_transfer(uint64_t bytes, uint64_t room);
/* Rounds until it has ended; how many. ROUNDS_MAX: it has not. */
unsigned hosts_run_to_end(void);
void hosts_finish(void);
/* All has arrived, once, and no receiver was not ready. */
void hosts_check_bytes(uint64_t bytes);

#endif
