/* SPDX-License-Identifier: BSD-3-Clause */
/* What a worker on an RDMA NIC does beside its packet port. Without one (worker.carrier is NULL) each
 * does nothing and says so. */
#ifndef WEFT_DAEMON_WORKER_LINKS_H
#define WEFT_DAEMON_WORKER_LINKS_H

#include "dataplane/daemon/worker_state.h"

/* Takes what the NIC has done; returns how much that was. */
unsigned worker_links_poll(struct worker *w);
/* True: the packet goes, or waits to go, on a queue pair. */
bool worker_links_send(struct worker *w, const struct outgoing_packet *packet);
/* After the last packet of a round. */
void worker_links_flush(struct worker *w);
/* How often a packet that does not go on a queue pair is sent. */
unsigned worker_links_copies(const struct worker *w, const struct outgoing_packet *packet);
/* The source port that a packet which does not go on a queue pair is to have. */
uint16_t worker_links_port(struct worker *w, const struct outgoing_packet *packet);
/* True: the transport must not see this datagram now. */
bool worker_links_see(struct worker *w, const struct received_frame *frame);
/* A packet to ourselves has arrived. */
void worker_links_on_looped_back(struct worker *w, const uint8_t *header);
/* Before a sleep; true: there is work, do not sleep. */
bool worker_links_arm(struct worker *w);
/* News for the main thread, as far as it has room. */
void worker_links_tell(struct worker *w);
/* False: there are none. */
bool worker_links_get_counters(const struct worker *w, struct carrier_counters *counters);
int64_t worker_links_command(struct worker *w, const struct command *command);

void worker_links_add_region(struct worker *w, uint32_t region, const struct region_keys *keys);
/* The NIC may still read it. */
bool worker_links_use_region(const struct worker *w, uint32_t region);
bool worker_links_use_region_of(const struct worker *w, uint32_t owner);
void worker_links_forget_region(struct worker *w, uint32_t region);

#endif
