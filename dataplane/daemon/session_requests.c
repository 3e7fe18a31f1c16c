/* SPDX-License-Identifier: BSD-3-Clause */
/* What applications ask on their socket. Each request checks what it was given, does the slow part here, has
 * the worker do its part by a command, and answers when the worker has. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include "dataplane/daemon/session.h"
#include "dataplane/daemon/session_server.h"
#include "dataplane/daemon/text.h"

static void answer_error(struct session *s, int status, const char *text)
{
    session_answer(s, &(struct session_answer){.status = status, .text = text});
}

static void answer_no_memory(struct session *s)
{
    answer_error(s, -ENOMEM, "the dataplane is out of memory");
}

/* A command for this session's worker side; NULL after answering that memory is short. */
static struct command *new_command(struct session *s, enum command_kind kind, void (*done)(struct command *))
{
    struct command *command = command_new(kind, done, s);
    if (!command)
        answer_no_memory(s);
    else
        command->session = s->worker_session;
    return command;
}

/* Takes what is of use from an answered command. */
static struct session *finish(struct command *command, int64_t *result)
{
    struct session *s = command->context;
    *result = command->result;
    command_free(command);
    return s;
}

/* ---- attach ---- */

static bool create_queue(struct session *s)
{
    if (shared_memory_create(&s->queue, "weft-queue", sizeof(struct app_queue)) != 0)
        return false;
    s->submission_doorbell = eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC);
    s->completion_doorbell = eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC);
    if (s->submission_doorbell < 0 || s->completion_doorbell < 0 ||
        worker_watch_doorbell(host_port_worker(s->port), s->submission_doorbell) != 0)
        return false;
    struct app_queue *queue = s->queue.base;
    queue->version = APP_QUEUE_VERSION;
    s->worker_session = worker_session_create(queue, s->completion_doorbell, s);
    return s->worker_session != NULL;
}

static void destroy_queue(struct session *s)
{
    worker_session_destroy(s->worker_session);
    s->worker_session = NULL;
    shared_memory_destroy(&s->queue);
    if (s->submission_doorbell >= 0) {
        worker_unwatch_doorbell(host_port_worker(s->port), s->submission_doorbell);
        close(s->submission_doorbell);
    }
    if (s->completion_doorbell >= 0)
        close(s->completion_doorbell);
    s->submission_doorbell = s->completion_doorbell = -1;
}

static void on_attached(struct command *command)
{
    int64_t result;
    struct session *s = finish(command, &result);
    if (result < 0) {
        destroy_queue(s);
        answer_error(s, (int)result, "too many applications are attached: at most 64 for each port");
        return;
    }
    if (s->state == SESSION_CONNECTED)
        s->state = SESSION_ATTACHED;
    log_info("session %u is %s, process %d, user %u, group %u", s->number, s->name, (int)s->peer.pid,
             s->peer.uid, s->peer.gid);
    int descriptors[] = {s->queue.descriptor, s->submission_doorbell, s->completion_doorbell};
    session_answer(s, &(struct session_answer){.descriptors = descriptors, .descriptor_count = 3});
    shared_memory_close(&s->queue);
}

/* What the operator sees, and telemetry quotes. */
static void take_name(struct session *s, const char name[SESSION_NAME_BYTES])
{
    memset(s->name, 0, sizeof(s->name));
    for (unsigned i = 0; i < sizeof(s->name) - 1 && name[i]; i++)
        s->name[i] = strchr("\"\\", name[i]) || name[i] < ' ' || name[i] > '~' ? '?' : name[i];
}

static void attach(struct session *s, const struct session_request *request)
{
    if (request->version != SESSION_VERSION) {
        answer_error(s, -EPROTO, "library and daemon are of different versions: install the same of both");
        return;
    }
    take_name(s, request->name);
    struct command *command = create_queue(s) ? command_new(COMMAND_ATTACH, on_attached, s) : NULL;
    if (!command) {
        destroy_queue(s);
        answer_no_memory(s);
        return;
    }
    command->session = s->worker_session;
    host_port_post(s->port, command);
}

/* ---- regions ---- */

static void on_region_added(struct command *command)
{
    int64_t result;
    struct session *s = finish(command, &result);
    struct session_region *region = s->work.region;
    if (result < 0) {
        answer_error(s, (int)result, "too many regions: at most 4095 for each port; make fewer, larger ones");
        return;
    }
    s->work.region = NULL;
    region->number = (uint32_t)result;
    s->region_bytes += region->memory.bytes;
    SLIST_INSERT_HEAD(&s->regions, region, link);
    session_answer(s, &(struct session_answer){.value = region->number,
                                               .descriptors = &region->memory.descriptor,
                                               .descriptor_count = 1});
    shared_memory_close(&region->memory);
}

static void create_region(struct session *s, const struct session_request *request)
{
    char text[SESSION_TEXT_BYTES];
    uint64_t most = session_server_config_now(s->server)->region_bytes_max;
    if (request->value == 0 || request->value > most - s->region_bytes || s->region_bytes > most) {
        snprintf(text, sizeof(text),
                 "a region of %llu bytes, beside %llu in use, is over region_bytes_max of the daemon (%llu)",
                 (unsigned long long)request->value, (unsigned long long)s->region_bytes,
                 (unsigned long long)most);
        answer_error(s, request->value == 0 ? -EINVAL : -EDQUOT, text);
        return;
    }
    struct session_region *region = calloc(1, sizeof(*region));
    if (!region || shared_memory_create(&region->memory, "weft-region", request->value) != 0) {
        free(region);
        answer_no_memory(s);
        return;
    }
    s->work.region = region;
    struct command *command = new_command(s, COMMAND_ADD_REGION, on_region_added);
    if (!command)
        return;
    command->region.base = region->memory.base;
    command->region.bytes = region->memory.bytes;
    host_port_post(s->port, command);
}

static void on_region_removed(struct command *command)
{
    uint32_t number = command->region.number;
    int64_t result;
    struct session *s = finish(command, &result);
    struct session_region *region;
    if (result < 0) {
        answer_error(s, (int)result,
                     result == -EBUSY ? "a transfer still uses the region: wait for it to end first"
                                      : "there is no such region in this session");
        return;
    }
    SLIST_FOREACH(region, &s->regions, link)
    if (region->number == number)
        break;
    if (region) {
        SLIST_REMOVE(&s->regions, region, session_region, link);
        s->region_bytes -= region->memory.bytes;
        s->work.region = region; /* freed with the request */
    }
    session_answer(s, &(struct session_answer){.value = number});
}

static void destroy_region(struct session *s, const struct session_request *request)
{
    struct command *command = new_command(s, COMMAND_REMOVE_REGION, on_region_removed);
    if (!command)
        return;
    command->region.number = request->value > UINT32_MAX ? UINT32_MAX : (uint32_t)request->value;
    host_port_post(s->port, command);
}

/* ---- communicators ---- */

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
    case SESSION_PATH_MODE_DEFAULT:
        break;
    }
    return session_server_config_now(s->server)->path_mode;
}

static void on_opened(struct command *command)
{
    int64_t result;
    struct session *s = finish(command, &result);
    struct session_communicator *communicator = s->work.communicator;
    if (result == -EEXIST) {
        answer_error(s, -EEXIST,
                     "this rank of a communicator of that identity is open already, or the dataplane's table "
                     "of communicators is full");
        return;
    }
    if (result < 0) {
        answer_error(s, (int)result, "too many communicators: at most 64 in one session");
        return;
    }
    s->work.communicator = NULL;
    communicator->handle = (uint32_t)result;
    SLIST_INSERT_HEAD(&s->communicators, communicator, link);
    session_answer(s, &(struct session_answer){.value = communicator->handle});
}

static void open_at_worker(struct session *s)
{
    const struct session_request *request = &s->work.request;
    const struct config *config = session_server_config_now(s->server);
    struct command *command = new_command(s, COMMAND_OPEN_COMMUNICATOR, on_opened);
    if (!command)
        return;
    command->open = (struct communicator_config){.identity = request->communicator,
                                                 .rank = request->rank,
                                                 .rank_count = request->rank_count,
                                                 .rank_peers = s->work.communicator->rank_peers,
                                                 .path_mode = path_mode_of(s, request->path_mode),
                                                 .hash_seed = request->hash_seed ? request->hash_seed
                                                                                 : config->hash_seed};
    host_port_post(s->port, command);
}

static void warn_of_silence(const struct session *s)
{
    const struct path_discovery *discovery = path_service_discovery(host_port_paths(s->port));
    unsigned shift = 32 - session_server_config_now(s->server)->leaf_prefix_bits;
    uint32_t own = host_port_address(s->port);
    char text[TEXT_ADDRESS_BYTES];
    for (uint32_t i = 0; i < s->work.request.rank_count; i++) {
        uint32_t address = s->work.addresses[i];
        if (address >> shift == own >> shift || path_discovery_was_answered(discovery, address))
            continue;
        log_warning("no router answers probes towards %s: one path to it until one does (do the routers send "
                    "ICMP time exceeded, unlimited in rate?)",
                    text_address(address, text));
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

static void on_peers_added(struct command *command)
{
    int64_t result;
    struct session *s = finish(command, &result);
    uint32_t count = s->work.request.rank_count;
    if (s->state == SESSION_ENDING) {
        session_answer(s, &(struct session_answer){.status = -ECANCELED});
        return;
    }
    if (result < 0) {
        answer_error(s, (int)result, "too many peers: raise `transport: {peers_max: }` of the daemon");
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
    if (path_service_add(host_port_paths(s->port), &peers) != 0) {
        answer_no_memory(s);
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
    char text[SESSION_TEXT_BYTES], at[TEXT_ADDRESS_BYTES], ours[TEXT_ADDRESS_BYTES];
    if (request->rank >= request->rank_count)
        snprintf(text, sizeof(text), "rank %u is not below the rank count of %u", request->rank,
                 request->rank_count);
    else if (request->path_mode > SESSION_PATH_MODE_WRAP)
        snprintf(text, sizeof(text), "there is no path mode %u", request->path_mode);
    else if (addresses[request->rank] != host_port_address(s->port))
        snprintf(text, sizeof(text), "rank %u is said to be at %s, but this host's port is %s", request->rank,
                 text_address(addresses[request->rank], at), text_address(host_port_address(s->port), ours));
    else
        return true;
    answer_error(s, -EINVAL, text);
    return false;
}

static void open_communicator(struct session *s, const struct session_request *request,
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
        answer_no_memory(s);
        return;
    }
    memcpy(s->work.addresses, addresses, count * sizeof(*addresses));
    struct command *command = new_command(s, COMMAND_ADD_PEERS, on_peers_added);
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
    struct session *s = finish(command, &result);
    struct session_communicator *communicator;
    if (result < 0) {
        answer_error(s, (int)result, "there is no such communicator in this session");
        return;
    }
    SLIST_FOREACH(communicator, &s->communicators, link)
    if (communicator->handle == handle)
        break;
    if (communicator) {
        SLIST_REMOVE(&s->communicators, communicator, session_communicator, link);
        s->work.communicator = communicator; /* freed with the request */
    }
    session_answer(s, &(struct session_answer){.value = handle});
}

static void close_communicator(struct session *s, const struct session_request *request)
{
    struct command *command = new_command(s, COMMAND_CLOSE_COMMUNICATOR, on_closed);
    if (!command)
        return;
    command->close = request->value > UINT32_MAX ? 0 : (uint32_t)request->value;
    host_port_post(s->port, command);
}

void session_serve(struct session *s, const struct session_request *request, const uint32_t *addresses)
{
    switch ((enum session_request_kind)request->kind) {
    case SESSION_ATTACH:
        attach(s, request);
        return;
    case SESSION_REGION_CREATE:
        create_region(s, request);
        return;
    case SESSION_REGION_DESTROY:
        destroy_region(s, request);
        return;
    case SESSION_COMMUNICATOR_OPEN:
        open_communicator(s, request, addresses);
        return;
    case SESSION_COMMUNICATOR_CLOSE:
        close_communicator(s, request);
        return;
    }
    answer_error(s, -EINVAL, "there is no such request");
}
