/* SPDX-License-Identifier: BSD-3-Clause */
/* What applications ask on their socket. Each request checks what it was given, does the slow part here, has
 * the worker do its part by a command, and answers when the worker has. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include "dataplane/daemon/link_service.h"
#include "dataplane/daemon/session_request.h"
#include "dataplane/daemon/session_server.h"

void session_answer_error(struct session *s, int status, const char *text)
{
    session_answer(s, &(struct session_answer){.status = status, .text = text});
}

void session_answer_no_memory(struct session *s)
{
    session_answer_error(s, -ENOMEM, "the dataplane is out of memory");
}

struct command *session_command(struct session *s, enum command_kind kind, void (*done)(struct command *))
{
    struct command *command = command_new(kind, done, s);
    if (!command)
        session_answer_no_memory(s);
    else
        command->session = s->worker_session;
    return command;
}

struct session *session_of_answer(struct command *command, int64_t *result)
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
    struct session *s = session_of_answer(command, &result);
    if (result < 0) {
        destroy_queue(s);
        session_answer_error(s, (int)result, "too many applications are attached: at most 64 for each port");
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
        session_answer_error(s, -EPROTO,
                             "library and daemon are of different versions: install the same of both");
        return;
    }
    take_name(s, request->name);
    struct command *command = create_queue(s) ? command_new(COMMAND_ATTACH, on_attached, s) : NULL;
    if (!command) {
        destroy_queue(s);
        session_answer_no_memory(s);
        return;
    }
    command->session = s->worker_session;
    host_port_post(s->port, command);
}

/* ---- regions ---- */

static void on_region_added(struct command *command)
{
    int64_t result;
    struct session *s = session_of_answer(command, &result);
    struct session_region *region = s->work.region;
    if (result < 0) {
        session_answer_error(s, (int)result,
                             "too many regions: at most 4095 for each port; make fewer, larger ones");
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

/* An RDMA NIC must know the memory that it reads and writes. */
static int register_region(struct session *s, struct session_region *region, struct region_keys *keys)
{
    char error[LINK_SERVICE_ERROR_BYTES];
    struct link_service *links = host_port_links(s->port);
    if (!links)
        return 0;
    int result = link_service_register(links, region->memory.base, region->memory.bytes, &region->registered,
                                       keys, error);
    if (result != 0)
        session_answer_error(s, result, error);
    return result;
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
        session_answer_error(s, request->value == 0 ? -EINVAL : -EDQUOT, text);
        return;
    }
    struct session_region *region = calloc(1, sizeof(*region));
    if (!region || shared_memory_create(&region->memory, "weft-region", request->value) != 0) {
        free(region);
        session_answer_no_memory(s);
        return;
    }
    struct region_keys keys = {0};
    s->work.region = region;
    if (register_region(s, region, &keys) != 0)
        return;
    struct command *command = session_command(s, COMMAND_ADD_REGION, on_region_added);
    if (!command)
        return;
    command->region.keys = keys;
    command->region.base = region->memory.base;
    command->region.bytes = region->memory.bytes;
    host_port_post(s->port, command);
}

static void on_region_removed(struct command *command)
{
    uint32_t number = command->region.number;
    int64_t result;
    struct session *s = session_of_answer(command, &result);
    struct session_region *region;
    if (result < 0) {
        session_answer_error(s, (int)result,
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
    struct command *command = session_command(s, COMMAND_REMOVE_REGION, on_region_removed);
    if (!command)
        return;
    command->region.number = request->value > UINT32_MAX ? UINT32_MAX : (uint32_t)request->value;
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
        session_open_communicator(s, request, addresses);
        return;
    case SESSION_COMMUNICATOR_CLOSE:
        session_close_communicator(s, request);
        return;
    case SESSION_TELL:
        break; /* session_tell() */
    }
    session_answer_error(s, -EINVAL, "there is no such request");
}
