/* SPDX-License-Identifier: BSD-3-Clause */
/* How many bytes a receiver lets be granted and not have arrived, over all its senders. Too few and its port
 * idles while credits lie at senders that are busy elsewhere, as in a large all-to-all; too many and an
 * incast becomes a queue before it. With p the payload of a packet and B the configured budget, each packet
 * that arrives changes the budget b, between B/2 and 4 B:
 *
 *     marked                                      b -= p/8 x b/B
 *     unmarked, and the port was not full         b += p/16
 *
 * Increase by a constant and decrease in proportion let receivers whose senders share a link come to equal
 * budgets (Chiu and Jain, 1989), and so to equal rates. The port was full when at least 15/16 of its rate
 * came as payload in the last round, of two round trips: more credit would then only be a longer queue. It
 * was busy when 3/4 of its rate came.
 */
#ifndef WEFT_TRANSPORT_CREDIT_BUDGET_H
#define WEFT_TRANSPORT_CREDIT_BUDGET_H

#include <stdbool.h>
#include <stdint.h>

#include "dataplane/transport/transport.h"

struct credit_budget {
    uint64_t bytes;
    uint64_t first_bytes; /* B */
    uint64_t rate_bytes_per_s;
    nsec_t round_ns;
    nsec_t round_started;
    uint64_t round_bytes;
    uint32_t packet_bytes;
    bool port_is_full, port_is_busy;
};

/* A data packet that has come. */
struct credit_data {
    nsec_t now;
    uint32_t bytes;
    bool marked;
};

void credit_budget_init(struct credit_budget *b, const struct transport_config *config);
void credit_budget_on_data(struct credit_budget *b, const struct credit_data *data);

#endif
