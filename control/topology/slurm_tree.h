/* SPDX-License-Identifier: BSD-3-Clause */
/* The switches of Slurm's topology.conf, each with the tier that follows from what is below it. */
#ifndef WEFT_TOPOLOGY_SLURM_TREE_H
#define WEFT_TOPOLOGY_SLURM_TREE_H

#include <stdbool.h>

#include "control/topology/hostlist.h"
#include "control/topology/slurm_lines.h"
#include "control/topology/text_pool.h"
#include "control/topology/topology.h"

struct slurm_switch {
    const char *name;
    struct slurm_pair children; /* of Nodes, or of Switches */
    bool has_nodes;
    bool is_known; /* its kind is */
    enum topology_kind kind;
    struct topology_position at;
};

struct slurm_tree {
    struct slurm_switch *switches;  /* by name */
    struct slurm_switch **in_order; /* of the file */
    uint32_t count;
    size_t room;
    struct text_pool texts;
    struct topology_error *error;
};

/* Positions and lists are parts of `text`, which must outlive the tree. 0, or -EINVAL or -ENOMEM with
 * `error`; the tree is the caller's to destroy in any case. */
int slurm_tree_read(struct slurm_tree *tree, const char *file, const char *text,
                    struct topology_error *error);
void slurm_tree_destroy(struct slurm_tree *tree);

/* Calls `visit` for each node or switch below. 0, or what `visit` returned, or -EINVAL with the tree's error.
 */
int slurm_tree_visit(const struct slurm_tree *tree, const struct slurm_switch *parent, hostlist_visit visit,
                     void *context);

#endif
