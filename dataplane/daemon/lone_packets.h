/* SPDX-License-Identifier: BSD-3-Clause */
/* What control asks to be timed: so many lone packets over one path, a pause after each, so that together
 * they see all of a training step (control/localiser's standing_queue says what for). The pauses are drawn,
 * lest they keep step with the job. Pure: packets come out, round trips go in, time is an argument. */
#ifndef WEFT_DAEMON_LONE_PACKETS_H
#define WEFT_DAEMON_LONE_PACKETS_H

#include <stdbool.h>
#include <stdint.h>

#include "dataplane/transport/random.h"
#include "dataplane/transport/transport.h"

enum {
    LONE_ERRANDS_MAX = 32,
    LONE_PACKETS_MAX = 64, /* of an errand */
    LONE_OVER_MS_MAX = 10000
};

/* What control wants to know. */
struct lone_wish {
    uint64_t number;      /* control's name for it */
    uint32_t peer, spine; /* addresses */
    uint32_t packets, over_ms;
};
struct lone_errand {
    struct lone_wish wish;
    uint64_t cookie; /* of its packets; 0: unused */
    nsec_t next_at;  /* of its next packet; once all are sent: when those without an answer are given up */
    uint32_t sent, answered;
    uint32_t round_trips_ns[LONE_PACKETS_MAX];
    bool finished, reported;
};
struct lone_packets {
    struct lone_errand errands[LONE_ERRANDS_MAX];
    uint64_t last_cookie;
    struct random_stream random;
};

/* False: too much is asked for already, and this is not done. The wish is within the bounds above. */
bool lone_packets_ask(struct lone_packets *l, const struct lone_wish *wish, nsec_t now);
/* The next errand of which a packet is to be sent now; NULL: none. */
const struct lone_errand *lone_packets_next(struct lone_packets *l, nsec_t now);
void lone_packets_on_answer(struct lone_packets *l, uint64_t cookie, nsec_t round_trip_ns);
/* Ends those that are complete or given up; true if there were any. */
bool lone_packets_finish(struct lone_packets *l, nsec_t now);
/* When one of the two is to be called next; NSEC_NEVER. */
nsec_t lone_packets_wakeup(const struct lone_packets *l);

/* A report goes out that tells of all that are finished. */
void lone_packets_begin_report(struct lone_packets *l);
/* It was taken, and what it told is done with; or not, and the next one tells it again. */
void lone_packets_end_report(struct lone_packets *l, bool taken);

#endif
