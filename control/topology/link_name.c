/* SPDX-License-Identifier: BSD-3-Clause */
/* Links by their names. A host's link is named from the leaf, every other from the lower switch. */
#include <string.h>

#include "control/topology/model.h"

char *topology_link_name(const struct topology *t, uint32_t link, char name[TOPOLOGY_LINK_NAME_BYTES])
{
    const struct topology_link *l = topology_link(t, link);
    bool of_host = t->nodes[l->lower].kind == TOPOLOGY_HOST;
    const char *first = t->nodes[of_host ? l->upper : l->lower].name;
    const char *second = t->nodes[of_host ? l->lower : l->upper].name;
    if (t->is_parallel[link])
        snprintf(name, TOPOLOGY_LINK_NAME_BYTES, "%s:%s-%s:%s", first,
                 of_host ? l->upper_port : l->lower_port, second, of_host ? l->lower_port : l->upper_port);
    else
        snprintf(name, TOPOLOGY_LINK_NAME_BYTES, "%s-%s", first, second);
    return name;
}

/* Splits "node:port"; false when either part cannot be a name. */
static bool split_end(const char *text, size_t length, char node[TOPOLOGY_NAME_BYTES],
                      char port[TOPOLOGY_NAME_BYTES])
{
    const char *colon = memchr(text, ':', length);
    size_t node_length = colon ? (size_t)(colon - text) : length;
    size_t port_length = colon ? length - node_length - 1 : 0;
    if (node_length == 0 || node_length >= TOPOLOGY_NAME_BYTES || port_length >= TOPOLOGY_NAME_BYTES)
        return false;
    memcpy(node, text, node_length);
    memcpy(port, colon ? colon + 1 : text, port_length);
    node[node_length] = port[port_length] = '\0';
    return true;
}

struct named_end {
    char node[TOPOLOGY_NAME_BYTES], port[TOPOLOGY_NAME_BYTES];
};

/* A port that is not named may be any, if no choice is left. */
static bool fits(const struct topology *t, uint32_t link, const char *lower_port, const char *upper_port)
{
    const struct topology_link *l = &t->links[link];
    if (lower_port[0] && strcmp(l->lower_port, lower_port) != 0)
        return false;
    if (upper_port[0] && strcmp(l->upper_port, upper_port) != 0)
        return false;
    return lower_port[0] || upper_port[0] || !t->is_parallel[link];
}

static uint32_t find_named(const struct topology *t, const struct named_end *one,
                           const struct named_end *other)
{
    uint32_t a = topology_node_by_name(t, one->node), b = topology_node_by_name(t, other->node), count;
    if (a == TOPOLOGY_NONE || b == TOPOLOGY_NONE)
        return TOPOLOGY_NONE;
    bool is_up = t->nodes[a].kind < t->nodes[b].kind;
    const struct named_end *lower = is_up ? one : other, *upper = is_up ? other : one;
    const uint32_t *links = topology_links_up(t, is_up ? a : b, &count);
    for (uint32_t i = 0; i < count; i++)
        if (t->links[links[i]].upper == (is_up ? b : a) && fits(t, links[i], lower->port, upper->port))
            return links[i];
    return TOPOLOGY_NONE;
}

uint32_t topology_link_by_name(const struct topology *t, const char *name)
{
    struct named_end one, other;
    size_t length = strlen(name);
    if (length >= TOPOLOGY_LINK_NAME_BYTES)
        return TOPOLOGY_NONE;
    for (const char *dash = strchr(name, '-'); dash; dash = strchr(dash + 1, '-')) {
        size_t before = (size_t)(dash - name);
        if (!split_end(name, before, one.node, one.port) ||
            !split_end(dash + 1, length - before - 1, other.node, other.port))
            continue;
        uint32_t link = find_named(t, &one, &other);
        if (link != TOPOLOGY_NONE)
            return link;
    }
    return TOPOLOGY_NONE;
}
