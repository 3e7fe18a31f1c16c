/* SPDX-License-Identifier: BSD-3-Clause */
/* What one message sends over one path, measured for whoever looks for slow links: when its first packet left
 * and its last ack came, what was sent again, what came marked.
 *
 * A leg begins with the first packet of a piece and stays until the event of its message has been taken;
 * pieces that join a path later (relief, re-homing) count towards the leg that is there. Roaming modes have
 * one leg for all paths. Nothing here decides anything: when no leg is free, the message goes unmeasured.
 */
#ifndef WEFT_TRANSPORT_LEG_H
#define WEFT_TRANSPORT_LEG_H

#include "dataplane/transport/state.h"

/* The first packet of a piece goes out over the channel: the piece belongs to a leg from now on. */
void leg_begin(struct transport *t, struct piece *p, const struct channel *ch, nsec_t now);
/* `bytes` that left by this lane have been acknowledged. */
static inline void leg_on_acked(struct transport *t, const struct outgoing *m, uint8_t lane, uint32_t bytes,
                                nsec_t now)
{
    for (uint32_t index = m->first_leg; index != NONE; index = t->legs[index].next) {
        struct leg *leg = &t->legs[index];
        if (leg->lane != lane)
            continue;
        leg->bytes += bytes;
        leg->last_acked_at = now;
        return;
    }
}
/* A packet of the message that left by this lane is sent again. */
void leg_on_resent(struct transport *t, const struct outgoing *m, uint8_t lane);
/* A packet did not arrive before its path was given up: it goes elsewhere. */
void leg_on_abandoned(struct transport *t, const struct outgoing *m, uint8_t lane);

/* The event of the message is being taken: its legs are offered to transport_next_leg(), until the next
 * event.
 */
void leg_offer(struct transport *t, struct outgoing *m);
/* Takes back what was offered last and not taken. */
void leg_release_offered(struct transport *t);

#endif
