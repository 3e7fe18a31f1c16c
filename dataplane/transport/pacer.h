/* SPDX-License-Identifier: BSD-3-Clause */
/* Lets bytes go at a rate: after the packets sent so far, the next may go at
 *     due = max(due, now - slack) + bytes / rate.
 * The slack is what a late caller may catch up, so that a sleeping worker still reaches the rate; it is also
 * the largest burst. A rate of 0 means no pacing. */
#ifndef WEFT_TRANSPORT_PACER_H
#define WEFT_TRANSPORT_PACER_H

#include <stdbool.h>
#include <stdint.h>

#include "dataplane/transport/transport.h"

enum {
    PACER_FRACTION_BITS = 20
};

struct pacer {
    nsec_t due;
    nsec_t slack_ns;
    uint64_t ns_per_byte; /* PACER_FRACTION_BITS fractional bits */
};

static inline void pacer_set_rate(struct pacer *p, uint64_t bytes_per_s)
{
    p->ns_per_byte = bytes_per_s ? (NSEC_PER_SEC << PACER_FRACTION_BITS) / bytes_per_s : 0;
}

static inline nsec_t pacer_cost(const struct pacer *p, uint64_t bytes)
{
    return bytes * p->ns_per_byte >> PACER_FRACTION_BITS;
}

static inline bool pacer_may_send(const struct pacer *p, nsec_t now)
{
    return p->due <= now;
}

static inline void pacer_sent(struct pacer *p, uint64_t bytes, nsec_t now)
{
    nsec_t earliest = now > p->slack_ns ? now - p->slack_ns : 0;
    p->due = (p->due > earliest ? p->due : earliest) + pacer_cost(p, bytes);
}

#endif
