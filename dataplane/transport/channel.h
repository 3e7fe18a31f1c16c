/* SPDX-License-Identifier: BSD-3-Clause */
/* One path of one session: packets go out numbered, acks come back, losses are found and mended. */
#ifndef WEFT_TRANSPORT_CHANNEL_H
#define WEFT_TRANSPORT_CHANNEL_H

#include "dataplane/transport/packet_parse.h"
#include "dataplane/transport/state.h"

static inline struct channel *channel_at(const struct transport *t, uint16_t peer, unsigned path)
{
    return &t->channels[(uint32_t)peer * t->config.paths_max + path];
}

static inline uint32_t channel_index(const struct transport *t, const struct channel *ch)
{
    return (uint32_t)(ch - t->channels);
}

static inline struct peer *channel_peer(const struct transport *t, const struct channel *ch)
{
    return &t->peers[ch->lane.peer];
}

/* Both directions as new: of a fresh session. */
void channel_reset(struct transport *t, struct channel *ch, nsec_t now);
/* The sending half as new, under the next generation: the channel was closed. */
void channel_reopen(struct transport *t, struct channel *ch, nsec_t now);

/* Room for a numbered packet that is not data: the window alone limits these. */
static inline bool channel_has_room(const struct transport *t, const struct channel *ch)
{
    uint32_t window = channel_peer(t, ch)->remote_window;
    return send_window_used(&ch->sent) < (window < ch->sent.size ? window : ch->sent.size);
}
/* Room for `payload_bytes` of new data as well: window, congestion control, pacing. */
bool channel_may_send(const struct transport *t, const struct channel *ch, uint32_t payload_bytes,
                      nsec_t now);
/* Room to send a lost packet again. */
bool channel_may_resend(const struct channel *ch, nsec_t now);

/* Writes a new numbered packet of the kind: data must be covered by channel_may_send(). */
void channel_send(struct transport *t, struct channel *ch, const struct sent_packet *what,
                  struct outgoing_packet *packet, nsec_t now);
/* Writes the oldest lost packet again; there must be one. */
void channel_resend(struct transport *t, struct channel *ch, struct outgoing_packet *packet, nsec_t now);
/* Fills what every packet of this channel begins with. */
void channel_write_header(const struct transport *t, const struct channel *ch, enum packet_type type,
                          uint32_t number, struct packet_header *header, nsec_t now);

/* An ack has come for what we sent on the channel. */
enum drop_reason channel_on_ack(struct transport *t, struct channel *ch, const struct packet_ack *ack,
                                nsec_t now);
/* A packet that we sent on the channel has come without its payload: it is sent again without waiting for a
 * timer, and its path is known to live. */
enum drop_reason channel_on_nack(struct transport *t, struct channel *ch, const struct packet_nack *nack,
                                 nsec_t now);
/* The last ack of a channel that the peer has closed; false when it speaks of what was never sent. */
bool channel_take_final_ack(struct transport *t, struct channel *ch, const struct packet_ack *ack);
/* The channel's timer has fired. */
void channel_on_timer(struct transport *t, struct channel *ch, nsec_t now);
/* Makes sure that the timer fires when something of the channel is due. */
void channel_arm(struct transport *t, struct channel *ch, nsec_t now);

#endif
