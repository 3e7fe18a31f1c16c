/* SPDX-License-Identifier: BSD-3-Clause */
/* The routers that have answered this host's dataplane on their way up. */
#ifndef WEFT_TOOLS_WEFT_HEARD_ROUTERS_H
#define WEFT_TOOLS_WEFT_HEARD_ROUTERS_H

#include "control/topology/compare.h"
#include "tools/weft/command.h"

enum {
    HEARD_ROUTERS_MAX = 4096
};

/* Each pair of port and router once. */
struct heard_routers {
    struct observed_hop hops[HEARD_ROUTERS_MAX];
    size_t count;
};

/* From the first port's catalogue of paths. Says on stderr what is wrong. */
enum exit_status heard_routers_ask(const struct invocation *invocation, struct heard_routers *heard);

#endif
