/* SPDX-License-Identifier: BSD-3-Clause */
#include "dataplane/daemon/offer_socket.h"

#include <arpa/inet.h>
#include <errno.h>
#include <stdbool.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "dataplane/formats/packet.h"
#include "dataplane/process/log.h"

/* Port 0: any. Negative errno. */
static int open_one(const struct offer_socket_config *config, uint16_t port)
{
    struct sockaddr_in local = {
        .sin_family = AF_INET, .sin_port = htons(port), .sin_addr.s_addr = htonl(config->address)};
    socklen_t length = (socklen_t)strlen(config->interface);
    int fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
    if (fd < 0)
        return -errno;
    if (setsockopt(fd, SOL_SOCKET, SO_BINDTODEVICE, config->interface, length) == 0 &&
        bind(fd, (struct sockaddr *)&local, sizeof(local)) == 0)
        return fd;
    int failure = -errno;
    close(fd);
    return failure;
}

void offer_socket_none(struct offer_socket *s)
{
    s->receiver = -1;
    memset(s->senders, -1, sizeof(s->senders));
}

int offer_socket_open(struct offer_socket *s, const struct offer_socket_config *config)
{
    offer_socket_none(s);
    s->udp_port = config->udp_port;
    s->receiver = open_one(config, config->udp_port);
    int result = s->receiver;
    for (unsigned i = 0; result >= 0 && i < OFFER_SENDERS; i++)
        result = s->senders[i] = open_one(config, 0);
    return result < 0 ? result : 0;
}

void offer_socket_close(struct offer_socket *s)
{
    if (s->receiver >= 0)
        close(s->receiver);
    for (unsigned i = 0; i < OFFER_SENDERS; i++)
        if (s->senders[i] >= 0)
            close(s->senders[i]);
}

void offer_socket_send(struct offer_socket *s, uint32_t destination, const struct link_offer *offer)
{
    struct sockaddr_in to = {
        .sin_family = AF_INET, .sin_port = htons(s->udp_port), .sin_addr.s_addr = htonl(destination)};
    int sender = s->senders[s->next_sender++ % OFFER_SENDERS];
    if (sendto(sender, offer, sizeof(*offer), 0, (struct sockaddr *)&to, sizeof(to)) < 0)
        log_debug("an offer of a queue pair is not sent: %s", strerror(errno));
}

static bool is_valid(const struct link_offer *offer, ssize_t length)
{
    return length == sizeof(*offer) && offer->version == LINK_OFFER_VERSION && offer->serial != 0 &&
           offer->incarnation != 0 && offer->path < PACKET_PATHS_MAX;
}

enum offer_result offer_socket_receive(struct offer_socket *s, uint32_t *source, struct link_offer *offer)
{
    struct sockaddr_in from;
    socklen_t size = sizeof(from);
    ssize_t length = recvfrom(s->receiver, offer, sizeof(*offer), MSG_DONTWAIT | MSG_TRUNC,
                              (struct sockaddr *)&from, &size);
    if (length < 0)
        return OFFER_NONE;
    *source = ntohl(from.sin_addr.s_addr);
    return is_valid(offer, length) ? OFFER_TAKEN : OFFER_MALFORMED;
}
