/* SPDX-License-Identifier: BSD-3-Clause */
/* How long to wait before asking again one who has not answered: twice as long each time up to ten seconds,
 * and never quite together with others who ask the same. */
#ifndef WEFT_DAEMON_BACKOFF_H
#define WEFT_DAEMON_BACKOFF_H

#include "dataplane/transport/random.h"

enum {
    BACKOFF_MS_MIN = 100,
    BACKOFF_MS_MAX = 10000
};

struct backoff {
    unsigned wait_ms; /* the next, at most; 0: BACKOFF_MS_MIN */
    struct random_stream random;
};

/* Milliseconds to wait now: between half and all of what it has come to. */
static inline unsigned backoff_next_ms(struct backoff *b)
{
    unsigned wait_ms = b->wait_ms != 0 ? b->wait_ms : BACKOFF_MS_MIN;
    b->wait_ms = 2 * wait_ms < BACKOFF_MS_MAX ? 2 * wait_ms : BACKOFF_MS_MAX;
    return wait_ms / 2 + (unsigned)random_below(&b->random, wait_ms / 2 + 1);
}

/* There was an answer. */
static inline void backoff_reset(struct backoff *b)
{
    b->wait_ms = 0;
}

#endif
