/* SPDX-License-Identifier: BSD-3-Clause */
#include "nic/next_hop.h"

#include <arpa/inet.h>
#include <errno.h>
#include <linux/neighbour.h>
#include <linux/rtnetlink.h>
#include <net/if.h>
#include <stdbool.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include <libmnl/libmnl.h>

enum {
    ANSWER_BYTES = 8192,
    DISCARD_PORT = 9
};

struct route {
    uint8_t type;
    uint32_t gateway; /* network byte order; 0: the destination is on the link */
    uint32_t interface;
};

struct neighbour {
    uint16_t state;
    bool has_ethernet;
    uint8_t ethernet[6];
};

static int on_route_attribute(const struct nlattr *attribute, void *data)
{
    struct route *route = data;
    if (mnl_attr_get_type(attribute) == RTA_GATEWAY && mnl_attr_get_payload_len(attribute) == 4)
        route->gateway = mnl_attr_get_u32(attribute);
    if (mnl_attr_get_type(attribute) == RTA_OIF && mnl_attr_get_payload_len(attribute) == 4)
        route->interface = mnl_attr_get_u32(attribute);
    return MNL_CB_OK;
}

static int on_route(const struct nlmsghdr *answer, void *data)
{
    struct route *route = data;
    const struct rtmsg *message = mnl_nlmsg_get_payload(answer);
    route->type = message->rtm_type;
    return mnl_attr_parse(answer, sizeof(*message), on_route_attribute, route);
}

static int on_neighbour_attribute(const struct nlattr *attribute, void *data)
{
    struct neighbour *neighbour = data;
    if (mnl_attr_get_type(attribute) != NDA_LLADDR ||
        mnl_attr_get_payload_len(attribute) != sizeof(neighbour->ethernet))
        return MNL_CB_OK;
    memcpy(neighbour->ethernet, mnl_attr_get_payload(attribute), sizeof(neighbour->ethernet));
    neighbour->has_ethernet = true;
    return MNL_CB_OK;
}

static int on_neighbour(const struct nlmsghdr *answer, void *data)
{
    struct neighbour *neighbour = data;
    const struct ndmsg *message = mnl_nlmsg_get_payload(answer);
    neighbour->state = message->ndm_state;
    return mnl_attr_parse(answer, sizeof(*message), on_neighbour_attribute, neighbour);
}

/* Sends the request and runs `on_answer` over what comes back, an acknowledgement at the end. 0 or negative
 * errno. */
static int ask(struct nlmsghdr *request, mnl_cb_t on_answer, void *data)
{
    char answer[ANSWER_BYTES];
    struct mnl_socket *socket = mnl_socket_open2(NETLINK_ROUTE, SOCK_CLOEXEC);
    int more = MNL_CB_OK;
    if (socket == NULL)
        return -errno;
    request->nlmsg_flags = NLM_F_REQUEST | NLM_F_ACK;
    if (mnl_socket_bind(socket, 0, MNL_SOCKET_AUTOPID) < 0 ||
        mnl_socket_sendto(socket, request, request->nlmsg_len) < 0)
        more = MNL_CB_ERROR;
    while (more > MNL_CB_STOP) {
        ssize_t length = mnl_socket_recvfrom(socket, answer, sizeof(answer));
        more = length < 0
                   ? MNL_CB_ERROR
                   : mnl_cb_run(answer, (size_t)length, 0, mnl_socket_get_portid(socket), on_answer, data);
    }
    int result = more == MNL_CB_ERROR ? -errno : 0;
    mnl_socket_close(socket);
    return result;
}

static int find_route(struct route *route, int interface, uint32_t destination)
{
    char buffer[256];
    struct nlmsghdr *request = mnl_nlmsg_put_header(buffer);
    request->nlmsg_type = RTM_GETROUTE;
    struct rtmsg *message = mnl_nlmsg_put_extra_header(request, sizeof(*message));
    message->rtm_family = AF_INET;
    message->rtm_dst_len = 32;
    mnl_attr_put_u32(request, RTA_DST, htonl(destination));
    mnl_attr_put_u32(request, RTA_OIF, (uint32_t)interface);
    return ask(request, on_route, route);
}

static int find_neighbour(struct neighbour *neighbour, int interface, uint32_t address)
{
    char buffer[256];
    struct nlmsghdr *request = mnl_nlmsg_put_header(buffer);
    request->nlmsg_type = RTM_GETNEIGH;
    struct ndmsg *message = mnl_nlmsg_put_extra_header(request, sizeof(*message));
    message->ndm_family = AF_INET;
    message->ndm_ifindex = interface;
    mnl_attr_put_u32(request, NDA_DST, address);
    return ask(request, on_neighbour, neighbour);
}

/* Makes the kernel resolve the neighbour by giving it something to send there, which dies at the neighbour.
 */
static int provoke_resolution(int interface, uint32_t address)
{
    char name[IF_NAMESIZE];
    const int one_hop = 1;
    struct sockaddr_in to = {
        .sin_family = AF_INET, .sin_port = htons(DISCARD_PORT), .sin_addr.s_addr = address};
    int fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
    int result = -EAGAIN;
    if (fd < 0)
        return -errno;
    if (if_indextoname((unsigned)interface, name) == NULL ||
        setsockopt(fd, SOL_SOCKET, SO_BINDTODEVICE, name, (socklen_t)strlen(name)) < 0 ||
        setsockopt(fd, IPPROTO_IP, IP_TTL, &one_hop, sizeof(one_hop)) < 0 ||
        sendto(fd, "", 1, 0, (struct sockaddr *)&to, sizeof(to)) < 0)
        result = errno == 0 ? -EIO : -errno;
    close(fd);
    return result;
}

int next_hop_resolve(int interface, uint32_t destination, uint8_t ethernet[6])
{
    const uint16_t usable = NUD_PERMANENT | NUD_NOARP | NUD_REACHABLE | NUD_STALE | NUD_DELAY | NUD_PROBE;
    struct route route = {0};
    struct neighbour neighbour = {0};
    int failure = find_route(&route, interface, destination);
    if (failure != 0)
        return failure;
    if (route.type != RTN_UNICAST || route.interface != (uint32_t)interface)
        return -ENETUNREACH;
    uint32_t address = route.gateway != 0 ? route.gateway : htonl(destination);
    failure = find_neighbour(&neighbour, interface, address);
    if (failure == -ENOENT || (failure == 0 && !(neighbour.state & usable)))
        return provoke_resolution(interface, address);
    if (failure != 0)
        return failure;
    if (!neighbour.has_ethernet)
        return -ENOTSUP;
    memcpy(ethernet, neighbour.ethernet, sizeof(neighbour.ethernet));
    return 0;
}
