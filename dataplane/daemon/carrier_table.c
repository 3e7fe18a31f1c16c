/* SPDX-License-Identifier: BSD-3-Clause */
/* Which link is which channel's, and what the main thread has to know of links. */
#include "dataplane/daemon/carrier_state.h"
#include "dataplane/transport/random.h"

static struct peer_links *locate(const struct carrier *c, uint32_t address)
{
    uint32_t i = (uint32_t)mix64(address) & c->peer_mask;
    while (c->peers[i].address != 0 && c->peers[i].address != address)
        i = (i + 1) & c->peer_mask;
    return &c->peers[i];
}

struct link *carrier_find_link(const struct carrier *c, const struct link_name *name)
{
    return name->path < PACKET_PATHS_MAX ? locate(c, name->address)->links[name->path] : NULL;
}

struct link *carrier_find_or_add_link(struct carrier *c, const struct link_name *name)
{
    struct peer_links *peer = locate(c, name->address);
    struct link *link = peer->links[name->path];
    if (link != NULL)
        return link;
    if (c->link_count == c->links_max || (peer->address == 0 && c->peer_count == c->config.peers_max))
        return NULL;
    c->peer_count += peer->address == 0;
    peer->address = name->address;
    link = peer->links[name->path] = &c->links[c->link_count++];
    link->name = *name;
    return link;
}

void carrier_add_news(struct carrier *c, struct link *link)
{
    if (link->has_news)
        return;
    link->has_news = true;
    STAILQ_INSERT_TAIL(&c->news, link, news);
}

bool carrier_news(struct carrier *c, struct link_news *news)
{
    const struct link *link = STAILQ_FIRST(&c->news);
    if (link == NULL)
        return false;
    *news = (struct link_news){.kind = link->down && !link->told_down ? LINK_DOWN : LINK_WANTED,
                               .name = link->name,
                               .source_port = link->source_port,
                               .reason = link->reason};
    return true;
}

void carrier_told(struct carrier *c)
{
    struct link *link = STAILQ_FIRST(&c->news);
    STAILQ_REMOVE_HEAD(&c->news, news);
    link->has_news = false;
    if (link->down && !link->told_down) {
        link->told_down = true;
        if (link->asked)
            carrier_add_news(c, link);
    }
}

void carrier_ask_for_queue_pair(struct carrier *c, struct link *link)
{
    if (link->asked || link->ready)
        return;
    link->asked = true;
    carrier_add_news(c, link);
}
