/* SPDX-License-Identifier: BSD-3-Clause */
/* Spraying: every packet to a peer takes a path of its own, within one congestion window over all of them.
 *
 * The channels keep numbering, acks, losses and death; the sprayer adds what belongs to none of them alone:
 * the window, fed by the acks of all its packets whichever channel they took, and the choice of a path. A
 * path with an overdue ack is *suspect*: nothing new is sent on it and what it has in flight no longer fills
 * the window, so that one bad path cannot stop the others; the channel alone sends a packet there now and
 * then until it is heard or dies. The loss of what later packets of its path have overtaken is congestion and
 * told to the control once a window; silence of a path is not, unless all of them are silent.
 */
#ifndef WEFT_TRANSPORT_SPRAYER_H
#define WEFT_TRANSPORT_SPRAYER_H

#include "dataplane/transport/state.h"

/* What an ack of one channel says about the packets of one sprayer. */
struct sprayer_ack {
    struct congestion_ack report;
    nsec_t answered_sent_at; /* of the packet that caused it */
    uint8_t path;
};

static inline struct sprayer *sprayer_at(const struct transport *t, uint16_t peer, unsigned flight)
{
    return &t->sprayers[(uint32_t)peer * SPRAYERS + flight - 1];
}

/* Makes it ready, if it is not; to be called before any other. */
void sprayer_use(struct transport *t, uint16_t peer, unsigned flight);
/* Those in use are as new: of a fresh session. */
void sprayers_reset(struct transport *t, uint16_t peer);
/* The window has room for a packet and a path can take it. */
bool sprayer_may_send(const struct transport *t, uint16_t peer, unsigned flight, uint32_t payload_bytes);
/* The channel for the next packet; sprayer_may_send() must hold. */
struct channel *sprayer_choose(struct transport *t, uint16_t peer, unsigned flight, nsec_t now);
/* Room to send a lost packet again. */
bool sprayer_may_resend(const struct transport *t, uint16_t peer, unsigned flight);

void sprayer_on_ack(struct transport *t, uint16_t peer, unsigned flight, const struct sprayer_ack *ack);
/* A packet of it has come without its payload. */
void sprayer_on_denied(struct transport *t, uint16_t peer, unsigned flight, nsec_t now);
/* Something that a sprayer sent after `since` is known to have arrived, whichever path it took. */
bool sprayers_have_delivered_since(const struct transport *t, uint16_t peer, nsec_t since);
/* A path of the peer is suspect. */
void sprayers_on_silent_path(struct transport *t, uint16_t peer, nsec_t now);
/* What a path of the peer has been waiting for since `flight_sent_at` has timed out. */
void sprayers_on_timeout(struct transport *t, uint16_t peer, nsec_t flight_sent_at, nsec_t now);

#endif
