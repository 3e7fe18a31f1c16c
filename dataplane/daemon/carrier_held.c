/* SPDX-License-Identifier: BSD-3-Clause */
/* Numbered packets that have come and cannot be taken yet: the peer's session has opened and ours has not, or
 * there is no room for what its message needs. A NIC delivers once, so they are kept, each in its buffer. As
 * long as it is there its sender believes it unread, so a link has at most VERBS_LINK_MESSAGES of them. */
#include <string.h>

#include "dataplane/daemon/carrier_state.h"

static bool may_be_taken_later(const struct carrier *c, const struct link *link,
                               const struct verbs_completion *completion, enum drop_reason reason)
{
    struct packet_header header;
    if (reason == DROP_SESSION || reason == DROP_INCARNATION) {
        if (transport_has_session(c->config.transport, link->name.address))
            return false; /* it is of an older one */
    } else if (reason != DROP_NO_RESOURCES) {
        return false;
    }
    memcpy(&header, completion->header, sizeof(header));
    return carrier_is_numbered(header.type);
}

static bool is_taken(struct carrier *c, const struct verbs_completion *completion)
{
    const struct link *link = completion->owner;
    struct received_packet packet = {.source = link->name.address,
                                     .source_port = link->source_port,
                                     .bytes = completion->header,
                                     .length =
                                         (uint16_t)(completion->header_bytes + completion->payload_bytes)};
    enum drop_reason reason = c->receiver.receive(c->receiver.context, &packet);
    return !may_be_taken_later(c, link, completion, reason);
}

void carrier_receive(struct carrier *c, const struct verbs_completion *completion)
{
    if (is_taken(c, completion)) {
        verbs_release(c->config.verbs, completion, 1);
        return;
    }
    c->counters.packets_held++;
    c->held[c->held_count++] = *completion;
}

unsigned carrier_receive_held(struct carrier *c)
{
    unsigned kept = 0, count = c->held_count;
    for (unsigned i = 0; i < count; i++) {
        if (is_taken(c, &c->held[i]))
            verbs_release(c->config.verbs, &c->held[i], 1);
        else
            c->held[kept++] = c->held[i];
    }
    c->held_count = kept;
    return count - kept;
}

void carrier_forget_held(struct carrier *c, const struct link *link)
{
    unsigned kept = 0;
    for (unsigned i = 0; i < c->held_count; i++) {
        if (c->held[i].owner == link)
            verbs_release(c->config.verbs, &c->held[i], 1);
        else
            c->held[kept++] = c->held[i];
    }
    c->held_count = kept;
}
