/* SPDX-License-Identifier: BSD-3-Clause */
/* Numbered packets that have come and cannot be taken yet: the peer's session has opened and ours has not, or
 * there is no room for what its message needs. A NIC delivers once, and its sender knows that it has, so they
 * are kept whatever becomes of their queue pair, and nobody is told what has arrived before they are taken.
 * Each stays in its buffer: a link has at most VERBS_LINK_MESSAGES of them, and gets no other queue pair
 * while it has any. */
#include <string.h>

#include "dataplane/daemon/carrier_state.h"

static bool may_be_taken_later(const struct carrier *c, const struct link *link,
                               const struct received_packet *packet, enum drop_reason reason)
{
    struct packet_header header;
    if (reason == DROP_SESSION || reason == DROP_INCARNATION) {
        if (transport_has_session(c->config.transport, link->name.address))
            return false; /* it is of an older one */
    } else if (reason != DROP_NO_RESOURCES) {
        return false;
    }
    memcpy(&header, packet->bytes, sizeof(header));
    return carrier_is_numbered(header.type);
}

/* Of a run, those that were taken are not given again. */
static bool is_taken(struct carrier *c, struct arrival *arrival)
{
    const struct link *link = arrival->completion.owner;
    struct received_packet packet = {.source = link->name.address, .source_port = link->source_port};
    struct packet_data header;
    for (; arrival->taken < arrival->packets; arrival->taken++) {
        carrier_next_of_arrival(arrival, &header, &packet);
        enum drop_reason reason = c->receiver.receive(c->receiver.context, &packet);
        if (may_be_taken_later(c, link, &packet, reason))
            return false;
    }
    return true;
}

void carrier_receive(struct carrier *c, struct arrival *arrival)
{
    struct link *link = arrival->completion.owner;
    if (is_taken(c, arrival)) {
        verbs_release(c->config.verbs, &arrival->completion, 1);
        return;
    }
    c->counters.packets_held += arrival->packets - arrival->taken;
    c->held[c->held_count++] = *arrival;
    link->held++;
}

static void let_go(struct carrier *c, const struct arrival *arrival)
{
    struct link *link = arrival->completion.owner;
    verbs_release(c->config.verbs, &arrival->completion, 1);
    link->held--;
}

unsigned carrier_receive_held(struct carrier *c)
{
    unsigned kept = 0, count = c->held_count;
    for (unsigned i = 0; i < count; i++) {
        if (is_taken(c, &c->held[i]))
            let_go(c, &c->held[i]);
        else
            c->held[kept++] = c->held[i];
    }
    c->held_count = kept;
    return count - kept;
}
