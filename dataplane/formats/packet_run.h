/* SPDX-License-Identifier: BSD-3-Clause */
/* What queue pairs carry in place of data packets that follow each other in one message: the first one's
 * header, and how to make the others'. Packet i of a run has the number of the first plus i, and its offset
 * plus i times packet_bytes. All have packet_bytes of payload but the last, which has what is left. They are
 * no more than a channel's window. A length of its own and its version (link_offer.h) keep it from being
 * taken for anything else.
 */
#ifndef WEFT_FORMATS_PACKET_RUN_H
#define WEFT_FORMATS_PACKET_RUN_H

#include "dataplane/formats/packet.h"

enum {
    PACKET_RUN_BYTES_MAX = 1 << 20 /* of payload: what is sent again elsewhere where a path fails */
};

struct packet_run {
    struct packet_data first;
    uint32_t packet_bytes;
    uint32_t reserved; /* zero */
};

static_assert(sizeof(struct packet_run) == 48, "packet_run");

#endif
