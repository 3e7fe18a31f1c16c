/* SPDX-License-Identifier: BSD-3-Clause */
#include "dataplane/daemon/carrier.h"

#include <stdlib.h>

#include "dataplane/daemon/carrier_state.h"

struct carrier *carrier_create(const struct carrier_config *config)
{
    struct carrier *c = calloc(1, sizeof(*c));
    uint32_t places = 4;
    while (places < 2 * config->peers_max)
        places *= 2;
    if (c == NULL)
        return NULL;
    c->config = *config;
    c->links_max = verbs_links_max(config->verbs);
    c->links = calloc(c->links_max, sizeof(*c->links));
    c->peers = calloc(places, sizeof(*c->peers));
    c->held = calloc((size_t)c->links_max * VERBS_LINK_MESSAGES, sizeof(*c->held));
    c->peer_mask = places - 1;
    STAILQ_INIT(&c->news);
    STAILQ_INIT(&c->waiting);
    if (c->links != NULL && c->peers != NULL && c->held != NULL)
        return c;
    carrier_destroy(c);
    return NULL;
}

void carrier_destroy(struct carrier *c)
{
    if (c == NULL)
        return;
    free(c->links);
    free(c->peers);
    free(c->held);
    free(c);
}

void carrier_set_receiver(struct carrier *c, const struct carrier_receiver *receiver)
{
    c->receiver = *receiver;
}

void carrier_set_region(struct carrier *c, uint32_t region, const struct region_keys *keys)
{
    c->regions[region].keys = *keys;
}

bool carrier_uses_region(const struct carrier *c, uint32_t region)
{
    return c->regions[region].posted > 0;
}

void carrier_forget_region(struct carrier *c, uint32_t region)
{
    c->regions[region].keys = (struct region_keys){0};
}

void carrier_get_counters(const struct carrier *c, struct carrier_counters *counters)
{
    struct verbs_counters verbs;
    verbs_get_counters(c->config.verbs, &verbs);
    *counters = c->counters;
    counters->links_failed = verbs.links_failed;
    counters->received_of_nobody = verbs.received_of_nobody;
    counters->received_malformed = verbs.received_malformed;
}
