/* SPDX-License-Identifier: BSD-3-Clause */
/* The core and what it stands on, as the configuration says: topology, store, overrides of diagnosis. */
#ifndef WEFT_CONTROL_CORE_PARTS_H
#define WEFT_CONTROL_CORE_PARTS_H

#include "control/core/core.h"
#include "control/server/config.h"

struct core_parts {
    struct topology *topology;
    struct store *store;
    struct core_link_override *overrides;
    struct core *core;
};

/* 0, or negative errno, and what is wrong has been logged; either way to be destroyed. `file` is the
 * configuration's, for the log. */
int core_parts_create(struct core_parts *parts, const char *file, const struct control_config *config,
                      uint64_t now_ns);
void core_parts_destroy(struct core_parts *parts);

#endif
