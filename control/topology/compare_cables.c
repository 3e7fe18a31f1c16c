/* SPDX-License-Identifier: BSD-3-Clause */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "control/topology/cable_set.h"
#include "control/topology/compare.h"
#include "control/topology/model.h"

enum {
    END_TEXT_BYTES = 2 * TOPOLOGY_NAME_BYTES
};

/* A port that the file names, and its link. */
struct filed_port {
    uint32_t node;
    const char *port;
    uint32_t link;
};

enum link_state {
    LINK_NOT_SEEN,
    LINK_CONFIRMED,
    LINK_MISWIRED
};

struct comparison {
    const struct topology *topology;
    struct filed_port *ports;
    size_t port_count;
    uint8_t *states;      /* of links */
    bool *is_asked;       /* of nodes */
    struct cable_set set; /* cables that are not confirmed yet */
    struct topology_findings *findings;
};

static int compare_filed(const void *left, const void *right)
{
    const struct filed_port *a = left, *b = right;
    if (a->node != b->node)
        return a->node < b->node ? -1 : 1;
    return strcmp(a->port, b->port);
}

static void list_filed_ports(struct comparison *c)
{
    const struct topology *t = c->topology;
    for (uint32_t i = 0; i < t->link_count; i++) {
        const struct topology_link *l = &t->links[i];
        if (l->lower_port[0])
            c->ports[c->port_count++] = (struct filed_port){l->lower, l->lower_port, i};
        if (l->upper_port[0])
            c->ports[c->port_count++] = (struct filed_port){l->upper, l->upper_port, i};
    }
    qsort(c->ports, c->port_count, sizeof(*c->ports), compare_filed);
}

/* The link that the file has at this port; TOPOLOGY_NONE: none. */
static uint32_t link_at(const struct comparison *c, const struct topology_end *end)
{
    struct filed_port key = {.node = topology_node_by_name(c->topology, end->node), .port = end->port};
    if (key.node == TOPOLOGY_NONE || !end->port[0])
        return TOPOLOGY_NONE;
    const struct filed_port *found = bsearch(&key, c->ports, c->port_count, sizeof(*c->ports), compare_filed);
    return found ? found->link : TOPOLOGY_NONE;
}

/* Ports that either side does not tell agree with any. */
static bool end_agrees(const struct comparison *c, const struct topology_end *seen, uint32_t node,
                       const char *port)
{
    return strcmp(seen->node, c->topology->nodes[node].name) == 0 &&
           (!seen->port[0] || !port[0] || strcmp(seen->port, port) == 0);
}

static bool agrees(const struct comparison *c, const struct cable *cable, uint32_t link)
{
    const struct topology_link *l = &c->topology->links[link];
    for (int low = 0; low < 2; low++)
        if (end_agrees(c, &cable->ends[low], l->lower, l->lower_port) &&
            end_agrees(c, &cable->ends[!low], l->upper, l->upper_port))
            return true;
    return false;
}

/* A link between the nodes of the cable, of which the file names no port; TOPOLOGY_NONE: none. */
static uint32_t unnamed_link(const struct comparison *c, const struct cable *cable)
{
    const struct topology *t = c->topology;
    uint32_t lower = topology_node_by_name(t, cable->ends[0].node),
             upper = topology_node_by_name(t, cable->ends[1].node), count;
    if (lower == TOPOLOGY_NONE || upper == TOPOLOGY_NONE)
        return TOPOLOGY_NONE;
    if (t->nodes[lower].kind > t->nodes[upper].kind) {
        uint32_t swap = lower;
        lower = upper;
        upper = swap;
    }
    const uint32_t *links = topology_links_up(t, lower, &count);
    for (uint32_t i = 0; i < count; i++) {
        const struct topology_link *l = &t->links[links[i]];
        if (l->upper == upper && !l->lower_port[0] && !l->upper_port[0])
            return links[i];
    }
    return TOPOLOGY_NONE;
}

/* True when the file has this cable; each of its links is found once. */
static bool confirm(struct comparison *c, const struct cable *cable)
{
    const uint32_t candidates[] = {link_at(c, &cable->ends[0]), link_at(c, &cable->ends[1]),
                                   unnamed_link(c, cable)};
    for (int i = 0; i < 3; i++) {
        uint32_t link = candidates[i];
        if (link == TOPOLOGY_NONE || c->states[link] == LINK_CONFIRMED || !agrees(c, cable, link))
            continue;
        c->states[link] = LINK_CONFIRMED;
        c->findings->confirmed_links++;
        return true;
    }
    return false;
}

static void confirm_all(struct comparison *c)
{
    size_t kept = 0;
    for (size_t i = 0; i < c->set.count; i++)
        if (!confirm(c, &c->set.cables[i]))
            c->set.cables[kept++] = c->set.cables[i];
    c->set.count = kept;
}

static char *end_text(const char *node, const char *port, char text[END_TEXT_BYTES])
{
    snprintf(text, END_TEXT_BYTES, port[0] ? "%s:%s" : "%s", node, port);
    return text;
}

/* The port `at` has a link in the file, which leads elsewhere. */
static int report_miswired(struct comparison *c, uint32_t link, const struct topology_end *at,
                           const struct topology_end *to)
{
    char here[END_TEXT_BYTES], there[END_TEXT_BYTES], filed[END_TEXT_BYTES];
    const struct topology_link *l = &c->topology->links[link];
    bool is_lower = strcmp(at->node, c->topology->nodes[l->lower].name) == 0;
    c->states[link] = LINK_MISWIRED;
    return topology_findings_add(c->findings, TOPOLOGY_MISWIRED, link, "%s is cabled to %s, the file says %s",
                                 end_text(at->node, at->port, here), end_text(to->node, to->port, there),
                                 end_text(c->topology->nodes[is_lower ? l->upper : l->lower].name,
                                          is_lower ? l->upper_port : l->lower_port, filed));
}

static int report_extra(struct comparison *c, const struct cable *cable)
{
    char one[END_TEXT_BYTES], other[END_TEXT_BYTES];
    const struct topology_end *ends = cable->ends;
    const char *unknown = NULL;
    for (int i = 0; i < 2 && !unknown; i++)
        if (topology_node_by_name(c->topology, ends[i].node) == TOPOLOGY_NONE)
            unknown = ends[i].node;
    end_text(ends[0].node, ends[0].port, one);
    end_text(ends[1].node, ends[1].port, other);
    if (unknown)
        return topology_findings_add(c->findings, TOPOLOGY_EXTRA, TOPOLOGY_NONE,
                                     "%s is cabled to %s, the file has no %s", one, other, unknown);
    return topology_findings_add(c->findings, TOPOLOGY_EXTRA, TOPOLOGY_NONE,
                                 "%s is cabled to %s, the file has no such link", one, other);
}

/* The end nearer to the hosts first, as the file's links are read. */
static int lower_end(const struct topology *t, const struct cable *cable)
{
    uint32_t one = topology_node_by_name(t, cable->ends[0].node),
             other = topology_node_by_name(t, cable->ends[1].node);
    return one == TOPOLOGY_NONE || (other != TOPOLOGY_NONE && t->nodes[other].kind < t->nodes[one].kind);
}

static int report_cable(struct comparison *c, const struct cable *cable)
{
    int low = lower_end(c->topology, cable);
    for (int i = 0; i < 2; i++) {
        const struct topology_end *at = &cable->ends[low ^ i];
        uint32_t link = link_at(c, at);
        if (link != TOPOLOGY_NONE && c->states[link] != LINK_CONFIRMED)
            return report_miswired(c, link, at, &cable->ends[!(low ^ i)]);
    }
    return report_extra(c, cable);
}

static int report_missing(struct comparison *c)
{
    const struct topology *t = c->topology;
    char lower[END_TEXT_BYTES], upper[END_TEXT_BYTES];
    int result = 0;
    for (uint32_t i = 0; i < t->link_count && result == 0; i++) {
        const struct topology_link *l = &t->links[i];
        if (c->states[i] != LINK_NOT_SEEN)
            continue;
        if (c->is_asked[l->lower] || c->is_asked[l->upper])
            result =
                topology_findings_add(c->findings, TOPOLOGY_MISSING, i,
                                      "%s and %s do not see each other, the file has a link between them",
                                      end_text(t->nodes[l->lower].name, l->lower_port, lower),
                                      end_text(t->nodes[l->upper].name, l->upper_port, upper));
        else
            c->findings->unseen_links++;
    }
    return result;
}

static int compare(struct comparison *c, const struct observed_cables *observed)
{
    int result = 0;
    for (size_t i = 0; i < observed_cables_node_count(observed); i++) {
        uint32_t node = topology_node_by_name(c->topology, observed_cables_node(observed, i));
        if (node != TOPOLOGY_NONE)
            c->is_asked[node] = true;
    }
    list_filed_ports(c);
    confirm_all(c);
    for (size_t i = 0; i < c->set.count && result == 0; i++)
        result = report_cable(c, &c->set.cables[i]);
    return result ? result : report_missing(c);
}

int topology_compare_cables(const struct topology *t, const struct observed_cables *observed,
                            struct topology_findings *findings)
{
    struct comparison c = {.topology = t,
                           .ports = calloc(2 * (size_t)t->link_count + 1, sizeof(*c.ports)),
                           .states = calloc(t->link_count + 1, sizeof(*c.states)),
                           .is_asked = calloc(t->node_count, sizeof(*c.is_asked)),
                           .findings = findings};
    int result = cable_set_create(&c.set, observed);
    if (result == 0 && (!c.ports || !c.states || !c.is_asked))
        result = -ENOMEM;
    if (result == 0)
        result = compare(&c, observed);
    free(c.ports);
    free(c.states);
    free(c.is_asked);
    cable_set_destroy(&c.set);
    return result;
}
