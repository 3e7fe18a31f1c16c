/* SPDX-License-Identifier: BSD-3-Clause */
#include "dataplane/transport/message_share.h"

enum {
    GUARANTEED_DIVISOR = 2 /* this part of a table is guaranteed */
};

typedef uint32_t (*count_of)(const struct communicator *c);

static uint32_t count_incoming(const struct communicator *c)
{
    return c->incoming_count;
}

static uint32_t count_outgoing(const struct communicator *c)
{
    return c->outgoing_count;
}

static uint32_t guaranteed_to_each(const struct transport *t)
{
    return t->config.messages_max / GUARANTEED_DIVISOR / t->communicators_open;
}

/* What the others are guaranteed and do not use. */
static uint32_t reserved_for_others(const struct transport *t, const struct communicator *self,
                                    count_of count)
{
    uint32_t each = guaranteed_to_each(t), reserved = 0;
    for (uint32_t i = 0; i < t->config.communicators_max; i++) {
        const struct communicator *c = &t->communicators[i];
        if (c->open && c != self && count(c) < each)
            reserved += each - count(c);
    }
    return reserved;
}

static bool leaves_enough(const struct transport *t, const struct communicator *c, uint32_t left,
                          count_of count)
{
    return left >= guaranteed_to_each(t) * (t->communicators_open - 1) ||
           left >= reserved_for_others(t, c, count);
}

static bool allows(const struct transport *t, const struct communicator *c,
                   const struct message_places *places, count_of count)
{
    if (places->wanted > places->free)
        return false;
    return count(c) == 0 || count(c) + places->wanted <= guaranteed_to_each(t) ||
           leaves_enough(t, c, places->free - places->wanted, count);
}

bool message_share_allows_incoming(const struct transport *t, const struct communicator *c,
                                   const struct message_places *places)
{
    return allows(t, c, places, count_incoming);
}

bool message_share_allows_outgoing(const struct transport *t, const struct communicator *c,
                                   const struct message_places *places)
{
    return allows(t, c, places, count_outgoing);
}
