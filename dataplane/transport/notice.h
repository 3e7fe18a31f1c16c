/* SPDX-License-Identifier: BSD-3-Clause */
/* Deaths of ranks: told to every peer of the communicator, and remembered for those who come late. The memory
 * is bounded: of the last 256 deaths; a rank that comes later still is ended by its own timeout. */
#ifndef WEFT_TRANSPORT_NOTICE_H
#define WEFT_TRANSPORT_NOTICE_H

#include "dataplane/transport/state.h"

/* Rank `rank` of the communicator is dead: all its peers shall hear it from here. */
void notice_add(struct transport *t, const struct communicator *c, uint32_t rank);
/* A peer says so: remembered for who opens the communicator later, not told on. */
void notice_remember(struct transport *t, uint64_t identity, uint32_t rank);
/* Whether the communicator is known to have a dead rank, and which. */
bool notice_find(const struct transport *t, uint64_t identity, uint32_t *rank);
/* The peer asks about a communicator that has a dead rank here: it is told. False when nothing is known. */
bool notice_tell(struct transport *t, uint64_t identity, uint16_t peer);
/* The packet with this notice did not arrive: those not known to have it are told again. */
void notice_tell_again(struct transport *t, uint32_t name, uint16_t peer);
/* The peer is gone: it need not be told. */
void notice_forget_peer(struct transport *t, uint16_t peer);
/* Writes up to `max` packets; returns how many. */
unsigned notice_send(struct transport *t, struct outgoing_packet *packets, unsigned max, nsec_t now);

#endif
