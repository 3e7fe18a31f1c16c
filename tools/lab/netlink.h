/* SPDX-License-Identifier: BSD-3-Clause */
/* Requests to the kernel's rtnetlink in the network namespace where the socket was opened, whichever
 * namespace the caller is in later. */
#ifndef WEFT_LAB_NETLINK_H
#define WEFT_LAB_NETLINK_H

#include <libmnl/libmnl.h>
#include <stdint.h>

struct netlink;

enum {
    NETLINK_REQUEST_BYTES = 8192
};

/* A request under construction. */
struct netlink_request {
    char bytes[NETLINK_REQUEST_BYTES] __attribute__((aligned(8)));
    struct nlmsghdr *header;
};

/* Opened in the caller's network namespace. 0 or negative errno. */
int netlink_open(struct netlink **netlink);
void netlink_close(struct netlink *netlink);

/* Begins a request of an RTM_ type with NLM_F_ flags; returns its family header of `size` zeroed bytes. */
void *netlink_begin(struct netlink_request *request, uint16_t type, uint16_t flags, size_t size);

/* Sends and waits for the kernel's answer: 0 or negative errno. */
int netlink_send(struct netlink *netlink, struct netlink_request *request);

/* Sends and gives every message of the answer to `each`. 0 or negative errno. */
int netlink_dump(struct netlink *netlink, struct netlink_request *request, mnl_cb_t each, void *context);

#endif
