/* SPDX-License-Identifier: BSD-3-Clause */
#include "dataplane/client/session_socket.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <sys/un.h>
#include <unistd.h>

enum {
    SESSION_ANSWER_TIMEOUT_S = 30 /* path discovery for a new communicator may take seconds */
};

static int session_socket_prepare(int session, const struct sockaddr_un *address)
{
    struct timeval timeout = {.tv_sec = SESSION_ANSWER_TIMEOUT_S};
    if (setsockopt(session, SOL_SOCKET, SO_RCVTIMEO, &timeout, sizeof(timeout)) < 0 ||
        setsockopt(session, SOL_SOCKET, SO_SNDTIMEO, &timeout, sizeof(timeout)) < 0 ||
        connect(session, (const struct sockaddr *)address, sizeof(*address)) < 0)
        return -errno;
    return 0;
}

int session_socket_connect(const char *path)
{
    struct sockaddr_un address = {.sun_family = AF_UNIX};
    if (strlen(path) >= sizeof(address.sun_path))
        return -ENAMETOOLONG;
    strcpy(address.sun_path, path);
    int session = socket(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0);
    if (session < 0)
        return -errno;
    int error = session_socket_prepare(session, &address);
    if (error < 0) {
        close(session);
        return error;
    }
    return session;
}

static int session_socket_send(int session, const struct session_request *request, const uint32_t *addresses)
{
    struct iovec parts[2] = {
        {.iov_base = (void *)request, .iov_len = sizeof(*request)},
        {.iov_base = (void *)addresses, .iov_len = request->rank_count * sizeof(session_rank_address)}};
    struct msghdr message = {.msg_iov = parts, .msg_iovlen = addresses ? 2 : 1};
    ssize_t sent;
    while ((sent = sendmsg(session, &message, MSG_NOSIGNAL)) < 0 && errno == EINTR)
        ;
    return sent < 0 ? -errno : 0;
}

/* Descriptors beyond those there is room for are closed by the kernel, and MSG_CTRUNC tells. */
static void session_answer_take_fds(struct session_answer *answer, struct msghdr *message)
{
    for (struct cmsghdr *c = CMSG_FIRSTHDR(message); c != NULL; c = CMSG_NXTHDR(message, c))
        if (c->cmsg_level == SOL_SOCKET && c->cmsg_type == SCM_RIGHTS)
            memcpy(answer->fds, CMSG_DATA(c), c->cmsg_len - CMSG_LEN(0));
}

static int session_socket_receive(int session, struct session_answer *answer)
{
    union {
        struct cmsghdr header;
        char bytes[CMSG_SPACE(sizeof(int) * SESSION_FDS_MAX)];
    } control;
    struct iovec part = {.iov_base = &answer->reply, .iov_len = sizeof(answer->reply)};
    struct msghdr message = {
        .msg_iov = &part, .msg_iovlen = 1, .msg_control = &control, .msg_controllen = sizeof(control)};
    ssize_t received;
    while ((received = recvmsg(session, &message, MSG_CMSG_CLOEXEC)) < 0 && errno == EINTR)
        ;
    if (received < 0)
        return errno == EAGAIN ? -ETIMEDOUT : -errno;
    session_answer_take_fds(answer, &message);
    if (received == 0)
        return -ECONNRESET;
    bool whole = received == sizeof(answer->reply) && !(message.msg_flags & (MSG_TRUNC | MSG_CTRUNC));
    return whole ? 0 : -EPROTO;
}

/* What the dataplane says unasked is for the people whose job this is. */
static bool pass_on(struct session_reply *reply)
{
    reply->text[SESSION_TEXT_BYTES - 1] = '\0';
    if (reply->kind == SESSION_TELL)
        fprintf(stderr, "weft: %s\n", reply->text);
    return reply->kind == SESSION_TELL;
}

int session_socket_ask(int session, const struct session_request *request, const uint32_t *addresses,
                       struct session_answer *answer)
{
    memset(answer, 0, sizeof(*answer));
    for (unsigned i = 0; i < SESSION_FDS_MAX; i++)
        answer->fds[i] = -1;
    int error = session_socket_send(session, request, addresses);
    if (error == 0)
        do
            error = session_socket_receive(session, answer);
        while (error == 0 && pass_on(&answer->reply));
    answer->reply.text[SESSION_TEXT_BYTES - 1] = '\0';
    if (error == 0 && answer->reply.kind != request->kind)
        error = -EPROTO;
    if (error < 0 || answer->reply.status < 0)
        session_answer_close_fds(answer);
    return error;
}

bool session_socket_is_dead(int session)
{
    struct session_reply reply;
    ssize_t received;
    do
        received = recv(session, &reply, sizeof(reply), MSG_DONTWAIT);
    while (received == sizeof(reply) && pass_on(&reply));
    return received >= 0 || (errno != EAGAIN && errno != EINTR);
}

void session_answer_close_fds(struct session_answer *answer)
{
    for (unsigned i = 0; i < SESSION_FDS_MAX; i++) {
        if (answer->fds[i] >= 0)
            close(answer->fds[i]);
        answer->fds[i] = -1;
    }
}
