/* SPDX-License-Identifier: BSD-3-Clause */
/* Data packets that follow each other in a message go as one: a work request, a wake-up and a completion of
 * up to PACKET_RUN_BYTES_MAX instead of one for every packet (dataplane/formats/packet_run.h). For the
 * transport, at both ends, they remain packets. */
#include <string.h>

#include "dataplane/daemon/carrier_state.h"

/* ---- sending ---- */

/* What a header is when it is `back` packets of `packet_bytes` further on in a run; what differs from that is
 * no part of the run. The time of sending is the first one's for all. */
static struct packet_data header_back(const struct carried *packet, uint32_t back, uint32_t packet_bytes)
{
    struct packet_data data;
    memcpy(&data, packet->header, sizeof(data));
    data.header.number -= back;
    data.header.sent_at_ns = 0;
    data.offset -= back * packet_bytes;
    return data;
}

static bool continues(const struct carried *first, const struct carried *packet, uint32_t place)
{
    uint64_t distance = (uint64_t)place * first->payload_bytes;
    struct packet_data a = header_back(first, 0, 0), b = header_back(packet, place, first->payload_bytes);
    return packet->payload_bytes > 0 && packet->payload_bytes <= first->payload_bytes &&
           packet->header_bytes == sizeof(a) && packet->region == first->region &&
           packet->payload == first->payload + distance && packet->remote_key == first->remote_key &&
           packet->remote_address == first->remote_address + distance && memcmp(&a, &b, sizeof(a)) == 0;
}

unsigned carrier_run_packets(struct link *link)
{
    const struct carried *first = link_queue_at(link, link->posted);
    uint64_t waiting = link->end - link->posted;
    uint32_t bytes = first->payload_bytes, last = bytes;
    unsigned count = 1;
    if (bytes == 0 || first->header_bytes != sizeof(struct packet_data))
        return 1;
    for (; count < waiting && count < PACKET_WINDOW_MAX && last == first->payload_bytes; count++) {
        const struct carried *next = link_queue_at(link, link->posted + count);
        last = next->payload_bytes;
        bytes += last;
        if (bytes > PACKET_RUN_BYTES_MAX || !continues(first, next, count))
            break;
    }
    return count;
}

void carrier_run_begin(const struct carried *first, struct packet_run *run)
{
    *run = (struct packet_run){.packet_bytes = first->payload_bytes};
    memcpy(&run->first, first->header, sizeof(run->first));
}

/* ---- receiving ---- */

static bool is_data(const struct verbs_completion *completion)
{
    struct packet_header header;
    if (completion->header_bytes < sizeof(header))
        return false;
    memcpy(&header, completion->header, sizeof(header));
    return header.type == PACKET_DATA;
}

/* 0: there can be no such run. */
static unsigned count_packets(const struct verbs_completion *completion, uint32_t packet_bytes, uint32_t most)
{
    uint32_t bytes = completion->payload_bytes;
    if (packet_bytes == 0 || packet_bytes > most || bytes <= packet_bytes || bytes > PACKET_RUN_BYTES_MAX)
        return 0;
    unsigned count = (bytes + packet_bytes - 1) / packet_bytes;
    return count <= PACKET_WINDOW_MAX ? count : 0;
}

bool carrier_open_arrival(const struct carrier *c, const struct verbs_completion *completion,
                          struct arrival *arrival)
{
    struct packet_run run;
    uint32_t most = c->config.payload_bytes_max;
    *arrival =
        (struct arrival){.completion = *completion, .packets = 1, .packet_bytes = completion->payload_bytes};
    if (!is_data(completion))
        return completion->payload_bytes == 0;
    if (completion->header_bytes == sizeof(run.first))
        return completion->payload_bytes <= most;
    if (completion->header_bytes != sizeof(run))
        return false;
    memcpy(&run, completion->header, sizeof(run));
    arrival->packet_bytes = run.packet_bytes;
    arrival->packets = count_packets(completion, run.packet_bytes, most);
    return arrival->packets > 0;
}

static uint16_t length_of_next(const struct arrival *a)
{
    uint32_t left = a->completion.payload_bytes - a->taken * a->packet_bytes;
    return (uint16_t)(sizeof(struct packet_data) + (left < a->packet_bytes ? left : a->packet_bytes));
}

void carrier_next_of_arrival(const struct arrival *a, struct packet_data *header,
                             struct received_packet *packet)
{
    if (a->packets == 1) {
        packet->bytes = a->completion.header;
        packet->length = (uint16_t)(a->completion.header_bytes + a->completion.payload_bytes);
        return;
    }
    memcpy(header, a->completion.header, sizeof(*header));
    header->header.number += a->taken;
    header->offset += a->taken * a->packet_bytes;
    packet->bytes = (const uint8_t *)header;
    packet->length = length_of_next(a);
}
