/* SPDX-License-Identifier: BSD-3-Clause */
/* What a peer is to be told beside data and acks: hellos, closes, probes, credits, refusals. A peer is on the
 * queue while it may have some of these; they go before data and outside congestion control, for they are
 * small and others wait for them. */
#ifndef WEFT_TRANSPORT_CONTROL_QUEUE_H
#define WEFT_TRANSPORT_CONTROL_QUEUE_H

#include "dataplane/transport/state.h"

void control_queue_add(struct transport *t, struct peer *peer);
/* The peer's channels have room again: numbered packets that waited for it may go. */
void control_queue_on_room(struct transport *t, struct peer *peer);
/* The message does not fit the room at its receiver: it is told so, and the message ends when it knows. */
void control_queue_refuse(struct transport *t, struct outgoing *m);
/* Writes up to `max` packets; returns how many. */
unsigned control_queue_send(struct transport *t, struct outgoing_packet *packets, unsigned max, nsec_t now);

#endif
