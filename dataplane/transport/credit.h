/* SPDX-License-Identifier: BSD-3-Clause */
/* Receiver credits: how far the senders of incoming messages may go.
 *
 * A budget of bytes may be granted and not yet arrived. The receives of one batch share it in proportion to
 * their room, so a sender can begin without waiting (its part of 1.25 BDP, congestion.md); from the first
 * packet on, a message may be ahead of what has arrived by its share max(2 packets, budget * capacity /
 * capacity of all messages that data is coming for) so that unequal messages end together, an incast is
 * bounded by the budget, and no sender that stalls can starve another. Against the design: no timer paces
 * credits, arriving data does; grants by share replace "largest remaining first", which needs a queue of all
 * receives and, with shares in proportion to size, orders them the same.
 */
#ifndef WEFT_TRANSPORT_CREDIT_H
#define WEFT_TRANSPORT_CREDIT_H

#include "dataplane/transport/state.h"

/* A receive was posted in a batch with room for `batch_bytes`: its first credit goes to the sender. */
void credit_open(struct transport *t, struct incoming *m, uint64_t batch_bytes);
/* `received_bytes` has grown: grants more when that is worth a packet. */
void credit_on_data(struct transport *t, struct incoming *m);
void credit_on_message_ended(struct transport *t, struct incoming *m);
/* Its credit, as it then stands, is to be sent (again). */
void credit_queue(struct transport *t, struct incoming *m);
/* The next message whose credit goes to the peer; there must be one. */
const struct incoming *credit_take(struct transport *t, struct peer *peer);

#endif
