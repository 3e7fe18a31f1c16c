/* SPDX-License-Identifier: BSD-3-Clause */
#include "dataplane/daemon/loopback.h"

#include <assert.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

enum {
    ECN_CAPABLE = 2 /* ECT(0) */
};

int loopback_create(struct loopback *l, unsigned capacity, unsigned datagram_bytes_max)
{
    unsigned align = _Alignof(struct loopback_packet);
    *l = (struct loopback){.capacity = capacity};
    l->packet_bytes =
        (unsigned)(sizeof(struct loopback_packet) + datagram_bytes_max + align - 1) / align * align;
    l->memory = calloc(capacity, l->packet_bytes);
    return l->memory ? 0 : -ENOMEM;
}

void loopback_destroy(struct loopback *l)
{
    free(l->memory);
    *l = (struct loopback){0};
}

unsigned loopback_room(const struct loopback *l)
{
    return l->capacity - l->count;
}

static struct loopback_packet *packet_at(const struct loopback *l, unsigned position)
{
    return (struct loopback_packet *)(l->memory + (size_t)(position % l->capacity) * l->packet_bytes);
}

void loopback_put(struct loopback *l, const struct loopback_frame *frame)
{
    unsigned length = frame->header_bytes + frame->payload_bytes;
    struct loopback_packet *packet = packet_at(l, l->first + l->count);
    assert(l->count < l->capacity && sizeof(*packet) + length <= l->packet_bytes);
    packet->source_port = frame->source_port;
    packet->ecn = frame->ecn_capable ? ECN_CAPABLE : 0;
    packet->length = (uint16_t)length;
    memcpy(packet->bytes, frame->header, frame->header_bytes);
    if (frame->payload_bytes > 0)
        memcpy(packet->bytes + frame->header_bytes, frame->payload, frame->payload_bytes);
    l->count++;
}

const struct loopback_packet *loopback_first(const struct loopback *l)
{
    return l->count > 0 ? packet_at(l, l->first) : NULL;
}

void loopback_drop(struct loopback *l)
{
    l->first = (l->first + 1) % l->capacity;
    l->count--;
}
