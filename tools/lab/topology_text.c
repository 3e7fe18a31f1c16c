/* SPDX-License-Identifier: BSD-3-Clause */
#include "tools/lab/topology_text.h"

#include <errno.h>
#include <stdlib.h>

#include "control/topology/builder.h"

static int add_switches(struct topology_builder *builder, const struct shape *shape,
                        const struct fabric *fabric, struct topology_error *error)
{
    int result = 0;
    for (unsigned i = 0; i < shape->leaves && result == 0; i++) {
        struct topology_node_entry leaf = {
            .name = fabric->leaves[i].name, .kind = TOPOLOGY_LEAF, .address = shape_leaf_identity(i)};
        result = topology_builder_add_node(builder, &leaf, error);
    }
    for (unsigned i = 0; i < shape->spines && result == 0; i++) {
        struct topology_node_entry spine = {
            .name = fabric->spines[i].name, .kind = TOPOLOGY_SPINE, .address = shape_spine_identity(i)};
        result = topology_builder_add_node(builder, &spine, error);
    }
    return result;
}

static int add_host(struct topology_builder *builder, const struct fabric *fabric, const struct link *link,
                    struct topology_error *error)
{
    struct topology_node_entry host = {.name = fabric->hosts[link->far].name, .kind = TOPOLOGY_HOST};
    struct topology_address_entry address = {.port = {host.name, link->sender[LINK_UPWARD].interface},
                                             .address = shape_host_address(&fabric->shape, link->far)};
    int result = topology_builder_add_node(builder, &host, error);
    return result ? result : topology_builder_add_address(builder, &address, error);
}

static int add_link(struct topology_builder *builder, const struct link *link, struct topology_error *error)
{
    const struct link_end *lower = &link->sender[LINK_UPWARD], *upper = &link->sender[LINK_DOWNWARD];
    struct topology_link_entry entry = {
        .ends = {{lower->namespace->name, lower->interface}, {upper->namespace->name, upper->interface}},
        .rate_bits_per_s = link->profile.rate_bps};
    return topology_builder_add_link(builder, &entry, error);
}

static int build(struct topology_builder *builder, const struct fabric *fabric, struct topology **topology,
                 struct topology_error *error)
{
    int result = add_switches(builder, &fabric->shape, fabric, error);
    for (unsigned i = 0; i < fabric->link_count && result == 0; i++) {
        const struct link *link = &fabric->links[i];
        if (link->kind == LINK_OF_HOST)
            result = add_host(builder, fabric, link, error);
        if (result == 0)
            result = add_link(builder, link, error);
    }
    return result ? result : topology_builder_finish(builder, topology, error);
}

static char *write_text(const struct topology *topology)
{
    char *text = NULL;
    size_t length;
    FILE *stream = open_memstream(&text, &length);
    int result = stream ? topology_write_yaml(topology, stream) : -ENOMEM;
    if (stream && fclose(stream) != 0)
        result = -ENOMEM;
    if (result == 0)
        return text;
    free(text);
    return NULL;
}

char *topology_text_create(const struct fabric *fabric, struct lab_error *error)
{
    struct topology_builder *builder = topology_builder_create();
    struct topology_error why = {.text = "out of memory"};
    struct topology *topology = NULL;
    char *text = NULL;
    if (builder && build(builder, fabric, &topology, &why) == 0)
        text = write_text(topology);
    if (!text)
        lab_error_set(error, -EINVAL, "topology: %.200s", topology ? "out of memory" : why.text);
    topology_free(topology);
    topology_builder_free(builder);
    return text;
}
