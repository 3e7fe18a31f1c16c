/* SPDX-License-Identifier: BSD-3-Clause */
#include "tools/lab/netlink.h"

#include <errno.h>
#include <stdlib.h>
#include <sys/socket.h>

struct netlink {
    struct mnl_socket *socket;
    uint32_t sequence;
};

enum {
    NETLINK_RECEIVE_BYTES = 32768 /* the most that the kernel puts into one part of a dump */
};

int netlink_open(struct netlink **netlink)
{
    struct netlink *opened = calloc(1, sizeof(*opened));
    if (!opened)
        return -ENOMEM;
    opened->socket = mnl_socket_open2(NETLINK_ROUTE, SOCK_CLOEXEC);
    if (!opened->socket || mnl_socket_bind(opened->socket, 0, MNL_SOCKET_AUTOPID) < 0) {
        int error = -errno;
        netlink_close(opened);
        return error;
    }
    *netlink = opened;
    return 0;
}

void netlink_close(struct netlink *netlink)
{
    if (netlink && netlink->socket)
        mnl_socket_close(netlink->socket);
    free(netlink);
}

void *netlink_begin(struct netlink_request *request, uint16_t type, uint16_t flags, size_t size)
{
    request->header = mnl_nlmsg_put_header(request->bytes);
    request->header->nlmsg_type = type;
    request->header->nlmsg_flags = NLM_F_REQUEST | flags;
    return mnl_nlmsg_put_extra_header(request->header, size);
}

static int netlink_receive(struct netlink *netlink, mnl_cb_t each, void *context)
{
    static char bytes[NETLINK_RECEIVE_BYTES] __attribute__((aligned(8)));
    unsigned port = mnl_socket_get_portid(netlink->socket);
    for (int more = MNL_CB_OK; more > MNL_CB_STOP;) {
        ssize_t length = mnl_socket_recvfrom(netlink->socket, bytes, sizeof(bytes));
        if (length < 0)
            return -errno;
        more = mnl_cb_run(bytes, (size_t)length, netlink->sequence, port, each, context);
        if (more < 0)
            return -errno;
    }
    return 0;
}

static int netlink_exchange(struct netlink *netlink, struct netlink_request *request, mnl_cb_t each,
                            void *context)
{
    request->header->nlmsg_seq = ++netlink->sequence;
    if (mnl_socket_sendto(netlink->socket, request->header, request->header->nlmsg_len) < 0)
        return -errno;
    return netlink_receive(netlink, each, context);
}

int netlink_send(struct netlink *netlink, struct netlink_request *request)
{
    request->header->nlmsg_flags |= NLM_F_ACK;
    return netlink_exchange(netlink, request, NULL, NULL);
}

int netlink_dump(struct netlink *netlink, struct netlink_request *request, mnl_cb_t each, void *context)
{
    request->header->nlmsg_flags |= NLM_F_DUMP;
    return netlink_exchange(netlink, request, each, context);
}
