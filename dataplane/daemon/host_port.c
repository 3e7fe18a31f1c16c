/* SPDX-License-Identifier: BSD-3-Clause */
#include <stdlib.h>
#include <unistd.h>

#include "dataplane/daemon/host_port_state.h"
#include "dataplane/formats/address.h"

/* ---- the worker's voice ---- */

static void log_path(const struct host_port *p, const struct notice *notice)
{
    char text[ADDRESS_TEXT_BYTES];
    uint32_t address = path_discovery_address(path_service_discovery(p->paths), notice->peer);
    log_info("path %u to %s is %s", notice->path, address_text(address, text),
             notice->kind == NOTICE_PATH_DOWN ? "down" : "up");
}

static void take_notice(struct host_port *p, const struct notice *notice)
{
    switch ((enum notice_kind)notice->kind) {
    case NOTICE_UNRESOLVED:
        neighbours_resolve(p->neighbours, notice->address);
        break;
    case NOTICE_PATH_DOWN:
    case NOTICE_PATH_UP:
        log_path(p, notice);
        path_service_on_notice(p->paths, notice);
        if (p->listener.path)
            p->listener.path(p->listener.context, notice->peer, (uint8_t)notice->path,
                             notice->kind == NOTICE_PATH_UP);
        break;
    case NOTICE_PATH_TIMED:
        if (p->listener.timed)
            p->listener.timed(p->listener.context, notice->cookie, notice->round_trip_ns);
        break;
    case NOTICE_DEMAND:
        if (p->listener.demand)
            p->listener.demand(p->listener.context, &notice->demand);
        break;
    case NOTICE_TIME_EXCEEDED:
        path_service_on_notice(p->paths, notice);
        break;
    case NOTICE_LINK_WANTED:
    case NOTICE_LINK_DOWN:
        link_service_on_notice(p->links, notice);
        break;
    }
}

static void post_waiting(struct host_port *p)
{
    struct waiting_command *first;
    while ((first = STAILQ_FIRST(&p->waiting)) && worker_post(p->worker, first->command)) {
        STAILQ_REMOVE_HEAD(&p->waiting, link);
        free(first);
    }
}

void host_port_on_bell(evutil_socket_t bell, short events, void *context)
{
    struct host_port *p = context;
    struct command *answer;
    struct notice notice;
    uint64_t count;
    (void)events;
    if (read(bell, &count, sizeof(count)) < 0)
        return;
    while ((answer = worker_take_answer(p->worker)))
        answer->done(answer);
    while (worker_take_notice(p->worker, &notice))
        take_notice(p, &notice);
    post_waiting(p);
    if (p->on_broken)
        p->on_broken(p->broken_context);
}

void host_port_post(struct host_port *p, struct command *command)
{
    if (STAILQ_EMPTY(&p->waiting) && worker_post(p->worker, command))
        return;
    struct waiting_command *waiting = malloc(sizeof(*waiting));
    if (!waiting) {
        log_error("out of memory: cannot go on");
        abort();
    }
    waiting->command = command;
    STAILQ_INSERT_TAIL(&p->waiting, waiting, link);
}

void host_port_on_broken(struct host_port *p, void (*on_broken)(void *context), void *context)
{
    p->on_broken = on_broken;
    p->broken_context = context;
}

void host_port_listen(struct host_port *p, const struct host_port_listener *listener)
{
    p->listener = listener ? *listener : (struct host_port_listener){0};
}

void host_port_paths_changed(struct host_port *p)
{
    if (p->links)
        link_service_paths_changed(p->links);
    if (p->listener.paths_changed)
        p->listener.paths_changed(p->listener.context);
}

void host_port_communicators_changed(struct host_port *p)
{
    if (p->listener.communicators_changed)
        p->listener.communicators_changed(p->listener.context);
}

uint32_t host_port_address(const struct host_port *p)
{
    return p->address;
}

uint32_t host_port_incarnation(const struct host_port *p)
{
    return p->incarnation;
}

uint64_t host_port_rate_bytes_per_s(const struct host_port *p)
{
    return p->rate_bytes_per_s;
}

uint16_t host_port_payload_bytes_max(const struct host_port *p)
{
    return p->payload_bytes_max;
}

const char *host_port_device(const struct host_port *p)
{
    return p->device;
}

struct worker *host_port_worker(struct host_port *p)
{
    return p->worker;
}

struct path_service *host_port_paths(struct host_port *p)
{
    return p->paths;
}

struct neighbours *host_port_neighbours(struct host_port *p)
{
    return p->neighbours;
}

struct link_service *host_port_links(struct host_port *p)
{
    return p->links;
}
