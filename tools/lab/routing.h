/* SPDX-License-Identifier: BSD-3-Clause */
/* What a routing protocol would do on the fabric's routers: addresses and routes of all nodes, and their
 * change when a link goes down or comes back. */
#ifndef WEFT_LAB_ROUTING_H
#define WEFT_LAB_ROUTING_H

#include "tools/lab/fabric.h"

/* All links are up. 0 or negative errno with `error`. */
int routing_start(struct fabric *fabric, struct lab_error *error);

/* The link's interfaces have gone down, or come up without their routes. 0 or negative errno with `error`. */
int routing_on_link_changed(struct fabric *fabric, const struct link *link, struct lab_error *error);

#endif
