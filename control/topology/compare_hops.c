/* SPDX-License-Identifier: BSD-3-Clause */
#include <errno.h>
#include <stdlib.h>

#include "control/topology/compare.h"
#include "control/topology/model.h"
#include "dataplane/formats/address.h"

/* A hop, as the file knows its two ends. */
struct heard {
    uint32_t leaf; /* node that the file joins the port to; TOPOLOGY_NONE: it has no such port */
    uint32_t router_address;
    uint32_t port_address;
    uint32_t port, router; /* router: node; TOPOLOGY_NONE: the file has none */
};

struct hop_comparison {
    const struct topology *topology;
    struct heard *heard;
    size_t count;
    struct topology_findings *findings;
};

static struct heard look_up(const struct topology *t, const struct observed_hop *hop)
{
    struct heard h = {.leaf = TOPOLOGY_NONE,
                      .router_address = hop->router_address,
                      .port_address = hop->port_address,
                      .port = topology_port_by_address(t, hop->port_address),
                      .router = topology_switch_by_address(t, hop->router_address)};
    if (h.port != TOPOLOGY_NONE)
        h.leaf = topology_node_of(t, TOPOLOGY_LEAF, t->ports[h.port].leaf);
    return h;
}

static int compare_numbers(uint32_t a, uint32_t b)
{
    return (a > b) - (a < b);
}

static int compare_heard(const void *left, const void *right)
{
    const struct heard *a = left, *b = right;
    int order = compare_numbers(a->leaf, b->leaf);
    if (order == 0 && a->leaf == TOPOLOGY_NONE)
        order = compare_numbers(a->port_address, b->port_address);
    order = order ? order : compare_numbers(a->router_address, b->router_address);
    return order ? order : compare_numbers(a->port_address, b->port_address);
}

static bool is_below_core(const struct topology *t, uint32_t leaf, uint32_t core)
{
    uint32_t count;
    const uint32_t *links = topology_links_up(t, leaf, &count);
    for (uint32_t i = 0; i < count; i++)
        if (topology_capacity_bits_per_s(t, t->links[links[i]].upper, core))
            return true;
    return false;
}

static bool is_above(const struct topology *t, uint32_t leaf, uint32_t router)
{
    if (t->nodes[router].kind == TOPOLOGY_LEAF)
        return leaf == router;
    if (t->nodes[router].kind == TOPOLOGY_SPINE)
        return topology_capacity_bits_per_s(t, leaf, router) > 0;
    return is_below_core(t, leaf, router);
}

static int report_unknown(struct hop_comparison *c, const struct heard *h)
{
    char port[ADDRESS_TEXT_BYTES], router[ADDRESS_TEXT_BYTES];
    address_text(h->port_address, port);
    address_text(h->router_address, router);
    if (h->port == TOPOLOGY_NONE)
        return topology_findings_add(c->findings, TOPOLOGY_EXTRA, TOPOLOGY_NONE,
                                     "probes come from %s, which is no port's address in the file", port);
    return topology_findings_add(c->findings, TOPOLOGY_EXTRA, TOPOLOGY_NONE,
                                 "%s answers probes of %s (%s), but is no switch's address in the file",
                                 router, c->topology->nodes[c->topology->ports[h->port].host].name, port);
}

static int report_hop(struct hop_comparison *c, const struct heard *h)
{
    const struct topology *t = c->topology;
    char port[ADDRESS_TEXT_BYTES];
    if (h->port == TOPOLOGY_NONE || h->router == TOPOLOGY_NONE)
        return report_unknown(c, h);
    if (is_above(t, h->leaf, h->router))
        return 0;
    const char *host = t->nodes[t->ports[h->port].host].name, *leaf = t->nodes[h->leaf].name,
               *router = t->nodes[h->router].name;
    address_text(h->port_address, port);
    if (t->nodes[h->router].kind == TOPOLOGY_LEAF)
        return topology_findings_add(c->findings, TOPOLOGY_MISWIRED, t->ports[h->port].link,
                                     "probes of %s (%s) go through %s, the file says %s", host, port, router,
                                     leaf);
    return topology_findings_add(c->findings, TOPOLOGY_EXTRA, TOPOLOGY_NONE,
                                 "probes of %s (%s) on %s go through %s, to which the file knows no way up",
                                 host, port, leaf, router);
}

/* Two ports of one leaf that hear the same switch above it are one finding; so are unknown ports that are
 * equal. */
static bool says_the_same(const struct topology *t, const struct heard *a, const struct heard *b)
{
    if (a->leaf != b->leaf)
        return false;
    if (a->leaf == TOPOLOGY_NONE)
        return a->port_address == b->port_address;
    bool of_leaf = a->router != TOPOLOGY_NONE && t->nodes[a->router].kind == TOPOLOGY_LEAF;
    return a->router_address == b->router_address && (!of_leaf || a->port_address == b->port_address);
}

/* The spines above a leaf that none of its hosts hears, though they hear others. */
static int report_missing(struct hop_comparison *c, uint32_t leaf, bool *is_heard)
{
    const struct topology *t = c->topology;
    char name[TOPOLOGY_LINK_NAME_BYTES];
    uint32_t count;
    const uint32_t *links = topology_links_up(t, leaf, &count);
    int result = 0;
    for (uint32_t i = 0; i < count && result == 0; i++) {
        const struct topology_node *spine = &t->nodes[t->links[links[i]].upper];
        if (!spine->address || is_heard[spine->index])
            continue;
        is_heard[spine->index] = true; /* parallel links are one finding */
        result =
            topology_findings_add(c->findings, TOPOLOGY_MISSING, links[i],
                                  "no probe of a host on %s goes through %s, the file has %s",
                                  t->nodes[leaf].name, spine->name, topology_link_name(t, links[i], name));
    }
    return result;
}

/* `is_heard` has room for every spine. */
static int report_missing_of_all(struct hop_comparison *c, bool *is_heard)
{
    const struct topology *t = c->topology;
    uint32_t spines = topology_count(t, TOPOLOGY_SPINE);
    int result = 0;
    for (size_t i = 0, next; i < c->count && result == 0; i = next) {
        bool any = false;
        for (uint32_t s = 0; s < spines; s++)
            is_heard[s] = false;
        for (next = i; next < c->count && c->heard[next].leaf == c->heard[i].leaf; next++) {
            uint32_t router = c->heard[next].router;
            if (router == TOPOLOGY_NONE || t->nodes[router].kind != TOPOLOGY_SPINE)
                continue;
            any = is_heard[t->nodes[router].index] = true;
        }
        if (any && c->heard[i].leaf != TOPOLOGY_NONE)
            result = report_missing(c, c->heard[i].leaf, is_heard);
    }
    return result;
}

static int compare(struct hop_comparison *c, bool *is_heard)
{
    int result = 0;
    qsort(c->heard, c->count, sizeof(*c->heard), compare_heard);
    for (size_t i = 0; i < c->count && result == 0; i++)
        if (i == 0 || !says_the_same(c->topology, &c->heard[i - 1], &c->heard[i]))
            result = report_hop(c, &c->heard[i]);
    return result ? result : report_missing_of_all(c, is_heard);
}

int topology_compare_hops(const struct topology *t, const struct observed_hop *hops, size_t count,
                          struct topology_findings *findings)
{
    struct hop_comparison c = {
        .topology = t, .heard = calloc(count + 1, sizeof(*c.heard)), .count = count, .findings = findings};
    bool *is_heard = calloc(topology_count(t, TOPOLOGY_SPINE) + 1, sizeof(*is_heard));
    int result = -ENOMEM;
    for (size_t i = 0; c.heard && i < count; i++)
        c.heard[i] = look_up(t, &hops[i]);
    if (c.heard && is_heard)
        result = compare(&c, is_heard);
    free(c.heard);
    free(is_heard);
    return result;
}
