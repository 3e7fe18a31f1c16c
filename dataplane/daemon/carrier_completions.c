/* SPDX-License-Identifier: BSD-3-Clause */
/* What the NIC has done, told to the transport. */
#include <string.h>

#include "dataplane/daemon/carrier_state.h"

enum {
    COMPLETIONS_A_ROUND = 32
};

static void take_sent(struct carrier *c, struct link *link, nsec_t now)
{
    struct packet_header header;
    memcpy(&header, carrier_take_posted(c, link)->header, sizeof(header));
    if (carrier_is_numbered(header.type))
        transport_on_delivered(c->config.transport, link->name.address, &header, now);
}

static void on_sent(struct carrier *c, struct link *link, nsec_t now)
{
    if (link->first == link->posted)
        return; /* of before it failed */
    for (unsigned left = link_queue_at(link, link->first)->run_packets; left > 0; left--)
        take_sent(c, link, now);
}

static void note_generation(struct link *link, const struct verbs_completion *completion)
{
    struct packet_header header;
    if (completion->header_bytes < sizeof(header))
        return;
    memcpy(&header, completion->header, sizeof(header));
    if (!carrier_is_numbered(header.type))
        return;
    link->heard = link->heard_ever = true;
    link->generation = header.generation;
}

static void on_received(struct carrier *c, struct link *link, const struct verbs_completion *completion,
                        nsec_t now)
{
    struct arrival arrival;
    if (!carrier_open_arrival(c, completion, &arrival)) {
        c->counters.foreign_payload++;
        verbs_release(c->config.verbs, completion, 1);
        carrier_fail_link(c, link, "the peer wrote payload that its header may not have", now);
        return;
    }
    note_generation(link, completion);
    carrier_receive(c, &arrival);
}

static void on_completion(struct carrier *c, const struct verbs_completion *completion, nsec_t now)
{
    struct link *link = completion->owner;
    switch (completion->kind) {
    case VERBS_SENT:
        on_sent(c, link, now);
        break;
    case VERBS_RECEIVED:
        on_received(c, link, completion, now);
        break;
    case VERBS_FAILED:
        carrier_fail_link(c, link, completion->reason, now);
        break;
    }
}

unsigned carrier_poll(struct carrier *c, nsec_t now)
{
    struct verbs_completion completions[COMPLETIONS_A_ROUND];
    unsigned count = verbs_poll(c->config.verbs, completions, COMPLETIONS_A_ROUND);
    for (unsigned i = 0; i < count; i++)
        on_completion(c, &completions[i], now);
    count += carrier_receive_held(c);
    carrier_flush(c);
    carrier_tell_refused(c, now);
    return count;
}

bool carrier_arm(struct carrier *c, nsec_t now)
{
    verbs_arm(c->config.verbs);
    return carrier_poll(c, now) > 0;
}

int carrier_bell_fd(const struct carrier *c)
{
    return verbs_completion_fd(c->config.verbs);
}
