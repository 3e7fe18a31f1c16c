/* SPDX-License-Identifier: BSD-3-Clause */
#include "tests/unit/client/fake_dataplane.h"

#include <errno.h>
#include <poll.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include "dataplane/formats/session.h"
#include "tests/unit/client/fake_fabric.h"

enum {
    FAKE_SESSIONS_MAX = 64,
    FAKE_REGIONS_MAX = 64
};

struct fake_region {
    uint8_t *memory;
    uint64_t bytes;
};

struct fake_session {
    struct fake_dataplane *fake;
    int socket; /* -1: not in use */
    struct app_queue *queue;
    int completion_doorbell;
    uint32_t submission_head, completion_tail;
    struct fake_region regions[FAKE_REGIONS_MAX]; /* id = index */
};

struct fake_dataplane {
    char path[64];
    int listener, doorbell; /* the doorbell of all sessions and of the test */
    pthread_t thread;
    pthread_mutex_t lock; /* held by the thread while it works, and by the test while it meddles */
    bool stopping, held;
    uint32_t next_handle;
    uint64_t batches;
    uint32_t largest_batch;
    const char *violation;
    struct fake_fabric fabric;
    struct fake_session sessions[FAKE_SESSIONS_MAX];
};

static void violate(struct fake_dataplane *fake, const char *what)
{
    if (fake->violation == NULL)
        fake->violation = what;
}

static void ring(int doorbell)
{
    uint64_t one = 1;
    if (write(doorbell, &one, sizeof(one)) < 0)
        abort();
}

/* ---- completions ---- */

void fake_session_complete(struct fake_session *s, const struct app_completion *completion)
{
    struct app_queue *q = s->queue;
    if (s->socket < 0)
        return;
    if (s->completion_tail - __atomic_load_n(&q->completion.head, __ATOMIC_ACQUIRE) >=
        APP_COMPLETION_ENTRIES) {
        violate(s->fake, "the completion ring overflowed");
        return;
    }
    q->completions[s->completion_tail++ % APP_COMPLETION_ENTRIES] = *completion;
    __atomic_store_n(&q->completion.tail, s->completion_tail, __ATOMIC_RELEASE);
    __atomic_thread_fence(__ATOMIC_SEQ_CST);
    if (__atomic_exchange_n(&q->completion_doorbell_wanted, 0, __ATOMIC_RELAXED))
        ring(s->completion_doorbell);
}

/* ---- submissions ---- */

static struct fake_communicator *session_communicator(struct fake_session *s, uint32_t handle)
{
    struct fake_communicator *c;
    LIST_FOREACH(c, &s->fake->fabric.communicators, link)
    if (c->session == s && c->handle == handle)
        return c;
    return NULL;
}

static const char *flow_problem(struct fake_session *s, const struct fake_flow *f)
{
    const struct app_flow *flow = &f->flow;
    if (flow->kind != APP_SUBMIT_FLOW)
        return "a batch has fewer flows than it says";
    if (flow->peer_rank >= f->communicator->rank_count || flow->peer_rank == f->communicator->rank)
        return "a flow has an impossible peer";
    if (flow->bytes > 0 &&
        (flow->region >= FAKE_REGIONS_MAX || flow->offset > s->regions[flow->region].bytes ||
         flow->bytes > s->regions[flow->region].bytes - flow->offset))
        return "a flow lies outside its region";
    if (flow->chunk_bytes != 0 &&
        (f->is_send || (flow->bytes + flow->chunk_bytes - 1) / flow->chunk_bytes > APP_CHUNKS_MAX))
        return "a flow has impossible chunks";
    if (fake_fabric_tag_in_use(&s->fake->fabric, f))
        return "a tag is in use twice";
    return NULL;
}

static union app_submission session_entry(struct fake_session *s)
{
    return s->queue->submissions[s->submission_head++ % APP_SUBMISSION_ENTRIES];
}

static void session_take_flow(struct fake_session *s, struct fake_communicator *c, bool is_send)
{
    struct fake_flow f = {.communicator = c, .is_send = is_send, .flow = session_entry(s).flow};
    if (c == NULL) { /* the ring and the socket overtake each other */
        fake_session_complete(
            s, &(struct app_completion){.kind = is_send ? APP_COMPLETION_SENT : APP_COMPLETION_RECEIVED,
                                        .status = APP_STATUS_CANCELLED,
                                        .cookie = f.flow.cookie});
        return;
    }
    const char *problem = flow_problem(s, &f);
    if (problem != NULL) {
        violate(s->fake, problem);
        return;
    }
    if (f.flow.bytes > 0)
        f.memory = s->regions[f.flow.region].memory + f.flow.offset;
    fake_fabric_add_flow(&s->fake->fabric, &f);
}

static void session_take_batch(struct fake_session *s, uint32_t ready)
{
    struct app_batch batch = session_entry(s).batch;
    if (batch.kind != APP_SUBMIT_SEND_BATCH && batch.kind != APP_SUBMIT_RECEIVE_BATCH)
        violate(s->fake, "a batch does not begin with a batch entry");
    if (batch.flow_count == 0 || batch.flow_count > APP_BATCH_FLOWS_MAX || batch.flow_count >= ready) {
        violate(s->fake, "a batch has an impossible number of flows");
        return;
    }
    struct fake_communicator *c = session_communicator(s, batch.communicator);
    if (batch.communicator == 0 || batch.communicator > s->fake->next_handle)
        violate(s->fake, "a batch names a communicator that was never opened");
    for (uint32_t i = 0; i < batch.flow_count; i++)
        session_take_flow(s, c, batch.kind == APP_SUBMIT_SEND_BATCH);
    s->fake->batches++;
    if (batch.flow_count > s->fake->largest_batch)
        s->fake->largest_batch = batch.flow_count;
}

static bool session_take_submissions(struct fake_session *s)
{
    uint32_t ready = __atomic_load_n(&s->queue->submission.tail, __ATOMIC_ACQUIRE) - s->submission_head;
    bool any = ready > 0;
    while (ready > 0) {
        uint32_t before = s->submission_head;
        session_take_batch(s, ready);
        ready -= s->submission_head - before;
    }
    __atomic_store_n(&s->queue->submission.head, s->submission_head, __ATOMIC_RELEASE);
    return any;
}

/* ---- session requests ---- */

static void session_reply(struct fake_session *s, const struct session_reply *reply, const int *fds,
                          unsigned count)
{
    union {
        struct cmsghdr header;
        char bytes[CMSG_SPACE(sizeof(int) * 3)];
    } control = {0};
    struct iovec part = {.iov_base = (void *)reply, .iov_len = sizeof(*reply)};
    struct msghdr message = {.msg_iov = &part, .msg_iovlen = 1};
    if (count > 0) {
        message.msg_control = &control;
        message.msg_controllen = CMSG_SPACE(sizeof(int) * count);
        control.header.cmsg_level = SOL_SOCKET;
        control.header.cmsg_type = SCM_RIGHTS;
        control.header.cmsg_len = CMSG_LEN(sizeof(int) * count);
        memcpy(CMSG_DATA(&control.header), fds, sizeof(int) * count);
    }
    sendmsg(s->socket, &message, MSG_NOSIGNAL);
}

static void session_refuse(struct fake_session *s, uint32_t kind, int status, const char *text)
{
    struct session_reply reply = {.status = status, .kind = kind};
    snprintf(reply.text, sizeof(reply.text), "%s", text);
    session_reply(s, &reply, NULL, 0);
}

static void *shared_memory(uint64_t bytes, int *memfd)
{
    *memfd = memfd_create("fake", MFD_CLOEXEC);
    if (*memfd < 0 || ftruncate(*memfd, (off_t)bytes) < 0)
        abort();
    return mmap(NULL, bytes, PROT_READ | PROT_WRITE, MAP_SHARED, *memfd, 0);
}

static void session_attach(struct fake_session *s, const struct session_request *request)
{
    int fds[3];
    if (request->version != SESSION_VERSION) {
        session_refuse(s, SESSION_ATTACH, -EPROTONOSUPPORT, "another version");
        return;
    }
    s->queue = shared_memory(sizeof(struct app_queue), &fds[0]);
    s->queue->version = APP_QUEUE_VERSION;
    s->completion_doorbell = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
    fds[1] = s->fake->doorbell;
    fds[2] = s->completion_doorbell;
    session_reply(s,
                  &(struct session_reply){.kind = SESSION_ATTACH,
                                          .address = FAKE_ADDRESS,
                                          .payload_bytes_max = FAKE_PAYLOAD_BYTES_MAX},
                  fds, 3);
    close(fds[0]);
}

static void session_create_region(struct fake_session *s, uint64_t bytes)
{
    unsigned id = 1;
    while (id < FAKE_REGIONS_MAX && s->regions[id].memory != NULL)
        id++;
    if (bytes > FAKE_REGION_BYTES_MAX || id == FAKE_REGIONS_MAX) {
        session_refuse(s, SESSION_REGION_CREATE, -ENOSPC, "raise region_bytes_max");
        return;
    }
    int memfd;
    s->regions[id] = (struct fake_region){shared_memory(bytes, &memfd), bytes};
    session_reply(s, &(struct session_reply){.kind = SESSION_REGION_CREATE, .value = id}, &memfd, 1);
    close(memfd);
}

static void session_destroy_region(struct fake_session *s, uint64_t id)
{
    if (id >= FAKE_REGIONS_MAX || s->regions[id].memory == NULL) {
        violate(s->fake, "an unknown region is destroyed");
        session_refuse(s, SESSION_REGION_DESTROY, -EINVAL, "no such region");
        return;
    }
    munmap(s->regions[id].memory, s->regions[id].bytes);
    s->regions[id] = (struct fake_region){0};
    session_reply(s, &(struct session_reply){.kind = SESSION_REGION_DESTROY}, NULL, 0);
}

static void session_open_communicator(struct fake_session *s, const struct session_request *request,
                                      size_t bytes)
{
    if (bytes != sizeof(*request) + request->rank_count * sizeof(session_rank_address))
        violate(s->fake, "a communicator comes with the wrong number of addresses");
    struct fake_communicator *c = calloc(1, sizeof(*c));
    *c = (struct fake_communicator){.session = s,
                                    .identity = request->communicator,
                                    .handle = ++s->fake->next_handle,
                                    .rank = request->rank,
                                    .rank_count = request->rank_count};
    LIST_INSERT_HEAD(&s->fake->fabric.communicators, c, link);
    session_reply(s, &(struct session_reply){.kind = SESSION_COMMUNICATOR_OPEN, .value = c->handle}, NULL, 0);
}

static void session_close_communicator(struct fake_session *s, uint64_t handle)
{
    struct fake_communicator *c = session_communicator(s, (uint32_t)handle);
    if (c == NULL)
        violate(s->fake, "an unknown communicator is closed");
    else
        fake_fabric_close(&s->fake->fabric, c);
    session_reply(s, &(struct session_reply){.kind = SESSION_COMMUNICATOR_CLOSE}, NULL, 0);
}

/* The application is gone: its ranks are dead to the others. */
static void session_end(struct fake_session *s)
{
    struct fake_fabric *fabric = &s->fake->fabric;
    struct fake_communicator *c = LIST_FIRST(&fabric->communicators);
    close(s->socket);
    s->socket = -1;
    while (c != NULL) {
        struct fake_communicator *next = LIST_NEXT(c, link);
        if (c->session == s) {
            fake_fabric_kill_rank(fabric, c->identity, c->rank);
            fake_fabric_close(fabric, c);
        }
        c = next;
    }
    for (unsigned id = 0; id < FAKE_REGIONS_MAX; id++)
        if (s->regions[id].memory != NULL)
            munmap(s->regions[id].memory, s->regions[id].bytes);
    if (s->queue != NULL) {
        munmap(s->queue, sizeof(*s->queue));
        close(s->completion_doorbell);
    }
    *s = (struct fake_session){.fake = s->fake, .socket = -1};
}

static void session_serve(struct fake_session *s)
{
    static struct {
        struct session_request request;
        uint32_t addresses[SESSION_RANKS_MAX];
    } message;
    ssize_t bytes = recv(s->socket, &message, sizeof(message), MSG_DONTWAIT);
    if (bytes < 0 && errno == EAGAIN)
        return;
    if (bytes < (ssize_t)sizeof(message.request)) {
        session_end(s);
        return;
    }
    const struct session_request *r = &message.request;
    switch ((enum session_request_kind)r->kind) {
    case SESSION_ATTACH:
        session_attach(s, r);
        break;
    case SESSION_REGION_CREATE:
        session_create_region(s, r->value);
        break;
    case SESSION_REGION_DESTROY:
        session_destroy_region(s, r->value);
        break;
    case SESSION_COMMUNICATOR_OPEN:
        session_open_communicator(s, r, (size_t)bytes);
        break;
    case SESSION_COMMUNICATOR_CLOSE:
        session_close_communicator(s, r->value);
        break;
    case SESSION_TELL:
        break; /* a library never does */
    }
}

/* ---- the thread ---- */

static void fake_accept(struct fake_dataplane *fake)
{
    int socket = accept4(fake->listener, NULL, NULL, SOCK_CLOEXEC);
    for (unsigned i = 0; i < FAKE_SESSIONS_MAX && socket >= 0; i++)
        if (fake->sessions[i].socket < 0) {
            fake->sessions[i].socket = socket;
            return;
        }
}

/* All that can be done now. False: nothing could. */
static bool fake_work(struct fake_dataplane *fake)
{
    bool moved = false;
    if (fake->held)
        return false;
    for (unsigned i = 0; i < FAKE_SESSIONS_MAX; i++)
        if (fake->sessions[i].queue != NULL)
            moved |= session_take_submissions(&fake->sessions[i]);
    for (unsigned i = 0; i < 16 && fake_fabric_move(&fake->fabric); i++)
        moved = true;
    return moved;
}

static void fake_want_doorbells(struct fake_dataplane *fake)
{
    for (unsigned i = 0; i < FAKE_SESSIONS_MAX; i++)
        if (fake->sessions[i].queue != NULL)
            __atomic_store_n(&fake->sessions[i].queue->submission_doorbell_wanted, 1, __ATOMIC_RELAXED);
    __atomic_thread_fence(__ATOMIC_SEQ_CST);
}

static void fake_serve_sockets(struct fake_dataplane *fake, int timeout_ms)
{
    struct pollfd fds[FAKE_SESSIONS_MAX + 2] = {{.fd = fake->listener, .events = POLLIN},
                                                {.fd = fake->doorbell, .events = POLLIN}};
    for (unsigned i = 0; i < FAKE_SESSIONS_MAX; i++)
        fds[i + 2] = (struct pollfd){.fd = fake->sessions[i].socket, .events = POLLIN};
    pthread_mutex_unlock(&fake->lock);
    poll(fds, FAKE_SESSIONS_MAX + 2, timeout_ms);
    pthread_mutex_lock(&fake->lock);
    uint64_t count;
    if (fds[1].revents & POLLIN && read(fake->doorbell, &count, sizeof(count)) < 0)
        abort();
    if (fds[0].revents & POLLIN)
        fake_accept(fake);
    for (unsigned i = 0; i < FAKE_SESSIONS_MAX; i++)
        if (fds[i + 2].fd >= 0 && fds[i + 2].revents != 0)
            session_serve(&fake->sessions[i]);
}

static void *fake_run(void *argument)
{
    struct fake_dataplane *fake = argument;
    pthread_mutex_lock(&fake->lock);
    while (!fake->stopping) {
        bool moved = fake_work(fake);
        if (!moved) {
            fake_want_doorbells(fake);
            moved = fake_work(fake);
        }
        fake_serve_sockets(fake, moved ? 0 : -1);
    }
    for (unsigned i = 0; i < FAKE_SESSIONS_MAX; i++)
        if (fake->sessions[i].socket >= 0)
            session_end(&fake->sessions[i]);
    pthread_mutex_unlock(&fake->lock);
    return NULL;
}

/* ---- the test's side ---- */

/* Where all sockets of the process are. It goes when the process ends, also after a test that failed. */
static char directory[] = "/tmp/weft-test-XXXXXX";
static unsigned sockets;

static void remove_directory(void)
{
    char path[64];
    for (unsigned i = 0; i < sockets; i++) {
        snprintf(path, sizeof(path), "%s/%u", directory, i);
        unlink(path);
    }
    rmdir(directory);
}

static void make_directory(void)
{
    if (mkdtemp(directory) == NULL || atexit(remove_directory) != 0)
        abort();
}

static void fake_listen(struct fake_dataplane *fake)
{
    struct sockaddr_un address = {.sun_family = AF_UNIX};
    if (sockets == 0)
        make_directory();
    snprintf(fake->path, sizeof(fake->path), "%s/%u", directory, sockets++);
    snprintf(address.sun_path, sizeof(address.sun_path), "%s", fake->path);
    fake->listener = socket(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
    if (bind(fake->listener, (struct sockaddr *)&address, sizeof(address)) < 0 ||
        listen(fake->listener, 64) < 0)
        abort();
}

struct fake_dataplane *fake_dataplane_start(uint64_t seed)
{
    struct fake_dataplane *fake = calloc(1, sizeof(*fake));
    fake->fabric.random = seed;
    TAILQ_INIT(&fake->fabric.flows);
    for (unsigned i = 0; i < FAKE_SESSIONS_MAX; i++)
        fake->sessions[i] = (struct fake_session){.fake = fake, .socket = -1};
    fake->doorbell = eventfd(0, EFD_CLOEXEC);
    fake_listen(fake);
    pthread_mutex_init(&fake->lock, NULL);
    if (pthread_create(&fake->thread, NULL, fake_run, fake) != 0)
        abort();
    return fake;
}

const char *fake_dataplane_path(const struct fake_dataplane *fake)
{
    return fake->path;
}

const char *fake_dataplane_stop(struct fake_dataplane *fake)
{
    pthread_mutex_lock(&fake->lock);
    fake->stopping = true;
    pthread_mutex_unlock(&fake->lock);
    ring(fake->doorbell);
    pthread_join(fake->thread, NULL);
    close(fake->listener);
    close(fake->doorbell);
    unlink(fake->path);
    const char *violation = fake->violation;
    pthread_mutex_destroy(&fake->lock);
    free(fake);
    return violation;
}

void fake_dataplane_kill_rank(struct fake_dataplane *fake, uint64_t communicator, uint32_t rank)
{
    pthread_mutex_lock(&fake->lock);
    fake_fabric_kill_rank(&fake->fabric, communicator, rank);
    pthread_mutex_unlock(&fake->lock);
}

void fake_dataplane_hold(struct fake_dataplane *fake, bool hold)
{
    pthread_mutex_lock(&fake->lock);
    fake->held = hold;
    pthread_mutex_unlock(&fake->lock);
    ring(fake->doorbell);
}

uint64_t fake_dataplane_batches(const struct fake_dataplane *fake)
{
    return fake->batches;
}

uint32_t fake_dataplane_largest_batch(const struct fake_dataplane *fake)
{
    return fake->largest_batch;
}
