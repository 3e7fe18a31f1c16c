/* SPDX-License-Identifier: BSD-3-Clause */
/* The tables of messages belong to all communicators of a host. Ranks of a host may wait for each other, by
 * way of other hosts; so one that posts steps ahead must not take the room in which another would go on.
 *
 * Half of a table is guaranteed in equal parts to the communicators that are open, the rest goes to whoever
 * comes first. Of what is free, the part that others are guaranteed and do not use is theirs. Only a
 * communicator that has nothing in the table may take that too, or a batch that is larger than the rest would
 * wait for ever: steps ahead never crowd out another, first steps may. So every communicator goes on, in
 * whatever order, when the table has room for twice the largest batch of each.
 *
 * What was taken before a communicator was opened is not taken back: its part is there when that has ended.
 */
#ifndef WEFT_TRANSPORT_MESSAGE_SHARE_H
#define WEFT_TRANSPORT_MESSAGE_SHARE_H

#include "dataplane/transport/state.h"

/* In a table of messages. */
struct message_places {
    uint32_t wanted, free;
};

/* Whether the communicator, which is open, may have the places it wants for messages that come in (go out).
 */
bool message_share_allows_incoming(const struct transport *t, const struct communicator *c,
                                   const struct message_places *places);
bool message_share_allows_outgoing(const struct transport *t, const struct communicator *c,
                                   const struct message_places *places);

#endif
