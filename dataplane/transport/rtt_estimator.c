/* SPDX-License-Identifier: BSD-3-Clause */
/* Round-trip estimation; the contract is in rtt_estimator.h. Two minima, of the current window and of the one
 * before it, make a windowed minimum without a list of samples. */
#include "dataplane/transport/rtt_estimator.h"

static uint32_t clamp_sample(nsec_t sample_ns)
{
    if (sample_ns == 0)
        return 1;
    return sample_ns > RTT_SAMPLE_MAX_NS ? (uint32_t)RTT_SAMPLE_MAX_NS : (uint32_t)sample_ns;
}

void rtt_estimator_init(struct rtt_estimator *rtt, nsec_t guess_ns, nsec_t now)
{
    uint32_t guess = clamp_sample(guess_ns);
    *rtt = (struct rtt_estimator){.window_started = now,
                                  .smoothed_ns = guess,
                                  .variation_ns = guess / 2,
                                  .minimum_ns = UINT32_MAX,
                                  .previous_minimum_ns = UINT32_MAX};
}

static void advance_window(struct rtt_estimator *rtt, nsec_t now)
{
    nsec_t age_ns = now - rtt->window_started;
    if (age_ns < RTT_MINIMUM_WINDOW_NS)
        return;
    rtt->previous_minimum_ns = age_ns < 2 * RTT_MINIMUM_WINDOW_NS ? rtt->minimum_ns : UINT32_MAX;
    rtt->minimum_ns = UINT32_MAX;
    rtt->window_started = now;
}

/* Moves `average` towards `value` by 1/`divisor` of the distance. */
static uint32_t approach(uint32_t average, uint32_t value, int64_t divisor)
{
    return (uint32_t)(average + ((int64_t)value - average) / divisor);
}

void rtt_estimator_on_sample(struct rtt_estimator *rtt, nsec_t sample_ns, nsec_t now)
{
    uint32_t sample = clamp_sample(sample_ns);
    advance_window(rtt, now);
    if (sample < rtt->minimum_ns)
        rtt->minimum_ns = sample;
    if (!rtt->sampled) {
        rtt->sampled = true;
        rtt->smoothed_ns = sample;
        rtt->variation_ns = sample / 2;
        return;
    }
    uint32_t smoothed = rtt->smoothed_ns;
    uint32_t deviation = sample > smoothed ? sample - smoothed : smoothed - sample;
    rtt->variation_ns = approach(rtt->variation_ns, deviation, 4);
    rtt->smoothed_ns = approach(smoothed, sample, 8);
}

nsec_t rtt_estimator_minimum_ns(const struct rtt_estimator *rtt)
{
    uint32_t minimum =
        rtt->minimum_ns < rtt->previous_minimum_ns ? rtt->minimum_ns : rtt->previous_minimum_ns;
    return minimum == UINT32_MAX ? rtt->smoothed_ns : minimum;
}
