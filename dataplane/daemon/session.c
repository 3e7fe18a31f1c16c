/* SPDX-License-Identifier: BSD-3-Clause */
#include "dataplane/daemon/session.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <event2/event.h>

#include "dataplane/daemon/link_service.h"
#include "dataplane/daemon/session_request.h"
#include "dataplane/daemon/session_server.h"

enum {
    DESCRIPTORS_MAX = 3
};

static void close_descriptor(int *descriptor)
{
    if (*descriptor >= 0)
        close(*descriptor);
    *descriptor = -1;
}

/* ---- end ---- */

static void free_region(struct session_region *region)
{
    if (region) {
        link_service_release(region->registered);
        shared_memory_destroy(&region->memory);
    }
    free(region);
}

static void free_communicator(struct session_communicator *communicator)
{
    if (communicator) {
        free(communicator->rank_peers);
        free(communicator->addresses);
    }
    free(communicator);
}

static void free_lists(struct session *s)
{
    struct session_region *region;
    struct session_communicator *communicator;
    while ((region = SLIST_FIRST(&s->regions))) {
        SLIST_REMOVE_HEAD(&s->regions, link);
        free_region(region);
    }
    while ((communicator = SLIST_FIRST(&s->communicators))) {
        SLIST_REMOVE_HEAD(&s->communicators, link);
        free_communicator(communicator);
    }
}

static void forget_work(struct session *s)
{
    free(s->work.addresses);
    free_region(s->work.region);
    free_communicator(s->work.communicator);
    memset(&s->work, 0, sizeof(s->work));
}

void session_abandon(struct session *s)
{
    forget_work(s);
    free_lists(s);
    worker_session_destroy(s->worker_session);
    shared_memory_destroy(&s->queue);
    close_descriptor(&s->submission_doorbell);
    close_descriptor(&s->completion_doorbell);
    if (s->readable)
        event_free(s->readable);
    if (s->hung_up)
        event_free(s->hung_up);
    close_descriptor(&s->socket);
    session_server_forget(s->server, s);
    free(s);
}

static void on_detached(struct command *command)
{
    struct session *s = command->context;
    command_free(command);
    log_info("session %u (%s) has left nothing behind", s->number, s->name);
    session_abandon(s);
}

/* The socket is closed already; the worker lets go of the memory. */
static void detach(struct session *s)
{
    struct command *command = s->worker_session ? command_new(COMMAND_DETACH, on_detached, s) : NULL;
    if (!s->worker_session) {
        session_abandon(s);
        return;
    }
    worker_unwatch_doorbell(host_port_worker(s->port), s->submission_doorbell);
    if (!command)
        return; /* the memory stays mapped: there is none to say otherwise */
    command->session = s->worker_session;
    host_port_post(s->port, command);
}

void session_end(struct session *s, const char *reason)
{
    if (s->state == SESSION_ENDING)
        return;
    if (reason)
        log_warning("session %u (%s, process %d) is ended: %s", s->number, s->name, (int)s->peer.pid, reason);
    else
        log_info("session %u (%s, process %d) has ended", s->number, s->name, (int)s->peer.pid);
    s->state = SESSION_ENDING;
    event_del(s->readable);
    event_del(s->hung_up);
    close_descriptor(&s->socket);
    host_port_communicators_changed(s->port);
    if (s->work.waits_for_paths) {
        path_service_cancel(host_port_paths(s->port), &s->work.paths);
        forget_work(s);
    }
    if (!s->work.busy)
        detach(s);
}

void session_check_broken(struct session *s)
{
    char reason[256];
    struct worker_session *w = s->worker_session;
    if (s->state == SESSION_ENDING || !w || !__atomic_load_n(&w->broken, __ATOMIC_ACQUIRE))
        return;
    snprintf(reason, sizeof(reason), "%s %llu (ring position %u)", w->fault.what,
             (unsigned long long)w->fault.value, w->fault.entry);
    session_end(s, reason);
}

/* ---- answers ---- */

static void add_descriptors(struct msghdr *message, const struct session_answer *answer)
{
    size_t bytes = answer->descriptor_count * sizeof(int);
    message->msg_controllen = CMSG_SPACE(bytes);
    struct cmsghdr *control = CMSG_FIRSTHDR(message);
    control->cmsg_level = SOL_SOCKET;
    control->cmsg_type = SCM_RIGHTS;
    control->cmsg_len = CMSG_LEN(bytes);
    memcpy(CMSG_DATA(control), answer->descriptors, bytes);
}

static bool send_answer(struct session *s, const struct session_answer *answer)
{
    struct session_reply reply = {.status = answer->status,
                                  .kind = s->work.request.kind,
                                  .value = answer->value,
                                  .address = host_port_address(s->port),
                                  .payload_bytes_max = host_port_payload_bytes_max(s->port)};
    _Alignas(struct cmsghdr) char control[CMSG_SPACE(DESCRIPTORS_MAX * sizeof(int))] = {0};
    struct iovec io = {.iov_base = &reply, .iov_len = sizeof(reply)};
    struct msghdr message = {.msg_iov = &io, .msg_iovlen = 1};
    if (answer->text)
        snprintf(reply.text, sizeof(reply.text), "%s", answer->text);
    if (answer->descriptor_count > 0) {
        message.msg_control = control;
        add_descriptors(&message, answer);
    }
    return sendmsg(s->socket, &message, MSG_DONTWAIT | MSG_NOSIGNAL) == (ssize_t)sizeof(reply);
}

void session_answer(struct session *s, const struct session_answer *answer)
{
    if (s->state == SESSION_ENDING) {
        forget_work(s);
        detach(s);
        return;
    }
    bool sent = send_answer(s, answer);
    if (answer->status != 0)
        log_info("session %u (%s): request %u refused: %s", s->number, s->name, s->work.request.kind,
                 answer->text ? answer->text : strerror(-answer->status));
    forget_work(s);
    if (sent)
        event_add(s->readable, NULL);
    else
        session_end(s, NULL);
}

/* ---- requests ---- */

struct datagram {
    struct session_request request;
    union {
        uint32_t addresses[SESSION_RANKS_MAX];
        char text[SESSION_TEXT_BYTES];
    };
};

static const char *check_datagram(const struct session *s, const struct session_request *request,
                                  size_t length)
{
    if (length < sizeof(*request))
        return "a request is too short";
    size_t expected = sizeof(*request);
    if (request->kind == SESSION_COMMUNICATOR_OPEN) {
        if (request->rank_count == 0 || request->rank_count > SESSION_RANKS_MAX)
            return "a communicator must have 1 to 4096 ranks";
        expected += request->rank_count * sizeof(session_rank_address);
    }
    if (request->kind == SESSION_TELL)
        expected += SESSION_TEXT_BYTES;
    if (length != expected)
        return "a request has the wrong length";
    bool attaches = request->kind == SESSION_ATTACH || request->kind == SESSION_TELL;
    if (attaches != (s->state == SESSION_CONNECTED))
        return "the first request, and only that, must be to attach";
    return NULL;
}

/* One request is taken; descriptors that came with it are not (there is no room for them). */
static void on_readable(evutil_socket_t socket, short events, void *context)
{
    static struct datagram datagram;
    struct session *s = context;
    (void)events;
    ssize_t length = recv(socket, &datagram, sizeof(datagram), MSG_DONTWAIT | MSG_TRUNC);
    if (length < 0 && (errno == EAGAIN || errno == EINTR))
        return;
    if (length <= 0) {
        session_end(s, NULL);
        return;
    }
    const char *wrong = check_datagram(s, &datagram.request, (size_t)length);
    if (wrong) {
        session_end(s, wrong);
        return;
    }
    event_del(s->readable);
    s->work.busy = true;
    s->work.request = datagram.request;
    if (datagram.request.kind == SESSION_TELL)
        session_tell(s, &s->work.request, datagram.text);
    else
        session_serve(s, &s->work.request, datagram.addresses);
}

static void on_hung_up(evutil_socket_t socket, short events, void *context)
{
    (void)socket;
    (void)events;
    session_end(context, NULL);
}

static bool watch(struct session *s)
{
    struct event_base *base = session_server_base(s->server);
    s->readable = event_new(base, s->socket, EV_READ | EV_PERSIST, on_readable, s);
    s->hung_up = event_new(base, s->socket, EV_CLOSED | EV_PERSIST, on_hung_up, s);
    return s->readable && s->hung_up && event_add(s->readable, NULL) == 0 && event_add(s->hung_up, NULL) == 0;
}

void session_create(struct session_server *server, struct host_port *port, int socket)
{
    static unsigned numbers;
    struct session *s = calloc(1, sizeof(*s));
    socklen_t length = sizeof(s->peer);
    if (!s) {
        log_error("out of memory for a session");
        close(socket);
        return;
    }
    *s = (struct session){.server = server,
                          .port = port,
                          .number = ++numbers,
                          .socket = socket,
                          .name = "not attached",
                          .queue = {.descriptor = -1},
                          .submission_doorbell = -1,
                          .completion_doorbell = -1};
    getsockopt(socket, SOL_SOCKET, SO_PEERCRED, &s->peer, &length);
    session_server_add(server, s);
    if (watch(s))
        return;
    log_error("out of memory for a session");
    session_abandon(s);
}
