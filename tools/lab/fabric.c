/* SPDX-License-Identifier: BSD-3-Clause */
#include "tools/lab/fabric.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "tools/lab/routing.h"

struct setting {
    const char *name, *value;
};

/* Before any interface exists, so that `default` counts for all. ICMP errors are not rate-limited: probes
 * live on them. */
static const struct setting common_settings[] = {
    {"ipv6/conf/all/disable_ipv6", "1"},   {"ipv6/conf/default/disable_ipv6", "1"},
    {"ipv4/conf/all/rp_filter", "0"},      {"ipv4/conf/default/rp_filter", "0"},
    {"ipv4/conf/all/send_redirects", "0"}, {"ipv4/conf/default/send_redirects", "0"},
    {"ipv4/icmp_ratemask", "0"},
};
static const struct setting router_settings[] = {
    {"ipv4/ip_forward", "1"},
    {"ipv4/fib_multipath_hash_policy", "1"},
};

static int settings_apply(const struct setting *settings, size_t count, struct lab_error *error)
{
    for (size_t i = 0; i < count; i++) {
        int status = namespace_set(settings[i].name, settings[i].value, error);
        if (status && !(status == -ENOENT && strncmp(settings[i].name, "ipv6/", 5) == 0))
            return status;
    }
    return 0;
}

static int nodes_create(struct namespace **nodes, const char *kind, unsigned count, struct lab_error *error)
{
    *nodes = calloc(count, sizeof(**nodes));
    if (!*nodes)
        return lab_error_set(error, -ENOMEM, "out of memory");
    for (unsigned i = 0; i < count; i++) {
        char name[NAMESPACE_NAME_BYTES];
        snprintf(name, sizeof(name), "%s%u", kind, i);
        int status = namespace_create(&(*nodes)[i], name, error);
        if (status == 0)
            status =
                settings_apply(common_settings, sizeof(common_settings) / sizeof(*common_settings), error);
        if (status == 0 && strcmp(kind, "host") != 0)
            status =
                settings_apply(router_settings, sizeof(router_settings) / sizeof(*router_settings), error);
        if (status)
            return status;
    }
    return 0;
}

struct link *fabric_link(struct fabric *fabric, unsigned leaf, unsigned spine)
{
    return &fabric->links[leaf * fabric->shape.spines + spine];
}

struct link *fabric_host_link(struct fabric *fabric, unsigned host)
{
    return &fabric->links[fabric_link_count(fabric) + host];
}

unsigned fabric_link_count(const struct fabric *fabric)
{
    return fabric->shape.leaves * fabric->shape.spines;
}

/* Names the link, its ends and their interfaces; `upper` is nearer to the spines than `lower`. */
static void link_describe(struct link *link, struct namespace *lower, struct namespace *upper,
                          unsigned number)
{
    bool of_host = link->kind == LINK_OF_HOST;
    snprintf(link->name, sizeof(link->name), "%s-%s", of_host ? upper->name : lower->name,
             of_host ? lower->name : upper->name);
    link->sender[LINK_UPWARD] = (struct link_end){.namespace = lower, .index = 2 * number};
    link->sender[LINK_DOWNWARD] = (struct link_end){.namespace = upper, .index = 2 * number + 1};
    snprintf(link->sender[LINK_UPWARD].interface, INTERFACE_NAME_BYTES, "%s", of_host ? "eth0" : upper->name);
    snprintf(link->sender[LINK_DOWNWARD].interface, INTERFACE_NAME_BYTES, "%s", lower->name);
}

static void links_describe(struct fabric *fabric, const struct fabric_profile *profile)
{
    for (unsigned i = 0; i < fabric->link_count; i++) {
        struct link *link = &fabric->links[i];
        unsigned host = i - fabric_link_count(fabric);
        link->program = fabric->program;
        link->kind = i < fabric_link_count(fabric) ? LINK_OF_FABRIC : LINK_OF_HOST;
        bool of_host = link->kind == LINK_OF_HOST;
        link->leaf = of_host ? shape_leaf_of_host(&fabric->shape, host) : i / fabric->shape.spines;
        link->far = of_host ? host : i % fabric->shape.spines;
        link->profile = of_host ? profile->host_link : profile->fabric_link;
        struct namespace *leaf = &fabric->leaves[link->leaf];
        link_describe(link, of_host ? &fabric->hosts[link->far] : leaf,
                      of_host ? leaf : &fabric->spines[link->far], i + 1);
    }
}

static int links_create(struct fabric *fabric, const struct fabric_profile *profile, struct lab_error *error)
{
    fabric->link_count = fabric_link_count(fabric) + shape_hosts(&fabric->shape);
    fabric->links = calloc(fabric->link_count, sizeof(*fabric->links));
    if (!fabric->links)
        return lab_error_set(error, -ENOMEM, "out of memory");
    int status = link_program_load(&fabric->program, 2 * (fabric->link_count + 1), error);
    if (status)
        return status;
    links_describe(fabric, profile);
    for (unsigned i = 0; i < fabric->link_count && status == 0; i++)
        status = link_create(&fabric->links[i], fabric->home.netlink, error);
    return status;
}

int fabric_create(struct fabric *fabric, const struct fabric_profile *profile, struct lab_error *error)
{
    memset(fabric, 0, sizeof(*fabric));
    fabric->shape = profile->shape;
    int status = namespace_open_current(&fabric->home, "lab", error);
    if (status == 0)
        status = nodes_create(&fabric->leaves, "leaf", fabric->shape.leaves, error);
    if (status == 0)
        status = nodes_create(&fabric->spines, "spine", fabric->shape.spines, error);
    if (status == 0)
        status = nodes_create(&fabric->hosts, "host", shape_hosts(&fabric->shape), error);
    if (status == 0)
        status = links_create(fabric, profile, error);
    if (status == 0)
        status = routing_start(fabric, error);
    if (status == 0 && (status = namespace_enter(&fabric->home)))
        lab_error_set(error, status, "returning to the lab's namespace: %s", strerror(-status));
    return status;
}

struct link *fabric_find_link(struct fabric *fabric, const char *name)
{
    for (unsigned i = 0; i < fabric->link_count; i++)
        if (strcmp(fabric->links[i].name, name) == 0)
            return &fabric->links[i];
    return NULL;
}

struct namespace *fabric_find_host(struct fabric *fabric, const char *name, unsigned *host)
{
    for (*host = 0; *host < shape_hosts(&fabric->shape); ++*host)
        if (strcmp(fabric->hosts[*host].name, name) == 0)
            return &fabric->hosts[*host];
    return NULL;
}

int fabric_set_link_up(struct fabric *fabric, struct link *link, bool up, struct lab_error *error)
{
    int status = link_set_up(link, up, error);
    return status ? status : routing_on_link_changed(fabric, link, error);
}

static int nodes_get_counters(struct namespace *nodes, unsigned count, struct interface_counters *counters,
                              unsigned counters_end)
{
    int status = 0;
    for (unsigned i = 0; i < count && status == 0; i++)
        status = interface_get_counters(nodes[i].netlink, counters, counters_end);
    return status;
}

static int link_sum_counters(const struct link *link, const struct interface_counters *by_index,
                             struct link_counters *counters)
{
    memset(counters, 0, sizeof(*counters));
    for (unsigned i = 0; i < LINK_DIRECTIONS; i++) {
        struct link_state state;
        counters->sent[i] = by_index[link->sender[i].index];
        int status = link_program_get_state(link->program, link->sender[i].index, &state);
        if (status)
            return status;
        counters->dropped_packets += counters->sent[i].dropped_packets + state.dropped_packets;
        counters->marked_packets += state.marked_packets;
    }
    return 0;
}

int fabric_get_counters(struct fabric *fabric, struct link_counters *counters, struct lab_error *error)
{
    unsigned index_end = 2 * (fabric->link_count + 1);
    struct interface_counters *by_index = calloc(index_end, sizeof(*by_index));
    int status = by_index ? 0 : -ENOMEM;
    if (status == 0)
        status = nodes_get_counters(fabric->leaves, fabric->shape.leaves, by_index, index_end);
    if (status == 0)
        status = nodes_get_counters(fabric->spines, fabric->shape.spines, by_index, index_end);
    if (status == 0)
        status = nodes_get_counters(fabric->hosts, shape_hosts(&fabric->shape), by_index, index_end);
    for (unsigned i = 0; i < fabric->link_count && status == 0; i++)
        status = link_sum_counters(&fabric->links[i], by_index, &counters[i]);
    free(by_index);
    return status ? lab_error_set(error, status, "counters: %s", strerror(-status)) : 0;
}
