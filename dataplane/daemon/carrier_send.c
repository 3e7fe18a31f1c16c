/* SPDX-License-Identifier: BSD-3-Clause */
/* Packets of the transport on their way to a link. */
#include <string.h>

#include "dataplane/daemon/carrier_state.h"
#include "dataplane/transport/random.h"

enum {
    FIRST_PORT = 49152,
    PORTS = 16384
};

bool carrier_is_numbered(uint8_t type)
{
    return type == PACKET_DATA || type == PACKET_CREDIT || type == PACKET_CREDIT_PLACED ||
           type == PACKET_ABORT || type == PACKET_VOID || type == PACKET_TOO_LONG;
}

/* Says where the message that a credit is for lies, and with which key its sender may write there. */
static void complete_credit(const struct carrier *c, const struct outgoing_packet *packet,
                            struct carried *carried)
{
    struct packet_credit_placed *credit = (struct packet_credit_placed *)carried->header;
    const struct region_keys *keys = &c->regions[packet->region].keys;
    credit->place = (struct packet_place){.address = keys->base + packet->offset, .key = keys->remote};
}

static void fill(const struct carrier *c, const struct outgoing_packet *packet, const uint8_t *payload,
                 struct carried *carried)
{
    carried->payload = payload;
    carried->payload_bytes = packet->length;
    carried->remote_address = packet->remote_address;
    carried->remote_key = packet->remote_key;
    carried->region = packet->region;
    carried->header_bytes = packet->header_bytes;
    memcpy(carried->header, packet->header, packet->header_bytes);
    if (((const struct packet_header *)packet->header)->type == PACKET_CREDIT_PLACED)
        complete_credit(c, packet, carried);
}

static void refuse(struct carrier *c, const struct link_name *name)
{
    c->counters.no_link++;
    if (c->no_link_count < NO_LINK_MAX)
        c->no_link[c->no_link_count++] = *name;
}

void carrier_tell_refused(struct carrier *c, nsec_t now)
{
    while (c->no_link_count > 0) {
        const struct link_name *name = &c->no_link[--c->no_link_count];
        transport_on_path_failed(c->config.transport, name->address, name->path, now);
    }
}

/* An answer to a probe goes as a datagram where there is no queue pair; a probe is lost. */
static bool send_probe(struct carrier *c, struct link *link, const struct outgoing_packet *packet)
{
    bool has_room = link->ready && link->end - link->first < PACKET_WINDOW_MAX;
    if (!has_room) {
        c->counters.probes_dropped++;
        return false;
    }
    fill(c, packet, NULL, link_queue_at(link, link->end++));
    carrier_post_waiting(c, link);
    return true;
}

static void send_numbered(struct carrier *c, struct link *link, const struct outgoing_packet *packet,
                          const uint8_t *payload)
{
    fill(c, packet, payload, link_queue_at(link, link->end++));
    c->counters.packets_carried++;
    carrier_add_waiting(c, link);
}

bool carrier_send(struct carrier *c, const struct outgoing_packet *packet, const uint8_t *payload)
{
    const struct packet_header *header = (const struct packet_header *)packet->header;
    struct link_name name = {.address = packet->destination, .path = header->path};
    if (header->type == PACKET_PROBE_REPLY) {
        struct link *back = carrier_find_link(c, &name);
        return back != NULL && send_probe(c, back, packet);
    }
    bool probes = header->type == PACKET_PROBE;
    if (probes ? !packet->tests_path : !carrier_is_numbered(header->type))
        return false;
    struct link *link = carrier_find_or_add_link(c, &name);
    if (link == NULL) {
        refuse(c, &name);
        return true;
    }
    link->source_port = packet->source_port;
    carrier_ask_for_queue_pair(c, link);
    if (probes)
        send_probe(c, link, packet);
    else
        send_numbered(c, link, packet, payload);
    return true;
}

unsigned carrier_datagram_copies(uint8_t type)
{
    return type == PACKET_CLOSE || type == PACKET_CLOSED ? CARRIER_DATAGRAM_COPIES_MAX : 1;
}

uint16_t carrier_datagram_port(struct carrier *c)
{
    return (uint16_t)(FIRST_PORT + mix64(c->datagrams++) % PORTS);
}
