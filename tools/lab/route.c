/* SPDX-License-Identifier: BSD-3-Clause */
#include "tools/lab/route.h"

#include <endian.h>
#include <linux/rtnetlink.h>
#include <sys/socket.h>

static void route_put_hop(struct nlmsghdr *header, const struct route_hop *hop)
{
    mnl_attr_put_u32(header, RTA_OIF, hop->interface_index);
    if (hop->gateway)
        mnl_attr_put_u32(header, RTA_GATEWAY, htobe32(hop->gateway));
}

static void route_put_multipath(struct nlmsghdr *header, const struct route *route)
{
    struct nlattr *multipath = mnl_attr_nest_start(header, RTA_MULTIPATH);
    for (unsigned i = 0; i < route->hop_count; i++) {
        struct rtnexthop *next = mnl_nlmsg_put_extra_header(header, sizeof(*next));
        uint32_t start = header->nlmsg_len - (uint32_t)sizeof(*next);
        next->rtnh_ifindex = (int)route->hops[i].interface_index;
        next->rtnh_flags = RTNH_F_ONLINK;
        mnl_attr_put_u32(header, RTA_GATEWAY, htobe32(route->hops[i].gateway));
        next->rtnh_len = (unsigned short)(header->nlmsg_len - start);
    }
    mnl_attr_nest_end(header, multipath);
}

int route_replace(struct netlink *netlink, const struct route *route)
{
    struct netlink_request request;
    struct rtmsg *message =
        netlink_begin(&request, RTM_NEWROUTE, NLM_F_CREATE | NLM_F_REPLACE, sizeof(*message));
    message->rtm_family = AF_INET;
    message->rtm_dst_len = (unsigned char)route->prefix_bits;
    message->rtm_table = RT_TABLE_MAIN;
    message->rtm_protocol = RTPROT_STATIC;
    message->rtm_type = route->hop_count ? RTN_UNICAST : RTN_UNREACHABLE;
    message->rtm_scope = RT_SCOPE_UNIVERSE;
    if (route->hop_count == 1 && !route->hops[0].gateway)
        message->rtm_scope = RT_SCOPE_LINK;
    if (route->hop_count == 1 && route->hops[0].gateway)
        message->rtm_flags = RTNH_F_ONLINK;
    if (route->prefix_bits)
        mnl_attr_put_u32(request.header, RTA_DST, htobe32(route->prefix));
    if (route->source)
        mnl_attr_put_u32(request.header, RTA_PREFSRC, htobe32(route->source));
    if (route->hop_count == 1)
        route_put_hop(request.header, &route->hops[0]);
    else if (route->hop_count > 1)
        route_put_multipath(request.header, route);
    return netlink_send(netlink, &request);
}
