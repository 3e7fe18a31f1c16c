/* SPDX-License-Identifier: BSD-3-Clause */
#include "ebpf/monitor/dataplane_voice.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <sys/un.h>
#include <unistd.h>

#include "dataplane/formats/session.h"

static const struct timeval PATIENCE = {.tv_usec = 250000};

static int converse(int dataplane, uint64_t communicator, const char *text)
{
    struct {
        struct session_request request;
        char text[SESSION_TEXT_BYTES];
    } told = {.request = {.kind = SESSION_TELL, .version = SESSION_VERSION, .communicator = communicator}};
    struct session_reply reply;
    snprintf(told.text, sizeof(told.text), "%s", text);
    if (send(dataplane, &told, sizeof(told), MSG_NOSIGNAL) < 0)
        return -errno;
    ssize_t received = recv(dataplane, &reply, sizeof(reply), 0);
    if (received != sizeof(reply) || reply.kind != SESSION_TELL)
        return received < 0 ? -errno : -EPROTO;
    return reply.status < 0 ? reply.status : (int)reply.value;
}

int dataplane_voice_tell(const char *socket_path, uint64_t communicator, const char *text)
{
    struct sockaddr_un address = {.sun_family = AF_UNIX};
    int dataplane = socket(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0);
    if (dataplane < 0)
        return -errno;
    snprintf(address.sun_path, sizeof(address.sun_path), "%s", socket_path);
    setsockopt(dataplane, SOL_SOCKET, SO_RCVTIMEO, &PATIENCE, sizeof(PATIENCE));
    setsockopt(dataplane, SOL_SOCKET, SO_SNDTIMEO, &PATIENCE, sizeof(PATIENCE));
    int result = connect(dataplane, (const struct sockaddr *)&address, sizeof(address)) == 0
                     ? converse(dataplane, communicator, text)
                     : -errno;
    close(dataplane);
    return result;
}
