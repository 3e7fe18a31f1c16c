/* SPDX-License-Identifier: BSD-3-Clause */
#include "dataplane/transport/credit_budget.h"

enum {
    ROUND_TRIPS = 2,
    LEAST_DIVISOR = 2,
    MOST_FACTOR = 4,
    MARKED_DIVISOR = 8,
    UNMARKED_DIVISOR = 16,
    FULL_SIXTEENTHS = 15,
    BUSY_SIXTEENTHS = 12
};

void credit_budget_init(struct credit_budget *b, const struct transport_config *config)
{
    *b = (struct credit_budget){.bytes = config->credit_budget_bytes,
                                .first_bytes = config->credit_budget_bytes,
                                .packet_bytes = config->payload_bytes_max,
                                .rate_bytes_per_s = config->rate_bytes_per_s,
                                .round_ns = ROUND_TRIPS * config->base_rtt_ns};
}

static void set(struct credit_budget *b, uint64_t bytes)
{
    uint64_t least = b->first_bytes / LEAST_DIVISOR, most = MOST_FACTOR * b->first_bytes;
    b->bytes = bytes < least ? least : bytes < most ? bytes : most;
}

/* Whether so many sixteenths of what the port can take have come in the round. */
static bool fills(const struct credit_budget *b, unsigned sixteenths, nsec_t elapsed_ns)
{
    __uint128_t room = (__uint128_t)b->rate_bytes_per_s * elapsed_ns / NSEC_PER_SEC;
    return (__uint128_t)b->round_bytes * 16 >= room * sixteenths;
}

static void count(struct credit_budget *b, const struct credit_data *data)
{
    nsec_t elapsed_ns = data->now - b->round_started;
    b->round_bytes += data->bytes;
    if (elapsed_ns < b->round_ns)
        return;
    b->port_is_full = fills(b, FULL_SIXTEENTHS, elapsed_ns);
    b->port_is_busy = fills(b, BUSY_SIXTEENTHS, elapsed_ns);
    b->round_started = data->now;
    b->round_bytes = 0;
}

void credit_budget_on_data(struct credit_budget *b, const struct credit_data *data)
{
    count(b, data);
    if (data->marked)
        set(b, b->bytes - b->packet_bytes * b->bytes / b->first_bytes / MARKED_DIVISOR);
    else if (!b->port_is_full)
        set(b, b->bytes + b->packet_bytes / UNMARKED_DIVISOR);
}
