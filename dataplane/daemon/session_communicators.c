/* SPDX-License-Identifier: BSD-3-Clause */
/* Opening a communicator: its ranks' hosts become peers, next hops and paths to them are found, and only then
 * does the worker open it, so that its first step is split over the right paths. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "dataplane/daemon/link_service.h"
#include "dataplane/daemon/session_request.h"
#include "dataplane/daemon/session_server.h"
#include "dataplane/formats/address.h"

static enum path_mode path_mode_of(const struct session *s, uint32_t wanted)
{
    switch ((enum session_path_mode)wanted) {
    case SESSION_PATH_MODE_HASH:
        return PATH_MODE_HASH;
    case SESSION_PATH_MODE_SPRAY:
        return PATH_MODE_SPRAY;
    case SESSION_PATH_MODE_ETHEREAL:
        return PATH_MODE_ETHEREAL;
    case SESSION_PATH_MODE_WRAP:
        return PATH_MODE_WRAP;
    case SESSION_PATH_MODE_PLANNED:
        return PATH_MODE_PLANNED;
    case SESSION_PATH_MODE_REPS:
        return PATH_MODE_REPS;
    case SESSION_PATH_MODE_MPRDMA:
        return PATH_MODE_MPRDMA;
    case SESSION_PATH_MODE_DEFAULT:
        break;
    }
    return session_server_config_now(s->server)->path_mode;
}

static void on_opened(struct command *command)
{
    int64_t result;
    struct session *s = session_of_answer(command, &result);
    struct session_communicator *communicator = s->work.communicator;
    if (result == -EEXIST) {
        session_answer_error(
            s, -EEXIST,
            "this rank of a communicator of that identity is open already, or the dataplane's table "
            "of communicators is full");
        return;
    }
    if (result < 0) {
        session_answer_error(s, (int)result, "too many communicators: at most 64 in one session");
        return;
    }
    s->work.communicator = NULL;
    communicator->handle = (uint32_t)result;
    communicator->addresses = s->work.addresses;
    s->work.addresses = NULL;
    SLIST_INSERT_HEAD(&s->communicators, communicator, link);
    host_port_communicators_changed(s->port);
    session_answer(s, &(struct session_answer){.value = communicator->handle});
}

static void open_at_worker(struct session *s)
{
    const struct session_request *request = &s->work.request;
    const struct config *config = session_server_config_now(s->server);
    struct command *command = session_command(s, COMMAND_OPEN_COMMUNICATOR, on_opened);
    if (!command)
        return;
    struct session_communicator *communicator = s->work.communicator;
    communicator->identity = request->communicator;
    communicator->rank = request->rank;
    communicator->rank_count = request->rank_count;
    communicator->path_mode = path_mode_of(s, request->path_mode);
    command->open = (struct communicator_config){.identity = request->communicator,
                                                 .rank = request->rank,
                                                 .rank_count = request->rank_count,
                                                 .rank_peers = communicator->rank_peers,
                                                 .path_mode = communicator->path_mode,
                                                 .hash_seed = request->hash_seed ? request->hash_seed
                                                                                 : config->hash_seed};
    host_port_post(s->port, command);
}

static void warn_of_silence(const struct session *s)
{
    const struct path_discovery *discovery = path_service_discovery(host_port_paths(s->port));
    unsigned shift = 32 - session_server_config_now(s->server)->leaf_prefix_bits;
    uint32_t own = host_port_address(s->port);
    char text[ADDRESS_TEXT_BYTES];
    for (uint32_t i = 0; i < s->work.request.rank_count; i++) {
        uint32_t address = s->work.addresses[i];
        if (address >> shift == own >> shift || path_discovery_was_answered(discovery, address))
            continue;
        log_warning("no router answers probes towards %s: one path to it until one does (do the routers send "
                    "ICMP time exceeded, unlimited in rate?)",
                    address_text(address, text));
        return;
    }
}

static void on_paths_known(struct path_waiter *waiter)
{
    struct session *s = waiter->context;
    s->work.waits_for_paths = false;
    warn_of_silence(s);
    open_at_worker(s);
}

static bool add_to_links(struct session *s, unsigned count)
{
    struct link_service *links = host_port_links(s->port);
    return !links || link_service_add_peers(links, s->work.addresses, count) == 0;
}

static void on_peers_added(struct command *command)
{
    int64_t result;
    struct session *s = session_of_answer(command, &result);
    uint32_t count = s->work.request.rank_count;
    if (s->state == SESSION_ENDING) {
        session_answer(s, &(struct session_answer){.status = -ECANCELED});
        return;
    }
    if (result < 0) {
        session_answer_error(s, (int)result,
                             "too many peers: raise `transport: {peers_max: }` of the daemon");
        return;
    }
    struct path_peers peers = {.addresses = s->work.addresses,
                               .numbers = s->work.communicator->rank_peers,
                               .count = count,
                               .leaf_prefix_bits = session_server_config_now(s->server)->leaf_prefix_bits,
                               .own_address = host_port_address(s->port)};
    for (uint32_t i = 0; i < count; i++)
        if (peers.addresses[i] != peers.own_address)
            neighbours_resolve(host_port_neighbours(s->port), peers.addresses[i]);
    if (path_service_add(host_port_paths(s->port), &peers) != 0 || !add_to_links(s, count)) {
        session_answer_no_memory(s);
        return;
    }
    s->work.paths = (struct path_waiter){
        .addresses = s->work.addresses, .count = count, .ready = on_paths_known, .context = s};
    s->work.waits_for_paths = true;
    path_service_wait(host_port_paths(s->port), &s->work.paths);
}

static bool check_communicator(struct session *s, const struct session_request *request,
                               const uint32_t *addresses)
{
    char text[SESSION_TEXT_BYTES], at[ADDRESS_TEXT_BYTES], ours[ADDRESS_TEXT_BYTES];
    if (request->rank >= request->rank_count)
        snprintf(text, sizeof(text), "rank %u is not below the rank count of %u", request->rank,
                 request->rank_count);
    else if (request->path_mode > SESSION_PATH_MODE_MAX)
        snprintf(text, sizeof(text), "there is no path mode %u", request->path_mode);
    else if (addresses[request->rank] != host_port_address(s->port))
        snprintf(text, sizeof(text), "rank %u is said to be at %s, but this host's port is %s", request->rank,
                 address_text(addresses[request->rank], at), address_text(host_port_address(s->port), ours));
    else
        return true;
    session_answer_error(s, -EINVAL, text);
    return false;
}

void session_open_communicator(struct session *s, const struct session_request *request,
                               const uint32_t *addresses)
{
    uint32_t count = request->rank_count;
    if (!check_communicator(s, request, addresses))
        return;
    s->work.addresses = calloc(count, sizeof(s->work.addresses[0]));
    s->work.communicator = calloc(1, sizeof(*s->work.communicator));
    uint16_t *numbers = calloc(count, sizeof(*numbers));
    if (s->work.communicator)
        s->work.communicator->rank_peers = numbers;
    else
        free(numbers);
    if (!s->work.addresses || !s->work.communicator || !numbers) {
        session_answer_no_memory(s);
        return;
    }
    memcpy(s->work.addresses, addresses, count * sizeof(*addresses));
    struct command *command = session_command(s, COMMAND_ADD_PEERS, on_peers_added);
    if (!command)
        return;
    command->peers.addresses = s->work.addresses;
    command->peers.numbers = numbers;
    command->peers.count = count;
    command->peers.leaf_prefix_bits = session_server_config_now(s->server)->leaf_prefix_bits;
    host_port_post(s->port, command);
}

static void on_closed(struct command *command)
{
    uint32_t handle = command->close;
    int64_t result;
    struct session *s = session_of_answer(command, &result);
    struct session_communicator *communicator;
    if (result < 0) {
        session_answer_error(s, (int)result, "there is no such communicator in this session");
        return;
    }
    SLIST_FOREACH(communicator, &s->communicators, link)
    if (communicator->handle == handle)
        break;
    if (communicator) {
        SLIST_REMOVE(&s->communicators, communicator, session_communicator, link);
        s->work.communicator = communicator; /* freed with the request */
        host_port_communicators_changed(s->port);
    }
    session_answer(s, &(struct session_answer){.value = handle});
}

void session_close_communicator(struct session *s, const struct session_request *request)
{
    struct command *command = session_command(s, COMMAND_CLOSE_COMMUNICATOR, on_closed);
    if (!command)
        return;
    command->close = request->value > UINT32_MAX ? 0 : (uint32_t)request->value;
    host_port_post(s->port, command);
}
