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
    uint8_t path; /* or enum roaming_lane */
};

static inline bool lane_roams(uint8_t path)
{
    return path >= PACKET_PATHS_MAX;
}

/* Whose window its packets count against. */
static inline enum flight_of lane_flight(uint8_t path)
{
    if (!lane_roams(path) || path == LANE_MPRDMA)
        return FLIGHT_OWN;
    return path == LANE_SPRAY ? FLIGHT_SPRAY : FLIGHT_REPS;
}

/* Of the channel that it is in, or of the peer. */
void lane_init(const struct transport *t, struct lane *lane, uint16_t peer, uint8_t path);
struct lane *lane_by_number(const struct transport *t, uint32_t number);
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

/* The paths of LANE_MPRDMA to the peer, for a communicator with this hash seed. */
const struct path_subset *lane_subset(struct transport *t, uint16_t peer, uint32_t hash_seed);

/* Puts the lane among those that are ready to send, at the tag of its first piece, or takes it from them. To
 * be called whenever what decides that may have changed: pieces, window, losses, pacing, path, session. */
void lane_refresh(struct transport *t, struct lane *lane, nsec_t now);
/* The same for the lanes of the peer that are not bound to a path, as far as they have pieces. */
void lane_refresh_roaming(struct transport *t, struct peer *peer, nsec_t now);
static inline bool lane_roaming_waits(const struct peer *peer, enum roaming_lane lane)
{
    return peer->roaming[lane - LANE_SPRAY].first_piece != NONE;
}
/* Lets the lane send up to `max` packets, and refreshes it; returns how many. */
unsigned lane_send(struct transport *t, struct lane *lane, struct outgoing_packet *packets, unsigned max,
                   nsec_t now);

#endif
