/* SPDX-License-Identifier: BSD-3-Clause */
#include "tools/lab/routing.h"

#include <errno.h>
#include <string.h>

#include "tools/lab/route.h"

static int routing_error(const struct namespace *node, struct lab_error *error, int status)
{
    return status ? lab_error_set(error, status, "routes of %s: %s", node->name, strerror(-status)) : 0;
}

static int routing_add_identity(const struct namespace *node, uint32_t address)
{
    return interface_add_address(node->netlink, INTERFACE_LOOPBACK_INDEX, address);
}

/* Whether `spine` leads from one leaf to another. */
static bool routing_path_is_up(struct fabric *fabric, unsigned from, unsigned spine, unsigned to)
{
    return fabric_link(fabric, from, spine)->up && fabric_link(fabric, to, spine)->up;
}

/* On leaf `from`: everything behind leaf `to`, over all spines that lead there. */
static int routing_set_leaf_to_leaf(struct fabric *fabric, unsigned from, unsigned to)
{
    struct route route = {
        .prefix = shape_leaf_prefix(to), .prefix_bits = 24, .source = shape_leaf_identity(from)};
    for (unsigned spine = 0; spine < fabric->shape.spines; spine++)
        if (routing_path_is_up(fabric, from, spine, to))
            route.hops[route.hop_count++] = (struct route_hop){
                .interface_index = fabric_link(fabric, from, spine)->sender[LINK_UPWARD].index,
                .gateway = shape_spine_identity(spine),
            };
    return route_replace(fabric->leaves[from].netlink, &route);
}

/* On the spine of a fabric link: everything behind its leaf; on the leaf: the spine itself. */
static int routing_set_link(struct fabric *fabric, const struct link *link)
{
    struct route down = {
        .prefix = shape_leaf_prefix(link->leaf),
        .prefix_bits = 24,
        .source = shape_spine_identity(link->far),
        .hop_count = link->up,
        .hops = {{link->sender[LINK_DOWNWARD].index, shape_leaf_identity(link->leaf)}},
    };
    struct route up = {
        .prefix = shape_spine_identity(link->far),
        .prefix_bits = 32,
        .source = shape_leaf_identity(link->leaf),
        .hop_count = link->up,
        .hops = {{link->sender[LINK_UPWARD].index, 0}},
    };
    int status = route_replace(fabric->spines[link->far].netlink, &down);
    return status ? status : route_replace(fabric->leaves[link->leaf].netlink, &up);
}

static int routing_set_host(struct fabric *fabric, unsigned host)
{
    const struct link *link = fabric_host_link(fabric, host);
    uint32_t address = shape_host_address(&fabric->shape, host);
    uint32_t gateway = shape_leaf_gateway(link->leaf);
    struct route to_host = {
        .prefix = address,
        .prefix_bits = 32,
        .source = shape_leaf_identity(link->leaf),
        .hop_count = link->up,
        .hops = {{link->sender[LINK_DOWNWARD].index, 0}},
    };
    struct route to_gateway = {.prefix = gateway,
                               .prefix_bits = 32,
                               .hop_count = link->up,
                               .hops = {{link->sender[LINK_UPWARD].index, 0}}};
    struct route to_all = {
        .hop_count = link->up, .hops = {{link->sender[LINK_UPWARD].index, gateway}}, .source = address};
    struct netlink *netlink = fabric->hosts[host].netlink;
    int status = route_replace(fabric->leaves[link->leaf].netlink, &to_host);
    if (status == 0)
        status = route_replace(netlink, &to_gateway);
    return status ? status : route_replace(netlink, &to_all);
}

static int routing_start_leaf(struct fabric *fabric, unsigned leaf, struct lab_error *error)
{
    const struct namespace *node = &fabric->leaves[leaf];
    int status = routing_add_identity(node, shape_leaf_identity(leaf));
    if (status == 0)
        status = routing_add_identity(node, shape_leaf_gateway(leaf));
    for (unsigned to = 0; to < fabric->shape.leaves && status == 0; to++)
        if (to != leaf)
            status = routing_set_leaf_to_leaf(fabric, leaf, to);
    return routing_error(node, error, status);
}

static int routing_start_spine(struct fabric *fabric, unsigned spine, struct lab_error *error)
{
    const struct namespace *node = &fabric->spines[spine];
    int status = routing_add_identity(node, shape_spine_identity(spine));
    for (unsigned leaf = 0; leaf < fabric->shape.leaves && status == 0; leaf++)
        status = routing_set_link(fabric, fabric_link(fabric, leaf, spine));
    return routing_error(node, error, status);
}

static int routing_start_host(struct fabric *fabric, unsigned host, struct lab_error *error)
{
    const struct link_end *end = &fabric_host_link(fabric, host)->sender[LINK_UPWARD];
    int status =
        interface_add_address(end->namespace->netlink, end->index, shape_host_address(&fabric->shape, host));
    if (status == 0)
        status = routing_set_host(fabric, host);
    return routing_error(end->namespace, error, status);
}

int routing_start(struct fabric *fabric, struct lab_error *error)
{
    int status = 0;
    for (unsigned i = 0; i < fabric->shape.leaves && status == 0; i++)
        status = routing_start_leaf(fabric, i, error);
    for (unsigned i = 0; i < fabric->shape.spines && status == 0; i++)
        status = routing_start_spine(fabric, i, error);
    for (unsigned i = 0; i < shape_hosts(&fabric->shape) && status == 0; i++)
        status = routing_start_host(fabric, i, error);
    return status;
}

int routing_on_link_changed(struct fabric *fabric, const struct link *link, struct lab_error *error)
{
    if (link->kind == LINK_OF_HOST)
        return routing_error(&fabric->hosts[link->far], error, routing_set_host(fabric, link->far));
    int status = routing_set_link(fabric, link);
    for (unsigned other = 0; other < fabric->shape.leaves && status == 0; other++) {
        if (other == link->leaf)
            continue;
        status = routing_set_leaf_to_leaf(fabric, link->leaf, other);
        if (status == 0)
            status = routing_set_leaf_to_leaf(fabric, other, link->leaf);
    }
    return routing_error(&fabric->leaves[link->leaf], error, status);
}
