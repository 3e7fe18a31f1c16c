/* SPDX-License-Identifier: BSD-3-Clause */
#include "dataplane/daemon/path_progress.h"

#include <stdlib.h>

struct path_progress {
    struct host_port *port;
    void (*refreshed)(void *context);
    void *context;
    bool under_way;
    struct command command;
    struct worker_snapshot snapshot;
    uint64_t *acked_bytes[UINT16_MAX + 1]; /* by peer, made when first heard of; by path */
};

static void take_channel(struct path_progress *p, const struct channel_info *channel)
{
    uint64_t **row = &p->acked_bytes[channel->peer];
    if (!*row)
        *row = calloc(PACKET_PATHS_MAX, sizeof(**row));
    if (*row && channel->path < PACKET_PATHS_MAX)
        (*row)[channel->path] = channel->acked_bytes;
}

static void on_snapshot(struct command *command)
{
    struct path_progress *p = command->context;
    for (unsigned i = 0; i < p->snapshot.channel_count; i++)
        take_channel(p, &p->snapshot.channels[i]);
    if (p->snapshot.first_channel != 0) {
        host_port_post(p->port, &p->command);
        return;
    }
    p->under_way = false;
    p->refreshed(p->context);
}

struct path_progress *path_progress_create(struct host_port *port, void (*refreshed)(void *context),
                                           void *context)
{
    struct path_progress *p = calloc(1, sizeof(*p));
    if (!p)
        return NULL;
    p->port = port;
    p->refreshed = refreshed;
    p->context = context;
    p->command = (struct command){
        .kind = COMMAND_SNAPSHOT, .done = on_snapshot, .context = p, .snapshot = &p->snapshot};
    return p;
}

void path_progress_destroy(struct path_progress *p)
{
    if (!p)
        return;
    for (unsigned peer = 0; peer <= UINT16_MAX; peer++)
        free(p->acked_bytes[peer]);
    free(p);
}

void path_progress_refresh(struct path_progress *p)
{
    if (p->under_way)
        return;
    p->under_way = true;
    host_port_post(p->port, &p->command);
}

uint64_t path_progress_acked_bytes(const struct path_progress *p, uint16_t peer, unsigned path)
{
    return p->acked_bytes[peer] ? p->acked_bytes[peer][path] : 0;
}
