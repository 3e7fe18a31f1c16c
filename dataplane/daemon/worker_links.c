/* SPDX-License-Identifier: BSD-3-Clause */
#include "dataplane/daemon/worker_links.h"

#include <errno.h>

static enum drop_reason receive(void *context, const struct received_packet *packet)
{
    struct worker *w = context;
    struct placement placement; /* the NIC has placed it */
    enum drop_reason reason = transport_receive(w->config.transport, packet, &placement, w->now);
    worker_deliver_events(w);
    return reason;
}

int worker_use_carrier(struct worker *w, struct carrier *carrier)
{
    struct carrier_receiver receiver = {.receive = receive, .context = w};
    w->carrier = carrier;
    carrier_set_receiver(carrier, &receiver);
    return worker_watch_doorbell(w, carrier_bell_fd(carrier));
}

unsigned worker_links_poll(struct worker *w)
{
    return w->carrier != NULL ? carrier_poll(w->carrier, w->now) : 0;
}

bool worker_links_send(struct worker *w, const struct outgoing_packet *packet)
{
    if (w->carrier == NULL)
        return false;
    const uint8_t *payload =
        packet->length > 0 ? region_table_at(&w->regions, packet->region, packet->offset) : NULL;
    return carrier_send(w->carrier, packet, payload);
}

void worker_links_flush(struct worker *w)
{
    if (w->carrier != NULL)
        carrier_flush(w->carrier);
}

unsigned worker_links_copies(const struct worker *w, const struct outgoing_packet *packet)
{
    return w->carrier != NULL ? carrier_datagram_copies(((const struct packet_header *)packet->header)->type)
                              : 1;
}

uint16_t worker_links_port(struct worker *w, const struct outgoing_packet *packet)
{
    return w->carrier != NULL ? carrier_datagram_port(w->carrier) : packet->source_port;
}

bool worker_links_see(struct worker *w, const struct received_frame *frame)
{
    return w->carrier != NULL &&
           carrier_sees_datagram(w->carrier, frame->source, frame->bytes, frame->length, w->now);
}

void worker_links_on_looped_back(struct worker *w, const uint8_t *header)
{
    struct packet_header copy;
    if (w->carrier == NULL)
        return;
    memcpy(&copy, header, sizeof(copy));
    if (carrier_is_numbered(copy.type))
        transport_on_delivered(w->config.transport, w->config.address, &copy, w->now);
}

bool worker_links_arm(struct worker *w)
{
    return w->carrier != NULL && carrier_arm(w->carrier, w->now);
}

void worker_links_tell(struct worker *w)
{
    struct link_news news;
    while (w->carrier != NULL && carrier_news(w->carrier, &news)) {
        struct notice notice = {.kind = news.kind == LINK_WANTED ? NOTICE_LINK_WANTED : NOTICE_LINK_DOWN,
                                .address = news.name.address,
                                .path = news.name.path,
                                .source_port = news.source_port,
                                .reason = news.reason};
        if (!worker_notify(w, &notice))
            return;
        carrier_told(w->carrier);
    }
}

bool worker_links_get_counters(const struct worker *w, struct carrier_counters *counters)
{
    if (w->carrier != NULL)
        carrier_get_counters(w->carrier, counters);
    return w->carrier != NULL;
}

int64_t worker_links_command(struct worker *w, const struct command *command)
{
    struct carrier *c = w->carrier;
    if (command->kind == COMMAND_TAKE_LINK)
        return carrier_take_link(c, &command->link.name, command->link.link, command->link.ready);
    if (command->kind == COMMAND_BREAK_LINK)
        carrier_break_link(c, &command->link.name, w->now);
    else
        carrier_end_link(c, &command->link.name, w->now);
    return 0;
}

void worker_links_add_region(struct worker *w, uint32_t region, const struct region_keys *keys)
{
    if (w->carrier != NULL)
        carrier_set_region(w->carrier, region, keys);
}

bool worker_links_use_region(const struct worker *w, uint32_t region)
{
    return w->carrier != NULL && region < REGIONS_MAX && carrier_uses_region(w->carrier, region);
}

bool worker_links_use_region_of(const struct worker *w, uint32_t owner)
{
    for (uint32_t i = 0; w->carrier != NULL && i < REGIONS_MAX; i++)
        if (w->regions.regions[i].base && w->regions.regions[i].owner == owner &&
            carrier_uses_region(w->carrier, i))
            return true;
    return false;
}

void worker_links_forget_region(struct worker *w, uint32_t region)
{
    if (w->carrier != NULL)
        carrier_forget_region(w->carrier, region);
}
