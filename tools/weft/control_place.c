/* SPDX-License-Identifier: BSD-3-Clause */
#include "tools/weft/control_place.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

struct http_place control_place(const struct options *options)
{
    return (struct http_place){.socket = options->url ? NULL : options->socket,
                               .url = options->url,
                               .ca = options->ca,
                               .certificate = options->certificate,
                               .key = options->key,
                               .token_file = options->token_file};
}

/* ---- why not ---- */

static void explain_socket(const char *path, const struct http_answer *answer,
                           char failure[API_FAILURE_BYTES])
{
    struct sockaddr_un address = {.sun_family = AF_UNIX};
    int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
    snprintf(address.sun_path, sizeof(address.sun_path), "%s", path);
    int error = fd >= 0 && connect(fd, (struct sockaddr *)&address, sizeof(address)) == 0 ? 0 : errno;
    if (fd >= 0)
        close(fd);
    const char *why = error ? strerror(error) : answer->failure;
    const char *remedy = "is weft-control still busy? --timeout waits longer";
    if (error == ENOENT || error == ECONNREFUSED)
        remedy = "is weft-control running? -s names another socket";
    else if (error == EACCES)
        remedy = "you must be in the group of the socket, or root";
    snprintf(failure, API_FAILURE_BYTES, "control does not answer on %s: %s; %s", path, why, remedy);
}

static const char *remote_remedy(enum http_failure kind)
{
    switch (kind) {
    case HTTP_NOT_TRUSTED:
        return "--ca names the authority that has signed its certificate";
    case HTTP_BAD_PAIR:
        return "--certificate and --key name a PEM pair";
    case HTTP_TIMED_OUT:
        return "is weft-control still busy? --timeout waits longer";
    case HTTP_UNREACHABLE:
    case HTTP_TOO_LONG:
        break;
    }
    return "does weft-control run there, with `listen` in its configuration?";
}

void control_place_explain(const struct options *options, const struct http_answer *answer,
                           char failure[API_FAILURE_BYTES])
{
    if (answer->kind == HTTP_TOO_LONG)
        snprintf(failure, API_FAILURE_BYTES, "%.200s", answer->failure);
    else if (options->url)
        snprintf(failure, API_FAILURE_BYTES, "control does not answer at %.200s: %.160s; %s", options->url,
                 answer->failure, remote_remedy(answer->kind));
    else
        explain_socket(options->socket, answer, failure);
}
