/* SPDX-License-Identifier: BSD-3-Clause */
/* Which numbers of a channel have arrived. Accepts each number at most once, whatever the network repeats;
 * this is what makes every byte count once. */
#ifndef WEFT_TRANSPORT_RECEIVE_WINDOW_H
#define WEFT_TRANSPORT_RECEIVE_WINDOW_H

#include <stdbool.h>
#include <stdint.h>

#include "dataplane/formats/packet.h"

enum {
    RECEIVE_WINDOW_WORDS = PACKET_WINDOW_MAX / 64
};

struct receive_window {
    uint32_t cumulative; /* every number before this one has arrived */
    uint32_t beyond;     /* how many numbers after it have arrived */
    uint64_t
        arrived[RECEIVE_WINDOW_WORDS]; /* bit number % PACKET_WINDOW_MAX, of the numbers after cumulative */
};

enum receive_window_verdict {
    RECEIVE_WINDOW_NEXT,      /* new, in order */
    RECEIVE_WINDOW_AHEAD,     /* new, something before it is missing */
    RECEIVE_WINDOW_DUPLICATE, /* arrived before */
    RECEIVE_WINDOW_OUTSIDE    /* further ahead than may be in flight */
};

static inline void receive_window_reset(struct receive_window *w)
{
    *w = (struct receive_window){0};
}

static inline bool receive_window_bit(const struct receive_window *w, uint32_t number)
{
    return w->arrived[number / 64 % RECEIVE_WINDOW_WORDS] >> (number % 64) & 1;
}

/* What accepting `number` would mean; changes nothing. */
static inline enum receive_window_verdict receive_window_judge(const struct receive_window *w,
                                                               uint32_t number)
{
    uint32_t ahead = number - w->cumulative;
    if (ahead == 0)
        return RECEIVE_WINDOW_NEXT;
    if (ahead > INT32_MAX)
        return RECEIVE_WINDOW_DUPLICATE;
    if (ahead >= PACKET_WINDOW_MAX)
        return RECEIVE_WINDOW_OUTSIDE;
    return receive_window_bit(w, number) ? RECEIVE_WINDOW_DUPLICATE : RECEIVE_WINDOW_AHEAD;
}

/* Takes a number that was judged NEXT or AHEAD. */
static inline void receive_window_accept(struct receive_window *w, uint32_t number)
{
    if (number != w->cumulative) {
        w->arrived[number / 64 % RECEIVE_WINDOW_WORDS] |= 1ull << (number % 64);
        w->beyond++;
        return;
    }
    w->cumulative++;
    while (w->beyond > 0 && receive_window_bit(w, w->cumulative)) {
        w->arrived[w->cumulative / 64 % RECEIVE_WINDOW_WORDS] &= ~(1ull << (w->cumulative % 64));
        w->beyond--;
        w->cumulative++;
    }
}

/* The bitmap of an ack: bit i says that number cumulative + i has arrived. */
static inline void receive_window_bitmap(const struct receive_window *w,
                                         uint64_t bitmap[RECEIVE_WINDOW_WORDS])
{
    unsigned first = w->cumulative / 64, shift = w->cumulative % 64;
    for (unsigned i = 0; i < RECEIVE_WINDOW_WORDS; i++) {
        uint64_t low = w->arrived[(first + i) % RECEIVE_WINDOW_WORDS] >> shift;
        uint64_t high = shift ? w->arrived[(first + i + 1) % RECEIVE_WINDOW_WORDS] << (64 - shift) : 0;
        bitmap[i] = low | high;
    }
}

#endif
