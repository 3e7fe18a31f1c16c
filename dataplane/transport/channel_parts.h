/* SPDX-License-Identifier: BSD-3-Clause */
/* What the parts of a channel share: channel.c, channel_send.c, channel_ack.c and channel_silence.c. */
#ifndef WEFT_TRANSPORT_CHANNEL_PARTS_H
#define WEFT_TRANSPORT_CHANNEL_PARTS_H

#include "dataplane/transport/channel.h"
#include "dataplane/transport/lane.h"

/* A packet is late, not lost, for this part of a round trip after a later one has arrived. */
enum {
    CHANNEL_REORDER_FRACTION = 4
};

/* The flight is answered: whatever silence there was is over. */
static inline void channel_note_progress(struct channel *ch, nsec_t now)
{
    ch->timeouts = 0;
    ch->tail_probed = false;
    ch->marked = false;
    ch->peer_lived = false;
    ch->waiting_since = now;
    ch->look_at = 0;
}

/* A lane that waits for its turn is looked at when that comes; what is lost goes before it. */
static inline void channel_refresh_lane(struct transport *t, struct channel *ch, nsec_t now)
{
    if (!timer_heap_is_set(&t->ready, ch->lane.number) || ch->sent.lost_packets > 0)
        lane_refresh(t, &ch->lane, now);
}

#endif
