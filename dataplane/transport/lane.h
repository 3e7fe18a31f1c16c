/* SPDX-License-Identifier: BSD-3-Clause */
/* Pieces and the lanes that send them.
 *
 * Order: a batch of flows gets a start tag S, where its communicator's previous batch ends or, if that is
 * past, where the port is now; a piece's tag runs from S to S + the bytes of its batch while the piece is
 * sent. The lane whose first piece has the smallest tag goes next. So the batches of one communicator go one
 * after the other, all pieces of a batch progress in proportion and end together (planning.md), and
 * communicators share the port by bytes (start-time fair queueing, Goyal, Vin and Cheng, SIGCOMM 1996).
 */
#ifndef WEFT_TRANSPORT_LANE_H
#define WEFT_TRANSPORT_LANE_H

#include "dataplane/transport/state.h"

struct piece_spec {
    uint64_t offset, bytes; /* of the message */
    uint64_t tag, tag_scale;
    uint16_t peer;
    uint8_t path; /* or SPRAY_LANE */
};

void lane_init(struct lane *lane, uint16_t peer, uint8_t path);
/* The lane for a piece with this peer and path. */
struct lane *lane_of(struct transport *t, uint16_t peer, uint8_t path);

/* Adds a piece to the message, parked. There must be a free one. */
void piece_add(struct transport *t, struct outgoing *m, const struct piece_spec *spec);
/* All of it has been sent: it leaves its lane and its message. */
void piece_finish(struct transport *t, uint32_t index);
/* Takes it off its lane, until lane_queue_pieces(). */
void piece_park(struct transport *t, uint32_t index);

/* The message may be sent (further): its parked pieces join their lanes. */
void lane_queue_pieces(struct transport *t, struct outgoing *m, nsec_t now);
/* The message has ended: its pieces are gone. */
void lane_drop_pieces(struct transport *t, struct outgoing *m);

/* Whether the message's credit covers its next packet of `bytes`. */
static inline bool outgoing_is_credited(const struct outgoing *m, uint64_t bytes)
{
    return m->credited && m->sent_bytes + bytes <= m->limit_bytes;
}

/* Puts the lane among those that are ready to send, at the tag of its first piece, or takes it from them. To
 * be called whenever what decides that may have changed: pieces, window, losses, pacing, path, session. */
void lane_refresh(struct transport *t, struct lane *lane, nsec_t now);
/* Lets the lane send up to `max` packets; returns how many. */
unsigned lane_send(struct transport *t, struct lane *lane, struct outgoing_packet *packets, unsigned max,
                   nsec_t now);

#endif
