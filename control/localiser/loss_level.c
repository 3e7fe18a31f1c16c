/* SPDX-License-Identifier: BSD-3-Clause */
#include "control/localiser/loss_level.h"

#include <errno.h>
#include <stdlib.h>

#include "control/localiser/order.h"

#define FADE       (1.0f / 512) /* with each report */
#define MOST_PORTS 0.6          /* of them are well */

int loss_level_create(struct loss_level *l, uint32_t ports)
{
    *l = (struct loss_level){.ports = ports,
                             .sent = calloc(ports, sizeof(struct loss_count)),
                             .received = calloc(ports, sizeof(struct loss_count)),
                             .scratch = malloc(ports * sizeof(float))};
    if (l->sent != NULL && l->received != NULL && l->scratch != NULL)
        return 0;
    loss_level_destroy(l);
    return -ENOMEM;
}

void loss_level_destroy(struct loss_level *l)
{
    free(l->sent);
    free(l->received);
    free(l->scratch);
    *l = (struct loss_level){0};
}

static void add(struct loss_count *c, uint32_t packets, uint32_t lost)
{
    c->packets += (float)packets - FADE * c->packets;
    c->lost += (float)lost - FADE * c->lost;
}

void loss_level_add(struct loss_level *l, const struct loss_report *r)
{
    add(&l->sent[r->source], r->packets, r->lost);
    add(&l->received[r->destination], r->packets, r->lost);
}

static double share_of_most(const struct loss_count *counts, uint32_t ports, float *scratch)
{
    uint32_t known = 0;
    for (uint32_t port = 0; port < ports; port++)
        if (counts[port].packets > 0)
            scratch[known++] = counts[port].lost / counts[port].packets;
    return known > 0 ? order_nth(scratch, known, (size_t)(MOST_PORTS * known)) : 0;
}

double loss_level_background(struct loss_level *l)
{
    double of_senders = share_of_most(l->sent, l->ports, l->scratch);
    double of_receivers = share_of_most(l->received, l->ports, l->scratch);
    return of_senders < of_receivers ? of_senders : of_receivers;
}
