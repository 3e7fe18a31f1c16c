/* SPDX-License-Identifier: BSD-3-Clause */
#include <errno.h>

#include "dataplane/daemon/worker_links.h"
#include "dataplane/daemon/worker_trace.h"
#include "dataplane/formats/timing.h"

enum {
    COMMANDS_A_ROUND = 16,
    SNAPSHOT_SCAN_MAX = 4096 /* channel indices looked at by one snapshot */
};

static int attach(struct worker *w, struct worker_session *session)
{
    for (unsigned slot = 0; slot < WORKER_SESSIONS_MAX; slot++) {
        if (w->sessions[slot])
            continue;
        w->sessions[slot] = session;
        if (slot >= w->session_end)
            w->session_end = slot + 1;
        session->slot = slot;
        session->submissions.owner = slot;
        session->submissions.regions = &w->regions;
        return 0;
    }
    return -ENOSPC;
}

static void close_communicator(struct worker *w, struct communicator *communicator, bool dead)
{
    transport_close_communicator(w->config.transport, communicator->number, dead, w->now);
}

static void begin_detach(struct worker *w, struct command *command)
{
    struct worker_session *session = command->session;
    session->detach = command;
    for (unsigned i = 0; i < SESSION_COMMUNICATORS_MAX; i++) {
        struct communicator *communicator = &session->communicators.slots[i];
        if (communicator->handle != 0 && !communicator->close) {
            worker_trace_closed(w, communicator);
            close_communicator(w, communicator, true);
        }
    }
}

static int64_t add_region(struct worker *w, const struct command *command)
{
    uint32_t number =
        region_table_add(&w->regions, command->session->slot, command->region.base, command->region.bytes);
    if (number != REGION_NONE)
        worker_links_add_region(w, number, &command->region.keys);
    return number == REGION_NONE ? -ENOSPC : (int64_t)number;
}

static int64_t add_peers(struct worker *w, const struct command *command)
{
    for (unsigned i = 0; i < command->peers.count; i++) {
        uint32_t address = command->peers.addresses[i];
        uint32_t leaf = address >> (32 - command->peers.leaf_prefix_bits);
        int number = transport_add_peer(w->config.transport, address, leaf);
        if (number < 0)
            return -ENOSPC;
        command->peers.numbers[i] = (uint16_t)number;
    }
    return 0;
}

static int64_t open_communicator(struct worker *w, struct command *command)
{
    struct communicator_table *table = &command->session->communicators;
    uint32_t handle = communicator_table_next_handle(table);
    if (handle == 0)
        return -ENOSPC;
    command->open.owner = command->session->slot;
    command->open.owner_handle = handle;
    int number = transport_open_communicator(w->config.transport, &command->open, w->now);
    if (number < 0)
        return -EEXIST;
    struct communicator *communicator = communicator_table_add(table, handle);
    communicator->number = (uint32_t)number;
    communicator->identity = command->open.identity;
    communicator->rank = command->open.rank;
    communicator->rank_count = command->open.rank_count;
    worker_trace_opened(w, communicator);
    return handle;
}

/* What was submitted before belongs to the communicator still, so it is taken first. */
static void begin_close(struct worker *w, struct command *command)
{
    struct communicator *communicator;
    worker_take_session(w, command->session);
    if (communicator_table_find(&command->session->communicators, command->close, &communicator) !=
        COMMUNICATOR_OPEN) {
        worker_answer(w, command, -ENOENT);
        return;
    }
    communicator->close = command;
    command->session->closing++;
    close_communicator(w, communicator, false);
}

static void take_snapshot(struct worker *w, struct worker_snapshot *s)
{
    bool exists = false;
    unsigned index = s->first_channel, end = index + SNAPSHOT_SCAN_MAX;
    s->channel_count = 0;
    s->first_channel = 0;
    for (; transport_get_channel(w->config.transport, index, &s->channels[s->channel_count], &exists);
         index++) {
        s->channel_count += exists;
        if (s->channel_count == SNAPSHOT_CHANNELS_MAX || index + 1 == end) {
            s->first_channel = index + 1;
            break;
        }
    }
    transport_get_counters(w->config.transport, &s->transport);
    port_get_counters(w->config.port, &s->port);
    s->transfers = w->transfers.used;
    s->transfers_max = w->transfers.capacity;
    s->rounds = w->rounds;
    s->sleeps = w->sleeps;
    s->notices_lost = w->notices_lost;
    s->loopback_packets = w->loopback_packets;
    s->has_links = worker_links_get_counters(w, &s->links);
}

/* A frame that the port has not taken yet may be the last retransmission of a message that has ended
 * meanwhile, and point into the region: such frames are dropped, as the network might have dropped them. */
static int64_t remove_region(struct worker *w, const struct command *command)
{
    if (worker_links_use_region(w, command->region.number))
        return -EBUSY;
    int64_t result = region_table_remove(&w->regions, command->session->slot, command->region.number);
    if (result != 0)
        return result;
    w->frame_first = w->frame_count;
    worker_links_forget_region(w, command->region.number);
    return 0;
}

static void set_paths(struct worker *w, const struct path_change *change)
{
    transport_set_paths(w->config.transport, change->peer, change->entries, change->count, w->now);
}

void worker_number_spines(struct worker *w, const struct path_plan *plan)
{
    w->plan_epoch = plan ? plan->view.header->epoch : 0;
    for (unsigned path = 0; path < PACKET_PATHS_MAX; path++)
        w->spine_of_path[path] = plan ? TIMING_PATH_NONE : (uint16_t)path;
    for (uint32_t spine = 0; plan && spine < plan->view.header->spine_count; spine++)
        if (plan->path_of_spine[spine] < PACKET_PATHS_MAX)
            w->spine_of_path[plan->path_of_spine[spine]] = (uint16_t)spine;
}

static void use_plan(struct worker *w, const struct path_plan *plan)
{
    transport_use_plan(w->config.transport, plan);
    worker_number_spines(w, plan);
}

static int64_t time_path(struct worker *w, const struct command *command)
{
    bool sent = transport_time_path(w->config.transport, command->time_path.peer, command->time_path.path,
                                    command->time_path.cookie, w->now);
    return sent ? 0 : -ENOENT;
}

static void do_command(struct worker *w, struct command *command)
{
    int64_t result = 0;
    switch (command->kind) {
    case COMMAND_DETACH:
        begin_detach(w, command);
        return;
    case COMMAND_CLOSE_COMMUNICATOR:
        begin_close(w, command);
        return;
    case COMMAND_ATTACH:
        result = attach(w, command->session);
        break;
    case COMMAND_ADD_REGION:
        result = add_region(w, command);
        break;
    case COMMAND_REMOVE_REGION:
        result = remove_region(w, command);
        break;
    case COMMAND_ADD_PEERS:
        result = add_peers(w, command);
        break;
    case COMMAND_OPEN_COMMUNICATOR:
        result = open_communicator(w, command);
        break;
    case COMMAND_SET_PATHS:
        set_paths(w, &command->paths);
        break;
    case COMMAND_SEND_PROBES:
        worker_send_probes(w, command->probes.probes, command->probes.count);
        break;
    case COMMAND_TIME_PATH:
        result = time_path(w, command);
        break;
    case COMMAND_SET_NEXT_HOP:
        port_set_next_hop(w->config.port, command->next_hop.destination, command->next_hop.ethernet);
        break;
    case COMMAND_TAKE_LINK:
    case COMMAND_BREAK_LINK:
    case COMMAND_END_LINK:
        result = worker_links_command(w, command);
        break;
    case COMMAND_USE_PLAN:
        use_plan(w, command->plan);
        break;
    case COMMAND_SNAPSHOT:
        take_snapshot(w, command->snapshot);
        break;
    }
    worker_answer(w, command, result);
}

unsigned worker_do_commands(struct worker *w)
{
    struct command *command;
    unsigned count = 0;
    for (; count < COMMANDS_A_ROUND && mailbox_take(w->commands, &command); count++)
        do_command(w, command);
    return count;
}

static void answer_closed(struct worker *w, struct worker_session *session)
{
    for (unsigned i = 0; i < SESSION_COMMUNICATORS_MAX; i++) {
        struct communicator *communicator = &session->communicators.slots[i];
        if (!communicator->close || communicator->transfers > 0)
            continue;
        worker_trace_closed(w, communicator);
        worker_answer(w, communicator->close, 0);
        communicator_table_remove(&session->communicators, communicator);
        session->closing--;
    }
}

static void remove_regions(struct worker *w, uint32_t owner)
{
    for (uint32_t i = 0; i < REGIONS_MAX; i++)
        if (w->regions.regions[i].base && w->regions.regions[i].owner == owner)
            worker_links_forget_region(w, i);
    region_table_remove_owner(&w->regions, owner);
}

/* A frame that the port has not taken yet points into some application's memory; so may work of a NIC. */
static void answer_detached(struct worker *w, struct worker_session *session)
{
    if (!session->detach || session->transfers > 0 || w->frame_first < w->frame_count ||
        worker_links_use_region_of(w, session->slot))
        return;
    remove_regions(w, session->slot);
    w->sessions[session->slot] = NULL;
    worker_answer(w, session->detach, 0);
}

void worker_answer_waiting(struct worker *w)
{
    for (unsigned slot = 0; slot < w->session_end; slot++) {
        struct worker_session *session = w->sessions[slot];
        if (!session)
            continue;
        if (session->closing > 0)
            answer_closed(w, session);
        answer_detached(w, session);
    }
}
