/* SPDX-License-Identifier: BSD-3-Clause */
/* The connections of an RDMA NIC, by peer and path; and who may have one. */
#ifndef WEFT_DAEMON_CONNECTION_TABLE_H
#define WEFT_DAEMON_CONNECTION_TABLE_H

#include "dataplane/daemon/connection.h"

struct connection_table {
    struct connection_basis basis; /* of all; filled in before the first is added */
    struct connection **connections;
    unsigned count;
    uint32_t *peers;
    unsigned peer_count;
};

/* All zero is an empty one. The worker must have ended. */
void connection_table_destroy(struct connection_table *table);
/* NULL when memory is short. */
struct connection *connection_table_find_or_add(struct connection_table *table, const struct link_name *name);

/* These may connect with us. 0 or -ENOMEM. */
int connection_table_add_peers(struct connection_table *table, const uint32_t *addresses, unsigned count);
bool connection_table_has_peer(const struct connection_table *table, uint32_t address);

#endif
