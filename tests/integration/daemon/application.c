/* SPDX-License-Identifier: BSD-3-Clause */
#include "tests/integration/daemon/application.h"

#include <errno.h>
#include <poll.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

enum {
    PATIENCE_MS = 10000
};

int application_connect(struct application *a, const char *socket_path)
{
    struct sockaddr_un name = {.sun_family = AF_UNIX};
    snprintf(name.sun_path, sizeof(name.sun_path), "%s", socket_path);
    memset(a, 0, sizeof(*a));
    a->socket = socket(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0);
    return connect(a->socket, (struct sockaddr *)&name, sizeof(name)) == 0 ? 0 : -errno;
}

static void take_descriptors(struct msghdr *message, int descriptors[3])
{
    struct cmsghdr *control = CMSG_FIRSTHDR(message);
    if (control && control->cmsg_type == SCM_RIGHTS)
        memcpy(descriptors, CMSG_DATA(control), control->cmsg_len - CMSG_LEN(0));
}

static int take_reply(struct application *a, int descriptors[3])
{
    _Alignas(struct cmsghdr) char control[CMSG_SPACE(3 * sizeof(int))];
    struct iovec io = {.iov_base = &a->reply, .iov_len = sizeof(a->reply)};
    struct msghdr message = {
        .msg_iov = &io, .msg_iovlen = 1, .msg_control = control, .msg_controllen = sizeof(control)};
    struct pollfd wait = {.fd = a->socket, .events = POLLIN};
    if (poll(&wait, 1, PATIENCE_MS) != 1)
        return -ETIMEDOUT;
    if (recvmsg(a->socket, &message, MSG_CMSG_CLOEXEC) != (ssize_t)sizeof(a->reply))
        return -ECONNRESET;
    take_descriptors(&message, descriptors);
    return a->reply.status;
}

int application_send(struct application *a, const struct session_request *request, const uint32_t *addresses)
{
    size_t address_bytes = addresses ? request->rank_count * sizeof(addresses[0]) : 0;
    struct iovec io[] = {{.iov_base = (void *)request, .iov_len = sizeof(*request)},
                         {.iov_base = (void *)addresses, .iov_len = address_bytes}};
    struct msghdr message = {.msg_iov = io, .msg_iovlen = 2};
    return sendmsg(a->socket, &message, MSG_NOSIGNAL) < 0 ? -errno : 0;
}

int application_request(struct application *a, const struct session_request *request,
                        const uint32_t *addresses, int descriptors[3])
{
    int result = application_send(a, request, addresses);
    return result == 0 ? take_reply(a, descriptors) : result;
}

int application_attach(struct application *a, const char *socket_path)
{
    int descriptors[3] = {-1, -1, -1};
    struct session_request request = {.kind = SESSION_ATTACH, .version = SESSION_VERSION, .name = "test"};
    int result = application_connect(a, socket_path);
    if (result == 0)
        result = application_request(a, &request, NULL, descriptors);
    if (result != 0)
        return result;
    void *queue = mmap(NULL, sizeof(*a->queue), PROT_READ | PROT_WRITE, MAP_SHARED, descriptors[0], 0);
    close(descriptors[0]);
    a->submission_doorbell = descriptors[1];
    a->completion_doorbell = descriptors[2];
    a->queue = queue == MAP_FAILED ? NULL : queue;
    return a->queue ? 0 : -errno;
}

void application_detach(struct application *a)
{
    if (a->queue) {
        munmap(a->queue, sizeof(*a->queue));
        close(a->submission_doorbell);
        close(a->completion_doorbell);
    }
    close(a->socket);
    memset(a, 0, sizeof(*a));
}

int application_create_region(struct application *a, size_t bytes, struct application_region *region)
{
    int descriptors[3] = {-1, -1, -1};
    struct session_request request = {
        .kind = SESSION_REGION_CREATE, .version = SESSION_VERSION, .value = bytes};
    int result = application_request(a, &request, NULL, descriptors);
    if (result != 0)
        return result;
    void *memory = mmap(NULL, bytes, PROT_READ | PROT_WRITE, MAP_SHARED, descriptors[0], 0);
    close(descriptors[0]);
    *region =
        (struct application_region){.memory = memory, .bytes = bytes, .number = (uint32_t)a->reply.value};
    return memory == MAP_FAILED ? -errno : 0;
}

int application_destroy_region(struct application *a, struct application_region *region)
{
    int descriptors[3];
    struct session_request request = {
        .kind = SESSION_REGION_DESTROY, .version = SESSION_VERSION, .value = region->number};
    int result = application_request(a, &request, NULL, descriptors);
    if (result == 0)
        munmap(region->memory, region->bytes);
    return result;
}

int application_open(struct application *a, const struct application_group *group, uint32_t *handle)
{
    int descriptors[3];
    struct session_request request = {.kind = SESSION_COMMUNICATOR_OPEN,
                                      .version = SESSION_VERSION,
                                      .communicator = group->identity,
                                      .rank = group->rank,
                                      .rank_count = group->rank_count};
    int result = application_request(a, &request, group->addresses, descriptors);
    *handle = (uint32_t)a->reply.value;
    return result;
}

int application_close(struct application *a, uint32_t handle)
{
    int descriptors[3];
    struct session_request request = {
        .kind = SESSION_COMMUNICATOR_CLOSE, .version = SESSION_VERSION, .value = handle};
    return application_request(a, &request, NULL, descriptors);
}

void application_put(struct application *a, const union app_submission *entry)
{
    a->queue->submissions[a->tail++ & (APP_SUBMISSION_ENTRIES - 1)] = *entry;
}

static void ring(int doorbell)
{
    uint64_t one = 1;
    if (write(doorbell, &one, sizeof(one)) < 0)
        perror("doorbell");
}

void application_publish(struct application *a)
{
    __atomic_store_n(&a->queue->submission.tail, a->tail, __ATOMIC_RELEASE);
    __atomic_thread_fence(__ATOMIC_SEQ_CST);
    if (__atomic_exchange_n(&a->queue->submission_doorbell_wanted, 0, __ATOMIC_RELAXED))
        ring(a->submission_doorbell);
}

void application_submit(struct application *a, uint32_t kind, uint32_t handle, const struct app_flow *flow)
{
    union app_submission entry = {.batch = {.kind = kind, .communicator = handle, .flow_count = 1}};
    application_put(a, &entry);
    entry = (union app_submission){.flow = *flow};
    entry.flow.kind = APP_SUBMIT_FLOW;
    application_put(a, &entry);
    application_publish(a);
}

static bool take_completion(struct application *a, struct app_completion *completion)
{
    if (__atomic_load_n(&a->queue->completion.tail, __ATOMIC_ACQUIRE) == a->head)
        return false;
    *completion = a->queue->completions[a->head++ & (APP_COMPLETION_ENTRIES - 1)];
    __atomic_store_n(&a->queue->completion.head, a->head, __ATOMIC_RELEASE);
    return true;
}

bool application_wait(struct application *a, struct app_completion *completion)
{
    struct pollfd wait[] = {{.fd = a->completion_doorbell, .events = POLLIN},
                            {.fd = a->socket, .events = POLLIN}};
    uint64_t count;
    for (;;) {
        if (take_completion(a, completion))
            return true;
        __atomic_store_n(&a->queue->completion_doorbell_wanted, 1, __ATOMIC_RELAXED);
        __atomic_thread_fence(__ATOMIC_SEQ_CST);
        if (take_completion(a, completion))
            return true;
        if (poll(wait, 2, PATIENCE_MS) <= 0 || wait[1].revents)
            return false;
        if (read(a->completion_doorbell, &count, sizeof(count)) < 0 && errno != EAGAIN)
            return false;
    }
}

bool application_wait_end(struct application *a)
{
    struct pollfd wait = {.fd = a->socket, .events = POLLIN};
    char byte;
    return poll(&wait, 1, PATIENCE_MS) == 1 && recv(a->socket, &byte, 1, MSG_DONTWAIT) <= 0;
}
