/* SPDX-License-Identifier: BSD-3-Clause */
#include "dataplane/daemon/connection_table.h"

#include <errno.h>
#include <stdlib.h>

enum {
    PEERS_MAX = 65536
};

void connection_table_destroy(struct connection_table *table)
{
    for (unsigned i = 0; i < table->count; i++)
        connection_destroy(table->connections[i]);
    free(table->connections);
    free(table->peers);
}

static struct connection *find(const struct connection_table *table, const struct link_name *name)
{
    for (unsigned i = 0; i < table->count; i++) {
        const struct link_name *have = connection_name(table->connections[i]);
        if (have->address == name->address && have->path == name->path)
            return table->connections[i];
    }
    return NULL;
}

struct connection *connection_table_find_or_add(struct connection_table *table, const struct link_name *name)
{
    struct connection *c = find(table, name);
    if (c != NULL)
        return c;
    struct connection **list =
        reallocarray(table->connections, table->count + 1, sizeof(struct connection *));
    if (list == NULL)
        return NULL;
    table->connections = list;
    c = connection_create(&table->basis, name);
    if (c != NULL)
        table->connections[table->count++] = c;
    return c;
}

bool connection_table_has_peer(const struct connection_table *table, uint32_t address)
{
    for (unsigned i = 0; i < table->peer_count; i++)
        if (table->peers[i] == address)
            return true;
    return false;
}

int connection_table_add_peers(struct connection_table *table, const uint32_t *addresses, unsigned count)
{
    for (unsigned i = 0; i < count; i++) {
        if (connection_table_has_peer(table, addresses[i]) || addresses[i] == table->basis.address)
            continue;
        uint32_t *peers = reallocarray(table->peers, table->peer_count + 1, sizeof(*peers));
        if (peers == NULL || table->peer_count == PEERS_MAX)
            return -ENOMEM;
        table->peers = peers;
        table->peers[table->peer_count++] = addresses[i];
    }
    return 0;
}
