/* SPDX-License-Identifier: BSD-3-Clause */
#include "tools/bench/stall.h"

#include <stdbool.h>

static bool stall_between(const struct stall_window *window, const struct stall_sample *earlier,
                          const struct stall_sample *later, unsigned host)
{
    double full_bytes = window->host_rate_bps / 8e9 * (double)(later->at_ns - earlier->at_ns);
    return (double)(later->received_bytes[host] - earlier->received_bytes[host]) < full_bytes / 10;
}

static uint64_t stall_of_host_ns(const struct stall_window *window, unsigned host)
{
    uint64_t longest_ns = 0, current_ns = 0;
    for (unsigned i = 1; i < window->sample_count; i++) {
        const struct stall_sample *earlier = &window->samples[i - 1], *later = &window->samples[i];
        if (earlier->at_ns < window->from_ns || later->at_ns > window->to_ns)
            continue;
        current_ns =
            stall_between(window, earlier, later, host) ? current_ns + later->at_ns - earlier->at_ns : 0;
        if (current_ns > longest_ns)
            longest_ns = current_ns;
    }
    return longest_ns;
}

uint64_t stall_longest_ns(const struct stall_window *window)
{
    uint64_t longest_ns = 0;
    for (unsigned host = 0; host < window->host_count; host++) {
        uint64_t host_ns = stall_of_host_ns(window, host);
        if (host_ns > longest_ns)
            longest_ns = host_ns;
    }
    return longest_ns;
}
