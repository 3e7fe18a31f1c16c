/* SPDX-License-Identifier: BSD-3-Clause */
/* Receiver credits: how far the senders of incoming messages may go.
 *
 * The receives of one batch share the budget in proportion to their room, at least a packet each, so that a
 * sender begins without waiting (its part of 1.25 BDP, congestion.md). A message whose first data has come is
 * *active*, and its share is
 *
 *     max(4 packets, budget x capacity / capacity of all active messages)
 *
 * It may be ahead of what has arrived by that much, so that unequal messages end together; by no more than
 * its first credit and what has arrived, so that the first to begin does not take what the others are about
 * to claim; and all of them together by the budget: when it is used up, messages wait in turn until data
 * arrives. An incast is so bounded by the budget, beside a packet of every sender, however many send.
 *
 * A credit costs two packets, itself and its ack. So the next in turn is served when four packets may be
 * granted, not one by one as they arrive (the silly window of RFC 813), and a message wants more when that
 * is four packets or a quarter of its share, or half of a small one. Of a large share no more than a quarter:
 * what is stuck on a dead path counts as granted, and a lost credit must soon be followed by another.
 *
 * The budget follows what arrives: credit_budget.h. Of the batches of a communicator the first comes first:
 * credit_order.h. So *active* above are those of each communicator's first batch; one of a later batch counts
 * as if it were alone beside them, or has the four packets while the port is busy with them.
 *
 * Against the design: no timer paces credits, arriving data does; grants by share and turn replace "largest
 * remaining first", which with shares in proportion to size orders them the same. A stalled sender keeps its
 * share, and only that, from the others.
 */
#ifndef WEFT_TRANSPORT_CREDIT_H
#define WEFT_TRANSPORT_CREDIT_H

#include "dataplane/transport/state.h"

/* A receive was posted in a batch with room for m->batch_bytes: its first credit goes to the sender. */
void credit_open(struct transport *t, struct incoming *m);
/* Its batch is held no longer: its first credit becomes whole. */
void credit_admit(struct transport *t, struct incoming *m);
/* `received_bytes` has grown, by a packet that was marked or not: grants more, to whom the budget allows and
 * when it is worth a packet. */
void credit_on_data(struct transport *t, struct incoming *m, const struct credit_data *data);
void credit_on_message_ended(struct transport *t, struct incoming *m);
/* Its credit, as it then stands, is to be sent (again). */
void credit_queue(struct transport *t, struct incoming *m);
/* The next message whose credit goes to the peer; there must be one. */
const struct incoming *credit_take(struct transport *t, struct peer *peer);

#endif
