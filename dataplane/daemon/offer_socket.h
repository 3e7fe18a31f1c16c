/* SPDX-License-Identifier: BSD-3-Clause */
/* Offers of queue pairs (formats/link_offer.h) as UDP datagrams on an RDMA NIC's own interface. */
#ifndef WEFT_DAEMON_OFFER_SOCKET_H
#define WEFT_DAEMON_OFFER_SOCKET_H

#include <stdint.h>

#include "dataplane/formats/link_offer.h"

enum {
    OFFER_SENDERS = 16
};

struct offer_socket {
    int receiver;               /* also what the main loop waits for */
    int senders[OFFER_SENDERS]; /* in turn: each has a source port, and so a path, of its own */
    unsigned next_sender;
    uint16_t udp_port;
};

struct offer_socket_config {
    const char *interface;
    uint32_t address;
    uint16_t udp_port;
};
/* What is not open; it may be closed. */
void offer_socket_none(struct offer_socket *s);
/* 0 or negative errno; either way it may be closed. */
int offer_socket_open(struct offer_socket *s, const struct offer_socket_config *config);
void offer_socket_close(struct offer_socket *s);

/* May be lost, as any datagram. */
void offer_socket_send(struct offer_socket *s, uint32_t destination, const struct link_offer *offer);

enum offer_result {
    OFFER_NONE,
    OFFER_TAKEN,
    OFFER_MALFORMED
};
/* A copy of the oldest datagram that has come; TAKEN says that each of its fields is in range. */
enum offer_result offer_socket_receive(struct offer_socket *s, uint32_t *source, struct link_offer *offer);

#endif
