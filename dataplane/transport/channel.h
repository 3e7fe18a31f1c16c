/* SPDX-License-Identifier: BSD-3-Clause */
/* One path of one session: packets go out numbered, acks come back, losses are found and mended. */
#ifndef WEFT_TRANSPORT_CHANNEL_H
#define WEFT_TRANSPORT_CHANNEL_H

#include "dataplane/transport/packet_parse.h"
#include "dataplane/transport/state.h"

/* What is known of a path, in four bytes: 0: it does not exist; up to UINT16_MAX: the UDP source port that
 * takes it, and it lives, for nothing has been sent or received on it yet; from CHANNEL_ENTRY on: its
 * channel, which knows the rest. */
#define CHANNEL_ENTRY (UINT16_MAX + 1u)

static inline uint32_t *path_entry(const struct transport *t, uint16_t peer, unsigned path)
{
    return &t->paths[(uint32_t)peer * t->config.paths_max + path];
}

/* The channel on the path, or NULL: none has been opened yet. */
static inline struct channel *channel_find(const struct transport *t, uint16_t peer, unsigned path)
{
    uint32_t entry = *path_entry(t, peer, path);
    return entry >= CHANNEL_ENTRY ? &t->channels[entry - CHANNEL_ENTRY] : NULL;
}

/* Opens the channel of a path that has none. */
struct channel *channel_open(struct transport *t, uint16_t peer, unsigned path);

/* The channel on the path, opened if need be. */
static inline struct channel *channel_at(struct transport *t, uint16_t peer, unsigned path)
{
    struct channel *ch = channel_find(t, peer, path);
    return ch != NULL ? ch : channel_open(t, peer, path);
}

/* 0: the path does not exist. */
static inline uint16_t path_source_port(const struct transport *t, uint16_t peer, unsigned path)
{
    const struct channel *ch = channel_find(t, peer, path);
    return ch != NULL ? ch->source_port : (uint16_t)*path_entry(t, peer, path);
}

static inline enum channel_state path_state(const struct transport *t, uint16_t peer, unsigned path)
{
    const struct channel *ch = channel_find(t, peer, path);
    if (ch != NULL)
        return (enum channel_state)ch->state;
    return *path_entry(t, peer, path) != 0 ? CHANNEL_ALIVE : CHANNEL_ABSENT;
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
    return send_window_used(&ch->sent) < channel_peer(t, ch)->window_packets;
}
/* Room for `payload_bytes` of new data as well: window, congestion control, pacing. */
static inline bool channel_may_send(const struct transport *t, const struct channel *ch,
                                    uint32_t payload_bytes, nsec_t now)
{
    if (ch->suspected || !channel_has_room(t, ch) || !pacer_may_send(&ch->pacer, now))
        return false;
    const struct send_window *w = &ch->sent;
    uint64_t in_flight = transport_wire_bytes(t, w->own_packets + 1u, w->own_bytes + payload_bytes);
    return w->own_packets == 0 || in_flight <= ch->congestion.window_bytes;
}
/* Room to send the oldest lost packet again. */
bool channel_may_resend(struct transport *t, struct channel *ch, nsec_t now);
/* An ack is overdue, or an answer. */
static inline bool channel_is_suspect(const struct channel *ch)
{
    return ch->suspected || ch->tail_probed || ch->timeouts > 0;
}

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
bool channel_take_final_ack(struct transport *t, struct channel *ch, const struct packet_ack *ack,
                            nsec_t now);
/* The channel's timer has fired. */
void channel_on_timer(struct transport *t, struct channel *ch, nsec_t now);
/* Makes sure that the timer fires when something of the channel is due. */
void channel_arm(struct transport *t, struct channel *ch, nsec_t now);

#endif
