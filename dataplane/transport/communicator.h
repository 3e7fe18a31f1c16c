/* SPDX-License-Identifier: BSD-3-Clause */
/* Communicators as the transport knows them: which rank is where, whose messages they are, and how they die.
 */
#ifndef WEFT_TRANSPORT_COMMUNICATOR_H
#define WEFT_TRANSPORT_COMMUNICATOR_H

#include "dataplane/transport/state.h"

/* A rank of the communicator with this identity is dead, whoever says so: all of it that is open here dies.
 */
void communicator_on_rank_dead(struct transport *t, uint64_t identity, uint32_t rank);
/* The host of some ranks is gone: every communicator with a rank there dies, and its other hosts are told. */
void communicator_on_peer_dead(struct transport *t, uint16_t peer);
/* The host has started anew: the same, but a communicator that has not heard from it yet goes on with the new
 * one. */
void communicator_on_peer_restarted(struct transport *t, uint16_t peer);

#endif
