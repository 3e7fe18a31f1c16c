/* SPDX-License-Identifier: BSD-3-Clause */
/* How long a round trip on one channel takes: smoothed, how much it varies, and the least of late. From these
 * come the retransmission timeout, the tail probe and the reorder window.
 */
#ifndef WEFT_TRANSPORT_RTT_ESTIMATOR_H
#define WEFT_TRANSPORT_RTT_ESTIMATOR_H

#include <stdbool.h>
#include <stdint.h>

#include "dataplane/transport/transport.h"

#define RTT_SAMPLE_MAX_NS     (4 * NSEC_PER_SEC)  /* longer samples count as this */
#define RTT_MINIMUM_WINDOW_NS (10 * NSEC_PER_SEC) /* the minimum is over the last one to two of these */

struct rtt_estimator {
    nsec_t window_started; /* of the current minimum window */
    uint32_t smoothed_ns;
    uint32_t variation_ns;
    uint32_t minimum_ns;          /* of the current window; UINT32_MAX: no sample in it */
    uint32_t previous_minimum_ns; /* of the window before; UINT32_MAX: no sample in it */
    bool sampled;
};

struct rto_limits {
    nsec_t min_ns;
    nsec_t max_ns;
};

/* Until the first sample every question is answered from `guess_ns`, the round trip of an idle path. */
void rtt_estimator_init(struct rtt_estimator *rtt, nsec_t guess_ns, nsec_t now);

/* One measured round trip, turnaround taken off. RFC 6298: the first sample R gives smoothed = R, variation =
 * R/2; later ones variation += (|smoothed - R| - variation)/4, smoothed += (R - smoothed)/8. */
void rtt_estimator_on_sample(struct rtt_estimator *rtt, nsec_t sample_ns, nsec_t now);

/* At least 1. */
static inline nsec_t rtt_estimator_smoothed_ns(const struct rtt_estimator *rtt)
{
    return rtt->smoothed_ns;
}

/* The least sample of the current minimum window and the one before it; the smoothed round trip if there was
 * none. At least 1. */
nsec_t rtt_estimator_minimum_ns(const struct rtt_estimator *rtt);

/* 2 smoothed + 4 variation: a flight silent for so long asks for its last packet again. The variation is
 * there for a queue that grows, in which every ack is later than the ones before. */
static inline nsec_t rtt_estimator_probe_ns(const struct rtt_estimator *rtt)
{
    return 2 * (nsec_t)rtt->smoothed_ns + 4 * (nsec_t)rtt->variation_ns;
}

/* max(smoothed + 4 variation, min), doubled `backoff` times up to the maximum: the timeout after so many
 * timeouts in a row. A round trip longer than the maximum is still waited for: what is merely slow must not
 * be sent twice. */
static inline nsec_t rtt_estimator_rto_ns(const struct rtt_estimator *rtt, struct rto_limits limits,
                                          unsigned backoff)
{
    nsec_t rto_ns = rtt->smoothed_ns + 4 * (nsec_t)rtt->variation_ns;
    if (rto_ns < limits.min_ns)
        rto_ns = limits.min_ns;
    if (backoff == 0)
        return rto_ns;
    nsec_t most_ns = rto_ns > limits.max_ns ? rto_ns : limits.max_ns;
    for (; backoff > 0 && rto_ns < most_ns; backoff--)
        rto_ns *= 2;
    return rto_ns < most_ns ? rto_ns : most_ns;
}

#endif
