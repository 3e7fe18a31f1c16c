/* SPDX-License-Identifier: BSD-3-Clause */
/* What is sent on a link, from its packet to the NIC's word that it has arrived. */
#include "dataplane/daemon/carrier_state.h"

struct carried *link_queue_at(struct link *link, uint64_t number)
{
    return &link->queue[number % WAITING_MAX];
}

void carrier_add_waiting(struct carrier *c, struct link *link)
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

static bool post(struct carrier *c, const struct link *link, const struct carried *first,
                 struct verbs_message *message)
{
    struct packet_run run;
    message->payload = first->payload;
    message->remote_address = first->remote_address;
    message->remote_key = first->remote_key;
    message->local_key = c->regions[first->region].keys.local;
    message->header = first->header;
    message->header_bytes = first->header_bytes;
    if (first->run_packets > 1) {
        carrier_run_begin(first, &run);
        message->header = (const uint8_t *)&run;
        message->header_bytes = sizeof(run);
    }
    return verbs_link_send(link->verbs, message);
}

/* The next packet that is not posted, and those that may go with it. */
static bool post_next(struct carrier *c, struct link *link)
{
    struct carried *first = link_queue_at(link, link->posted);
    struct region_use *region = &c->regions[first->region];
    struct verbs_message message = {.payload_bytes = 0};
    if (first->payload_bytes > 0 && region->keys.local == 0)
        make_void(first);
    first->run_packets = (uint16_t)carrier_run_packets(link);
    for (unsigned i = 0; i < first->run_packets; i++)
        message.payload_bytes += link_queue_at(link, link->posted + i)->payload_bytes;
    if (!post(c, link, first, &message))
        return false;
    region->posted += first->payload_bytes > 0 ? first->run_packets : 0;
    link->posted += first->run_packets;
    return true;
}

void carrier_post_waiting(struct carrier *c, struct link *link)
{
    while (link->ready && link->posted < link->end && verbs_link_has_room(link->verbs) && post_next(c, link))
        ;
    c->counters.packets_waited += link->posted < link->end && !link->waits;
    carrier_add_waiting(c, link);
}

void carrier_flush(struct carrier *c)
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
