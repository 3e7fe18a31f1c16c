/* SPDX-License-Identifier: BSD-3-Clause */
#include "tests/integration/daemon/telemetry.h"

#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

enum {
    ANSWER_BYTES = 16384
};

static int telemetry_connect(const char *file_prefix)
{
    struct sockaddr_un address = {.sun_family = AF_UNIX};
    snprintf(address.sun_path, sizeof(address.sun_path), "/run/dpdk/%s/dpdk_telemetry.v2", file_prefix);
    int fd = socket(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0);
    if (fd >= 0 && connect(fd, (struct sockaddr *)&address, sizeof(address)) == 0)
        return fd;
    perror(address.sun_path);
    close(fd);
    return -1;
}

json_t *telemetry_ask(const char *file_prefix, const char *command)
{
    char text[ANSWER_BYTES];
    json_t *answer = NULL, *inner = NULL;
    int fd = telemetry_connect(file_prefix);
    if (fd < 0)
        return NULL;
    /* it introduces itself first */
    if (recv(fd, text, sizeof(text), 0) > 0 && send(fd, command, strlen(command), 0) > 0) {
        ssize_t count = recv(fd, text, sizeof(text), 0);
        answer = json_loadb(text, count > 0 ? (size_t)count : 0, 0, NULL);
    }
    close(fd);
    inner = json_incref(json_object_get(answer, command));
    json_decref(answer);
    return inner;
}
