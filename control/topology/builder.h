/* SPDX-License-Identifier: BSD-3-Clause */
/* How a topology comes to be, whatever it is read from: nodes, links and addresses in any order, then all
 * checks. */
#ifndef WEFT_TOPOLOGY_BUILDER_H
#define WEFT_TOPOLOGY_BUILDER_H

#include <stdbool.h>

#include "control/topology/topology.h"

struct topology_builder;

/* What is given is copied, but for the name of the file in `at`, which must outlive the builder. */
struct topology_node_entry {
    const char *name;
    enum topology_kind kind;
    uint32_t address; /* of a switch; 0: not known */
    struct topology_position at;
};

struct topology_end {
    const char *node, *port; /* port "": not known */
};

struct topology_link_entry {
    struct topology_end ends[2]; /* in either order */
    uint64_t rate_bits_per_s;
    uint32_t plane;
    struct topology_position at;
};

struct topology_address_entry {
    struct topology_end port; /* of a host */
    uint32_t address;
    struct topology_position at;
};

struct topology_builder *topology_builder_create(void); /* NULL: no memory */
void topology_builder_free(struct topology_builder *builder);

/* 0, or -EINVAL or -ENOMEM with `error`. */
int topology_builder_add_node(struct topology_builder *builder, const struct topology_node_entry *node,
                              struct topology_error *error);
int topology_builder_add_link(struct topology_builder *builder, const struct topology_link_entry *link,
                              struct topology_error *error);
int topology_builder_add_address(struct topology_builder *builder,
                                 const struct topology_address_entry *address, struct topology_error *error);

/* The topology of all that was added. 0, or -EINVAL or -ENOMEM with `error`; the builder can only be freed
 * then. */
int topology_builder_finish(struct topology_builder *builder, struct topology **topology,
                            struct topology_error *error);

/* Letters, digits and . _ - with a letter or digit first; ports also with / and : inside. */
bool topology_node_name_is_valid(const char *name);
bool topology_port_name_is_valid(const char *name);

#endif
