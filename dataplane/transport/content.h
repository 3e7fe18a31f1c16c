/* SPDX-License-Identifier: BSD-3-Clause */
/* What numbered packets carry: data, credits, deaths of ranks, refusals. Their numbers are new, their
 * sessions known; what they say is judged here. */
#ifndef WEFT_TRANSPORT_CONTENT_H
#define WEFT_TRANSPORT_CONTENT_H

#include "dataplane/transport/packet_parse.h"
#include "dataplane/transport/state.h"

/* A packet of an open session. */
struct arrival {
    const struct parsed_packet *packet;
    const struct received_packet *datagram;
    struct peer *peer;
    struct channel *channel; /* the path it names, of either direction */
    nsec_t now;
    bool ends_message; /* its sender is waiting for the ack */
};

/* Takes what the packet carries. DROP_NO_RESOURCES: nothing has happened, it may come again. */
enum drop_reason content_take(struct transport *t, const struct arrival *a);

#endif
