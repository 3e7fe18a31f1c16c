/* SPDX-License-Identifier: BSD-3-Clause */
/* What stands behind topology.h, and what the builder holds until it does: for the files of this folder. */
#ifndef WEFT_TOPOLOGY_MODEL_H
#define WEFT_TOPOLOGY_MODEL_H

#include <stdbool.h>

#include "control/topology/builder.h"
#include "control/topology/text_pool.h"

/* An address and whose it is. */
struct addressed {
    uint32_t address;
    bool of_switch;
    uint32_t index; /* of the port, or of the node */
    struct topology_position at;
};

struct topology {
    struct text_pool texts;
    struct topology_node *nodes;
    uint32_t node_count;
    uint32_t first_node[TOPOLOGY_KINDS + 1]; /* of each kind */
    uint32_t *nodes_by_name;
    struct topology_link *links;
    bool *is_parallel; /* links[i] is not the only one between its nodes */
    uint32_t link_count;
    uint32_t *links_up, *first_link_up; /* grouped by their lower node */
    struct topology_port *ports;
    uint32_t port_count;
    uint32_t *first_port; /* of each host, and one more */
    struct addressed *addresses;
    uint32_t address_count;
    uint32_t pod_count;
};

struct topology_builder {
    struct topology *topology; /* in the making: nodes in the order given until they are numbered */
    struct topology_position *node_at;
    struct topology_link_entry *links; /* links[i] is of topology->links[i] */
    struct topology_address_entry *addresses;
    uint32_t address_count;
    size_t node_room, link_room, address_room;
    uint32_t host_count;
};

/* The steps of topology_builder_finish(), in this order; each may use what those before it have made. */
int builder_number_nodes(struct topology_builder *builder, struct topology_error *error);
int builder_join_links(struct topology_builder *builder, struct topology_error *error);
int builder_check_duplicates(struct topology_builder *builder, struct topology_error *error);
int builder_assign_planes(struct topology_builder *builder, struct topology_error *error);
int builder_group_links(struct topology_builder *builder, struct topology_error *error);
int builder_number_ports(struct topology_builder *builder, struct topology_error *error);
int builder_assign_addresses(struct topology_builder *builder, struct topology_error *error);
int builder_find_pods(struct topology_builder *builder, struct topology_error *error);
int builder_check_reach(struct topology_builder *builder, struct topology_error *error);

/* The port of a host by its name; TOPOLOGY_NONE when there is none. */
uint32_t model_find_port(const struct topology *topology, uint32_t host, const char *port);

#endif
