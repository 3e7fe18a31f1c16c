/* SPDX-License-Identifier: BSD-3-Clause */
/* Acks that are owed. A channel acks after eight packets, at the end of a message, when something is missing
 * or repeated, and otherwise after the ack delay; one ack says all that the channel has received. */
#ifndef WEFT_TRANSPORT_ACKS_H
#define WEFT_TRANSPORT_ACKS_H

#include "dataplane/transport/state.h"

struct ack_cause {
    uint32_t sent_at_ns; /* stamp of the packet */
    bool urgent;         /* its sender needs to know now */
};

/* A numbered packet has come on the channel. */
void acks_owe(struct transport *t, struct channel *ch, const struct ack_cause *cause, nsec_t now);
/* What the channel has received, as an ack or as the answer to a close. Returns how many bytes of it say
 * something. */
uint16_t acks_write(const struct transport *t, const struct channel *ch, enum packet_type type,
                    struct packet_ack *ack, nsec_t now);
/* Tells the sender of a packet that came without its payload; false when there is no room for the answer. */
bool acks_deny(struct transport *t, struct channel *ch, const struct packet_header *packet, nsec_t now);
/* Writes up to `max` acks that are due; returns how many. */
unsigned acks_send(struct transport *t, struct outgoing_packet *packets, unsigned max, nsec_t now);
nsec_t acks_next_due(const struct transport *t);

#endif
