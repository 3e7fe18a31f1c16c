/* SPDX-License-Identifier: BSD-3-Clause */
/* Learns which UDP source port takes which spine to each peer, and notices when that changes. Pure: probes
 * come out, routers' answers go in, time is an argument.
 *
 * A probe is an ordinary datagram whose TTL ends at the second router. Routers hash both addresses beside the
 * ports, so ports are learned per peer; which spines serve a leaf is learned over all its peers together.
 *
 * A peer is SEARCHING (probing new ports) until the stopping rule holds, then SETTLED (one port in use is
 * verified every verify interval; the peers of a leaf are at different paths, so that together they soon
 * notice). When a port is found to cross another spine than it did, or the transport reports a dead path, all
 * settled peers of that leaf become RECHECKING (every known port is probed again), then SEARCHING for what is
 * missing. A port that has moved makes the peers of all other leaves verify at once, for it may be our own
 * leaf that hashes anew. Silence proves nothing: a probe without answer never takes a port away, only an
 * answer from another spine does.
 *
 * Stopping rule: with s spines seen, a search ends when every one of them has two ports and the peers of the
 * leaf have had N(s) answers, or when this peer alone has had N(s) answers:
 *     N(s) = (s + 1) (14 + ln(s + 1))  >=  ln(10^-6 / (s + 1)) / ln(s / (s + 1))
 * so that one more, equally likely spine would have been missed with probability below 10^-6. A peer from
 * whose side no answer has come for the silence limit ends its search as well. Whoever misses a spine that
 * other peers of the leaf have, or has no answer at all, searches again after 1 s, doubling to 60 s, for
 * ever; between two searches it verifies known and new ports in turn, so that a spine that is back is soon
 * noticed.
 */
#ifndef WEFT_DAEMON_PATH_DISCOVERY_H
#define WEFT_DAEMON_PATH_DISCOVERY_H

#include <stdbool.h>
#include <stdint.h>

#include "dataplane/daemon/path_catalogue.h"
#include "dataplane/transport/transport.h"

struct path_discovery;

struct path_discovery_config {
    uint64_t seed;       /* of the identifications that answers must quote */
    uint16_t port_first; /* ports are tried from here to 65535, then again */
    unsigned burst_probes;
    nsec_t burst_interval_ns; /* at most burst_probes in this time, over all peers */
    nsec_t probe_timeout_ns;
    nsec_t silence_limit_ns;
    nsec_t verify_interval_ns; /* of one port of each peer */
    nsec_t retry_min_ns, retry_max_ns;
    nsec_t recheck_interval_ns; /* at least this between two rechecks of one leaf */
};
void path_discovery_config_default(struct path_discovery_config *config);

struct path_discovery *path_discovery_create(const struct path_discovery_config *config);
void path_discovery_destroy(struct path_discovery *d);

/* `peer` is the transport's number of it. A known address is left as it is. 0 or -ENOMEM. */
struct path_discovery_peer {
    uint32_t address, leaf;
    uint16_t peer;
};
int path_discovery_add_peer(struct path_discovery *d, const struct path_discovery_peer *peer, nsec_t now);
/* True once the first search for this address has ended, or the address was never added. */
bool path_discovery_is_settled(const struct path_discovery *d, uint32_t address);
/* True when nothing is being looked for or rechecked towards this address, or it was never added. */
bool path_discovery_is_at_rest(const struct path_discovery *d, uint32_t address);
/* The number of the paths that cross the spine with this address; -1: not known. */
int path_discovery_path_of(const struct path_discovery *d, uint32_t spine_address);
/* The number of the path that this source port takes to this address; -1: not known yet, it is being probed.
 */
int path_discovery_path_of_port(struct path_discovery *d, uint32_t address, uint16_t port);
/* True when a router has ever answered a probe towards this address. */
bool path_discovery_was_answered(const struct path_discovery *d, uint32_t address);

/* Of the peer with this number; 0: not added. */
uint32_t path_discovery_address(const struct path_discovery *d, uint16_t peer);

struct path_probe {
    uint32_t destination; /* IPv4, host byte order */
    uint16_t source_port;
    uint16_t id; /* IP identification */
};
/* Writes up to `max` probes that are due, and returns how many. */
unsigned path_discovery_take_probes(struct path_discovery *d, struct path_probe *probes, unsigned max,
                                    nsec_t now);

struct path_answer {
    uint32_t router;         /* who answered */
    struct path_probe quote; /* what the router quotes; answers to what was not asked are ignored */
};
void path_discovery_on_answer(struct path_discovery *d, const struct path_answer *answer, nsec_t now);
/* Nothing could be sent to this address until now: what is being waited for will not come. */
void path_discovery_on_reachable(struct path_discovery *d, uint32_t address);
/* The transport has given up a path to this peer, or has it back. */
void path_discovery_on_path_changed(struct path_discovery *d, uint16_t peer, nsec_t now);

struct path_change {
    uint16_t peer;
    unsigned count;
    struct path_entry entries[CATALOGUE_SPINES_MAX];
};
/* Takes one peer whose paths are not what the transport was last told. */
bool path_discovery_take_change(struct path_discovery *d, struct path_change *change);

/* When path_discovery_take_probes() should be called next. */
nsec_t path_discovery_next_wakeup(const struct path_discovery *d);

/* For introspection: the `index`-th peer; false beyond the last. By path number: ports and spine addresses, 0
 * where there is none, and when the spine last answered. */
struct path_view {
    uint32_t address;
    uint16_t peer;
    bool settled, answered;
    bool complete; /* all paths have been looked for: one that has no port does not exist */
    unsigned count;
    uint16_t source_port[CATALOGUE_SPINES_MAX];
    uint32_t spine_address[CATALOGUE_SPINES_MAX];
    nsec_t heard_at[CATALOGUE_SPINES_MAX];
};
bool path_discovery_view(const struct path_discovery *d, unsigned index, struct path_view *view);
uint64_t path_discovery_probes_sent(const struct path_discovery *d);
uint64_t path_discovery_answers(const struct path_discovery *d);

#endif
