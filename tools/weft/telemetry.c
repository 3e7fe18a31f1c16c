/* SPDX-License-Identifier: BSD-3-Clause */
#include "tools/weft/telemetry.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <sys/un.h>
#include <unistd.h>

enum {
    QUESTION_BYTES = 128,
    ANSWER_BYTES = 64 << 10 /* DPDK sends at most 16 KiB */
};

static json_t *receive(const struct telemetry *telemetry)
{
    char bytes[ANSWER_BYTES];
    json_error_t error;
    ssize_t count = recv(telemetry->socket, bytes, sizeof(bytes), 0);
    if (count < 0)
        return NULL;
    json_t *answer = json_loadb(bytes, (size_t)count, JSON_DISABLE_EOF_CHECK, &error);
    errno = EPROTO;
    return answer;
}

static int greet(const struct telemetry *telemetry)
{
    json_t *greeting = receive(telemetry);
    int result = 0;
    if (!greeting)
        result = -errno;
    else if (!json_is_integer(json_object_get(greeting, "max_output_len")))
        result = -EPROTO;
    json_decref(greeting);
    return result;
}

int telemetry_open(struct telemetry *telemetry, const char *path, long timeout_ms)
{
    struct sockaddr_un address = {.sun_family = AF_UNIX};
    struct timeval patience = {.tv_sec = timeout_ms / 1000, .tv_usec = timeout_ms % 1000 * 1000};
    if (strlen(path) >= sizeof(address.sun_path))
        return -ENAMETOOLONG;
    strcpy(address.sun_path, path);
    telemetry->socket = socket(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0);
    if (telemetry->socket < 0)
        return -errno;
    setsockopt(telemetry->socket, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof(patience));
    int result = 0;
    if (connect(telemetry->socket, (struct sockaddr *)&address, sizeof(address)) != 0)
        result = -errno;
    if (result == 0)
        result = greet(telemetry);
    if (result != 0)
        telemetry_close(telemetry);
    return result;
}

void telemetry_close(struct telemetry *telemetry)
{
    close(telemetry->socket);
}

json_t *telemetry_ask(struct telemetry *telemetry, const char *command, const char *parameters)
{
    char question[QUESTION_BYTES];
    int length =
        snprintf(question, sizeof(question), "%s%s%s", command, parameters[0] ? "," : "", parameters);
    if (send(telemetry->socket, question, (size_t)length, MSG_NOSIGNAL) < 0)
        return NULL;
    json_t *answer = receive(telemetry);
    json_t *content = json_incref(json_object_get(answer, command));
    json_decref(answer);
    if (json_is_object(content) || json_is_array(content))
        return content;
    json_decref(content);
    return NULL;
}
