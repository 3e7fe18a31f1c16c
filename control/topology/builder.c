/* SPDX-License-Identifier: BSD-3-Clause */
#include "control/topology/builder.h"

#include <ctype.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "control/topology/array_room.h"
#include "control/topology/model.h"

struct topology_builder *topology_builder_create(void)
{
    struct topology_builder *builder = calloc(1, sizeof(*builder));
    struct topology *topology = calloc(1, sizeof(*topology));
    if (!builder || !topology) {
        free(builder);
        free(topology);
        return NULL;
    }
    builder->topology = topology;
    return builder;
}

void topology_builder_free(struct topology_builder *builder)
{
    if (!builder)
        return;
    topology_free(builder->topology);
    free(builder->node_at);
    free(builder->links);
    free(builder->addresses);
    free(builder);
}

static bool name_is_valid(const char *name, const char *also)
{
    size_t length = strlen(name);
    if (length == 0 || length >= TOPOLOGY_NAME_BYTES || !isalnum((unsigned char)name[0]))
        return false;
    for (const char *c = name; *c; c++)
        if ((unsigned char)*c > 127 || (!isalnum((unsigned char)*c) && !strchr(also, *c)))
            return false;
    return true;
}

bool topology_node_name_is_valid(const char *name)
{
    return name_is_valid(name, "._-");
}

bool topology_port_name_is_valid(const char *name)
{
    return name_is_valid(name, "._-/:");
}

/* A node and its position are in two arrays that are as long. */
static bool make_room_for_node(struct topology_builder *builder)
{
    struct topology *t = builder->topology;
    size_t room = builder->node_room;
    struct topology_node *nodes = array_with_room(t->nodes, t->node_count, &room, sizeof(*nodes));
    if (!nodes)
        return false;
    t->nodes = nodes;
    struct topology_position *at =
        array_with_room(builder->node_at, t->node_count, &builder->node_room, sizeof(*at));
    if (at)
        builder->node_at = at;
    return at;
}

static int check_node_count(const struct topology_builder *builder, const struct topology_node_entry *node,
                            struct topology_error *error)
{
    uint32_t switches = builder->topology->node_count - builder->host_count;
    if (node->kind == TOPOLOGY_HOST && builder->host_count == TOPOLOGY_PORTS_MAX)
        return topology_fail(error, node->at, "too_large", "more than %d hosts: no topology may have more",
                             TOPOLOGY_PORTS_MAX);
    if (node->kind != TOPOLOGY_HOST && switches == TOPOLOGY_SWITCHES_MAX)
        return topology_fail(error, node->at, "too_large", "more than %d switches: no topology may have more",
                             TOPOLOGY_SWITCHES_MAX);
    return 0;
}

static int check_address(uint32_t address, struct topology_position at, struct topology_error *error)
{
    uint32_t network = address >> 24;
    if (network != 0 && network != 127 && network < 224)
        return 0;
    return topology_fail(error, at, "bad_address",
                         "%u.%u.%u.%u is not the address of one host or router: use one such as 10.1.0.1",
                         network, address >> 16 & 255, address >> 8 & 255, address & 255);
}

static int check_node(const struct topology_builder *builder, const struct topology_node_entry *node,
                      struct topology_error *error)
{
    char quote[TOPOLOGY_QUOTE_BYTES];
    if (!topology_node_name_is_valid(node->name))
        return topology_fail(error, node->at, "bad_name",
                             "'%s' cannot name a node: use up to %d letters, digits and . _ -, "
                             "with a letter or digit first",
                             topology_quote(node->name, strlen(node->name), quote), TOPOLOGY_NAME_BYTES - 1);
    if (node->kind == TOPOLOGY_HOST && node->address)
        return topology_fail(error, node->at, "wrong_kind",
                             "%s is a host: it takes `addresses`, one for each port", node->name);
    int result = node->address ? check_address(node->address, node->at, error) : 0;
    return result ? result : check_node_count(builder, node, error);
}

int topology_builder_add_node(struct topology_builder *builder, const struct topology_node_entry *node,
                              struct topology_error *error)
{
    struct topology *t = builder->topology;
    int result = check_node(builder, node, error);
    if (result)
        return result;
    const char *name = text_pool_add(&t->texts, node->name);
    if (!name || !make_room_for_node(builder))
        return topology_fail_memory(error);
    builder->node_at[t->node_count] = node->at;
    t->nodes[t->node_count++] = (struct topology_node){.name = name,
                                                       .kind = node->kind,
                                                       .plane = TOPOLOGY_NONE,
                                                       .pod = TOPOLOGY_NONE,
                                                       .index_in_pod = TOPOLOGY_NONE,
                                                       .address = node->address};
    builder->host_count += node->kind == TOPOLOGY_HOST;
    return 0;
}

static int check_link(const struct topology_builder *builder, const struct topology_link_entry *link,
                      struct topology_error *error)
{
    char quote[TOPOLOGY_QUOTE_BYTES];
    for (int i = 0; i < 2; i++)
        if (link->ends[i].port[0] && !topology_port_name_is_valid(link->ends[i].port))
            return topology_fail(
                error, link->at, "bad_name",
                "'%s' cannot name a port: use up to %d letters, digits and . _ - / :, with a "
                "letter or digit first",
                topology_quote(link->ends[i].port, strlen(link->ends[i].port), quote),
                TOPOLOGY_NAME_BYTES - 1);
    if (link->rate_bits_per_s < TOPOLOGY_RATE_BITS_PER_S_MIN ||
        link->rate_bits_per_s > TOPOLOGY_RATE_BITS_PER_S_MAX)
        return topology_fail(error, link->at, "bad_rate", "a link's rate is from 10K to 10T, such as 400G");
    if (link->plane >= TOPOLOGY_PLANES_MAX)
        return topology_fail(error, link->at, "bad_plane", "a plane is a number from 0 to %d",
                             TOPOLOGY_PLANES_MAX - 1);
    if (builder->topology->link_count == TOPOLOGY_LINKS_MAX)
        return topology_fail(error, link->at, "too_large", "more than %d links: no topology may have more",
                             TOPOLOGY_LINKS_MAX);
    return 0;
}

static bool copy_end(struct text_pool *texts, struct topology_end *end)
{
    end->node = text_pool_add(texts, end->node);
    end->port = text_pool_add(texts, end->port);
    return end->node && end->port;
}

int topology_builder_add_link(struct topology_builder *builder, const struct topology_link_entry *link,
                              struct topology_error *error)
{
    struct topology *t = builder->topology;
    int result = check_link(builder, link, error);
    if (result)
        return result;
    struct topology_link_entry *links =
        array_with_room(builder->links, t->link_count, &builder->link_room, sizeof(*links));
    if (!links)
        return topology_fail_memory(error);
    builder->links = links;
    struct topology_link_entry *copy = &links[t->link_count];
    *copy = *link;
    if (!copy_end(&t->texts, &copy->ends[0]) || !copy_end(&t->texts, &copy->ends[1]))
        return topology_fail_memory(error);
    t->link_count++;
    return 0;
}

int topology_builder_add_address(struct topology_builder *builder,
                                 const struct topology_address_entry *address, struct topology_error *error)
{
    int result = check_address(address->address, address->at, error);
    if (result)
        return result;
    if (builder->address_count == TOPOLOGY_PORTS_MAX)
        return topology_fail(error, address->at, "too_large", "more than %d addresses of ports",
                             TOPOLOGY_PORTS_MAX);
    struct topology_address_entry *addresses = array_with_room(builder->addresses, builder->address_count,
                                                               &builder->address_room, sizeof(*addresses));
    if (!addresses)
        return topology_fail_memory(error);
    builder->addresses = addresses;
    struct topology_address_entry *copy = &addresses[builder->address_count];
    *copy = *address;
    if (!copy_end(&builder->topology->texts, &copy->port))
        return topology_fail_memory(error);
    builder->address_count++;
    return 0;
}

int topology_builder_finish(struct topology_builder *builder, struct topology **topology,
                            struct topology_error *error)
{
    static int (*const steps[])(struct topology_builder *, struct topology_error *) = {
        builder_number_nodes,     builder_join_links,  builder_check_duplicates,
        builder_assign_planes,    builder_group_links, builder_number_ports,
        builder_assign_addresses, builder_find_pods,   builder_check_reach,
    };
    int result = 0;
    *topology = NULL;
    for (size_t i = 0; i < sizeof(steps) / sizeof(*steps) && result == 0; i++)
        result = steps[i](builder, error);
    if (result == 0) {
        *topology = builder->topology;
        builder->topology = NULL;
    }
    return result;
}
