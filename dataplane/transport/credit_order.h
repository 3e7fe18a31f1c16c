/* SPDX-License-Identifier: BSD-3-Clause */
/* A collective goes step by step, and so do its credits. A rank that waits for step k cannot use what comes
 * for step k+1; yet a sender that is ahead of others begins with it, and where both share the port the rank
 * that was late becomes later, and so do all that wait for it. In an all-reduce by doubling the later step
 * has twice the bytes, so that by proportion it took two thirds of the port.
 *
 * Batches of receives are numbered in the order in which they were posted, for each communicator.
 *
 * A batch is *held* when it is posted while more than a quarter of the credit budget has yet to arrive of
 * those before it: it has a quarter of its first credit, with which its senders begin. When no more than that
 * is left it is *admitted* and has the rest, which so arrives when the port is about to become free. A held
 * message whose data comes is admitted: what is before it may not even have begun.
 *
 * Of the messages that data is coming for, those of the first batch share the budget (credit.h). The others
 * have no more than a few packets each while the port is busy; when it is not, for the first batch is slow,
 * they take what it leaves.
 *
 * Receives of which none depends on another lose nothing while the port is busy: they end one after the
 * other, not all at the end. Beside a slow first one they lose what it was granted and does not send: a
 * message that takes 1.8 times as long beside a slow sender by shares alone takes 2.9 times
 * (test_credit_order). A communicator without order (enum credit_order) has one batch, for ever.
 */
#ifndef WEFT_TRANSPORT_CREDIT_ORDER_H
#define WEFT_TRANSPORT_CREDIT_ORDER_H

#include "dataplane/transport/state.h"

/* The number of the batch that is about to be posted. */
uint32_t credit_order_next_batch(const struct transport *t, struct communicator *c);
/* Whether the message, which has its batch, may have all of its first credit. */
bool credit_order_on_posted(struct transport *t, struct incoming *m);
/* received_bytes has grown: the message is active, and later ones may be admitted. */
void credit_order_on_data(struct transport *t, struct incoming *m);
void credit_order_on_ended(struct transport *t, struct incoming *m);
/* Of an active message: no active one of its communicator is of an earlier batch. */
bool credit_order_is_first(const struct transport *t, const struct incoming *m);

#endif
