/* SPDX-License-Identifier: BSD-3-Clause */
/* What is known about paths: which spines exist, and which UDP source port reaches one peer over which spine.
 * Memory only; when to ask the routers is path_discovery.h's business.
 *
 * Spines are known by the address with which they answer. A path's number is that of its spine, equal for all
 * peers and never reused for another spine. The spines that are found before the first use are numbered in
 * order of their addresses, so that hosts which see the same spines agree; later ones get the next numbers.
 */
#ifndef WEFT_DAEMON_PATH_CATALOGUE_H
#define WEFT_DAEMON_PATH_CATALOGUE_H

#include <stdbool.h>
#include <stdint.h>

#include "dataplane/formats/packet.h"
#include "dataplane/transport/transport.h"

enum {
    CATALOGUE_SPINES_MAX = PACKET_PATHS_MAX,
    CATALOGUE_PORTS_PER_SPINE = 2, /* one in use, one to change to */
    CATALOGUE_PORTS_MAX = CATALOGUE_SPINES_MAX * CATALOGUE_PORTS_PER_SPINE
};

struct spine_list {
    uint32_t address[CATALOGUE_SPINES_MAX]; /* by spine: in order of discovery */
    uint8_t path[CATALOGUE_SPINES_MAX];     /* by spine: its path number, once numbered */
    unsigned count;
    unsigned numbered;
};

/* The spine with this address, added when new; -1 when there is no room. */
int spine_list_find_or_add(struct spine_list *spines, uint32_t address);
/* Gives numbers to the spines that have none yet, in order of address. */
void spine_list_number(struct spine_list *spines);

struct learned_port {
    uint16_t port;
    uint8_t spine;
    nsec_t heard_at; /* when the spine last answered a probe with this port */
};

/* The ports of one peer. */
struct path_catalogue {
    struct learned_port ports[CATALOGUE_PORTS_MAX];
    unsigned port_count;
    struct path_entry published[CATALOGUE_SPINES_MAX]; /* by path: what the transport was told last */
    unsigned published_count;
};

/* A router has said that a port crosses a spine. True when the port was known to cross another. */
bool path_catalogue_learn(struct path_catalogue *catalogue, struct learned_port learned);
/* When the spine last answered for any port of this peer; 0: never. */
nsec_t path_catalogue_heard_at(const struct path_catalogue *catalogue, unsigned spine);
bool path_catalogue_knows(const struct path_catalogue *catalogue, uint16_t port);
/* Bit i: at least `ports` ports are known over spine i. */
uint64_t path_catalogue_spines(const struct path_catalogue *catalogue, unsigned ports);
/* Writes one entry a numbered spine and returns true when anything differs from the last time. A path keeps
 * its port as long as that still crosses its spine. */
bool path_catalogue_publish(struct path_catalogue *catalogue, const struct spine_list *spines);

#endif
