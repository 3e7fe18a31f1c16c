/* SPDX-License-Identifier: BSD-3-Clause */
/* Control's topology, as it answers it. */
#ifndef WEFT_TOOLS_WEFT_TOPOLOGY_ANSWER_H
#define WEFT_TOOLS_WEFT_TOPOLOGY_ANSWER_H

#include <jansson.h>

#include "control/topology/topology.h"

/* It goes through the same gate as a file. 0, -EINVAL or -ENOMEM with `error`. */
int topology_answer_parse(const json_t *body, struct topology **topology, struct topology_error *error);

#endif
