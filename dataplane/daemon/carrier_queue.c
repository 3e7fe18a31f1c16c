/* SPDX-License-Identifier: BSD-3-Clause */
/* What is sent on a link, from its packet to the NIC's word that it has arrived. */
#include "dataplane/daemon/carrier_state.h"

struct carried *link_queue_at(struct link *link, uint64_t number)
{
    return &link->queue[number % WAITING_MAX];
}

static void set_waiting(struct carrier *c, struct link *link)
{
    if (link->waits || link->posted == link->end)
        return;
    link->waits = true;
    STAILQ_INSERT_TAIL(&c->waiting, link, waiting);
}

/* A payload whose region has gone since is wanted by nobody: its number still has to be filled. */
static void make_void(struct carried *packet)
{
    ((struct packet_header *)packet->header)->type = PACKET_VOID;
    packet->header_bytes = sizeof(struct packet_header);
    packet->payload_bytes = 0;
}

static bool post(struct carrier *c, struct link *link, struct carried *packet)
{
    struct region_use *region = &c->regions[packet->region];
    if (packet->payload_bytes > 0 && region->keys.local == 0)
        make_void(packet);
    struct verbs_message message = {.header = packet->header,
                                    .header_bytes = packet->header_bytes,
                                    .payload = packet->payload,
                                    .payload_bytes = packet->payload_bytes,
                                    .remote_address = packet->remote_address,
                                    .remote_key = packet->remote_key,
                                    .local_key = region->keys.local};
    if (!verbs_link_send(link->verbs, &message))
        return false;
    region->posted += packet->payload_bytes > 0;
    return true;
}

void carrier_post_waiting(struct carrier *c, struct link *link)
{
    while (link->ready && link->posted < link->end && post(c, link, link_queue_at(link, link->posted)))
        link->posted++;
    c->counters.packets_waited += link->posted < link->end && !link->waits;
    set_waiting(c, link);
}

void carrier_post_all_waiting(struct carrier *c)
{
    struct link_list waiting = c->waiting;
    if (STAILQ_EMPTY(&waiting))
        return;
    struct link *link = STAILQ_FIRST(&waiting), *next;
    STAILQ_INIT(&c->waiting);
    for (; link != NULL; link = next) {
        next = STAILQ_NEXT(link, waiting);
        link->waits = false;
        carrier_post_waiting(c, link);
    }
}

struct carried *carrier_take_posted(struct carrier *c, struct link *link)
{
    struct carried *packet = link_queue_at(link, link->first++);
    if (packet->payload_bytes > 0)
        c->regions[packet->region].posted--;
    return packet;
}

void carrier_empty_queue(struct carrier *c, struct link *link)
{
    while (link->first < link->posted)
        carrier_take_posted(c, link);
    link->first = link->posted = link->end;
}
