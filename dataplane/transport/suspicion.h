/* SPDX-License-Identifier: BSD-3-Clause */
/* Which paths are silent while others are not: a dead path is found in a few round trips, long before a
 * timeout.
 *
 * A channel is *suspected* when nothing of its flight was acknowledged for three round trips although two
 * other paths to the same peer (*witnesses*) have delivered what was sent after that silence began. Delay
 * that paths share, in the peer or before its port, makes no witnesses; delay of the path alone has to exceed
 * what the witnesses see by those round trips. A suspected channel gets nothing new and is on trial: by its
 * tail probe if that is out, else by a probe. Any answer acquits it. If the witnesses deliver what was sent
 * after the trial began and it goes unanswered for one and a half round trips, the path is dead. If they do
 * not, it is the peer that is silent, and the channel is acquitted too. Idle witnesses are probed; what they
 * say counts, but they have not met the load, and the path is given twice the time. So is one whose last ack
 * was marked: its queue may explain it.
 *
 * A link that fails takes the path of the same number to many peers with it. So one death puts its
 * *relatives*, the channels of that path to other peers that have delivered nothing since, on trial at once,
 * with traffic or without: the next step is planned without them if they do not answer within a round trip or
 * two.
 *
 * A path that was wronged, because it answered at once after its death, is given twice the time, up to eight
 * times.
 */
#ifndef WEFT_TRANSPORT_SUSPICION_H
#define WEFT_TRANSPORT_SUSPICION_H

#include "dataplane/transport/state.h"

/* When the silence of a live channel is to be looked into, if it is suspect (channel_is_suspect()). */
nsec_t suspicion_deadline(const struct transport *t, const struct channel *ch);
void suspicion_on_timer(struct transport *t, struct channel *ch, nsec_t now);
/* An ack of a live channel is overdue: if this is more than a delay, witnesses will be needed. */
void suspicion_on_tail_probe(struct transport *t, const struct channel *ch, nsec_t now);
/* The peer gives up the path in its direction: if nothing of ours has arrived just now, ours is tried. */
void suspicion_on_hint(struct transport *t, struct channel *ch, nsec_t now);
/* What was sent at `sent_at` on a live channel has arrived. */
void suspicion_on_delivery(struct transport *t, struct channel *ch, nsec_t sent_at, nsec_t now);
/* The path of `dead` has died; those of its number that delivered nothing sent after `since` are tried. */
void suspicion_of_relatives(struct transport *t, const struct channel *dead, nsec_t since, nsec_t now);

#endif
