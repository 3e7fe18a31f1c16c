/* SPDX-License-Identifier: BSD-3-Clause */
/* How much the fabric loses anyhow: queues overflow, and a transport sends some packets again that were not
 * lost. A fault raises the losses of some senders or of some receivers; what is usual shows on most. */
#ifndef WEFT_CONTROL_LOCALISER_LOSS_LEVEL_H
#define WEFT_CONTROL_LOCALISER_LOSS_LEVEL_H

#include <stdint.h>

struct loss_count {
    float packets, lost; /* fading */
};
struct loss_level {
    uint32_t ports;
    struct loss_count *sent, *received; /* [port] */
    float *scratch;
};

int loss_level_create(struct loss_level *l, uint32_t ports);
void loss_level_destroy(struct loss_level *l);

struct loss_report {
    uint32_t source, destination; /* ports */
    uint32_t packets, lost;
};
void loss_level_add(struct loss_level *l, const struct loss_report *report);
/* The share of packets that most senders, and most receivers, do not lose more than. */
double loss_level_background(struct loss_level *l);

#endif
