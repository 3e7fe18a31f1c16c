/* SPDX-License-Identifier: BSD-3-Clause */
#include "dataplane/process/tcp_listener.h"

#include <errno.h>
#include <netdb.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

enum {
    ADDRESS_BYTES = 64,
    BACKLOG = 1024
};

/* NULL: it is no place. */
static struct addrinfo *resolve(const char *place)
{
    const struct addrinfo hints = {.ai_family = AF_UNSPEC,
                                   .ai_socktype = SOCK_STREAM,
                                   .ai_flags = AI_NUMERICHOST | AI_NUMERICSERV | AI_PASSIVE};
    struct addrinfo *found = NULL;
    char address[ADDRESS_BYTES];
    const char *colon = strrchr(place, ':');
    bool is_bracketed = place[0] == '[' && colon != NULL && colon > place && colon[-1] == ']';
    if (colon == NULL || colon == place || colon[1] == '\0')
        return NULL;
    snprintf(address, sizeof(address), "%.*s", (int)(colon - place) - 2 * is_bracketed, place + is_bracketed);
    return getaddrinfo(address, colon + 1, &hints, &found) == 0 ? found : NULL;
}

bool tcp_listener_is_place(const char *place)
{
    struct addrinfo *found = resolve(place);
    if (found != NULL)
        freeaddrinfo(found);
    return found != NULL;
}

static int listen_at(const struct addrinfo *place)
{
    int on = 1;
    int descriptor = socket(place->ai_family, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
    if (descriptor < 0)
        return -errno;
    setsockopt(descriptor, SOL_SOCKET, SO_REUSEADDR, &on, sizeof(on));
    if (bind(descriptor, place->ai_addr, place->ai_addrlen) == 0 && listen(descriptor, BACKLOG) == 0)
        return descriptor;
    int result = -errno;
    close(descriptor);
    return result;
}

int tcp_listener_open(const char *place)
{
    struct addrinfo *found = resolve(place);
    int result = found != NULL ? listen_at(found) : -EINVAL;
    if (found != NULL)
        freeaddrinfo(found);
    return result;
}
