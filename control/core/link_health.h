/* SPDX-License-Identifier: BSD-3-Clause */
/* The state of every uplink in time. It follows the evidence at once, down and up again, but for one that
 * flaps: the third time it goes out within a minute it stays out for 10 s at least, and each time after that
 * twice as long, up to ten minutes; that is forgotten once it has been up for ten minutes. */
#ifndef WEFT_CONTROL_LINK_HEALTH_H
#define WEFT_CONTROL_LINK_HEALTH_H

#include "control/core/fabric_map.h"

#define LINK_FLAP_WINDOW_NS 60000000000ull
#define LINK_HOLD_MIN_NS    10000000000ull
#define LINK_HOLD_MAX_NS    600000000000ull
#define LINK_FORGIVE_NS     600000000000ull

enum {
    LINK_FLAPS_ALLOWED = 2 /* within LINK_FLAP_WINDOW_NS */
};

struct link_health {
    uint8_t state; /* enum core_link_state: what is planned for */
    bool untold;   /* under suspicion since this judgement */
    bool held;     /* out although the evidence says up */
    uint8_t holds; /* how often it was made to stay out */
    uint64_t since_ns;
    uint64_t out_ns[LINK_FLAPS_ALLOWED]; /* when it last went out, newest first; 0: never */
    uint64_t hold_until_ns;
};

/* What became of it. */
enum link_change {
    LINK_UNCHANGED,
    LINK_WENT_OUT,    /* from up to down or suspect */
    LINK_CAME_BACK,   /* to up */
    LINK_KNOWN_BETTER /* from suspect to down or the other way round */
};
enum link_change link_health_follow(struct link_health *h, enum core_link_state evidence, uint64_t now_ns);
/* It was suspected, and turned out to work all the time: that was no flapping. */
void link_health_acquit(struct link_health *h);
/* When to ask again without new evidence; UINT64_MAX: never. */
uint64_t link_health_wakeup(const struct link_health *h);

#endif
