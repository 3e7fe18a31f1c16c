/* SPDX-License-Identifier: BSD-3-Clause */
#include "tools/lab/interface.h"

#include <errno.h>
#include <linux/ethtool.h>
#include <linux/gen_stats.h>
#include <linux/if_link.h>
#include <linux/pkt_sched.h>
#include <linux/rtnetlink.h>
#include <linux/sockios.h>
#include <linux/veth.h>
#include <net/if.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <unistd.h>

static void interface_put_end(struct nlmsghdr *header, const struct interface_end *end, unsigned mtu)
{
    mnl_attr_put_strz(header, IFLA_IFNAME, end->name);
    mnl_attr_put_u32(header, IFLA_NET_NS_FD, (uint32_t)end->namespace_fd);
    mnl_attr_put_u32(header, IFLA_MTU, mtu);
    mnl_attr_put_u32(header, IFLA_NUM_TX_QUEUES, 1);
    mnl_attr_put_u32(header, IFLA_NUM_RX_QUEUES, 1);
}

int interface_create_pair(struct netlink *netlink, const struct interface_end ends[2], unsigned mtu)
{
    struct netlink_request request;
    struct ifinfomsg *first =
        netlink_begin(&request, RTM_NEWLINK, NLM_F_CREATE | NLM_F_EXCL, sizeof(struct ifinfomsg));
    first->ifi_index = (int)ends[0].index;
    interface_put_end(request.header, &ends[0], mtu);
    struct nlattr *info = mnl_attr_nest_start(request.header, IFLA_LINKINFO);
    mnl_attr_put_strz(request.header, IFLA_INFO_KIND, "veth");
    struct nlattr *data = mnl_attr_nest_start(request.header, IFLA_INFO_DATA);
    struct nlattr *peer = mnl_attr_nest_start(request.header, VETH_INFO_PEER);
    struct ifinfomsg *second = mnl_nlmsg_put_extra_header(request.header, sizeof(*second));
    second->ifi_index = (int)ends[1].index;
    interface_put_end(request.header, &ends[1], mtu);
    mnl_attr_nest_end(request.header, peer);
    mnl_attr_nest_end(request.header, data);
    mnl_attr_nest_end(request.header, info);
    return netlink_send(netlink, &request);
}

int interface_set_up(struct netlink *netlink, unsigned index, bool up)
{
    struct netlink_request request;
    struct ifinfomsg *link = netlink_begin(&request, RTM_NEWLINK, 0, sizeof(*link));
    link->ifi_index = (int)index;
    link->ifi_flags = up ? IFF_UP : 0;
    link->ifi_change = IFF_UP;
    return netlink_send(netlink, &request);
}

int interface_add_address(struct netlink *netlink, unsigned index, uint32_t address)
{
    struct netlink_request request;
    struct ifaddrmsg *message =
        netlink_begin(&request, RTM_NEWADDR, NLM_F_CREATE | NLM_F_EXCL, sizeof(*message));
    message->ifa_family = AF_INET;
    message->ifa_prefixlen = 32;
    message->ifa_scope = RT_SCOPE_UNIVERSE;
    message->ifa_index = index;
    mnl_attr_put_u32(request.header, IFA_LOCAL, htobe32(address));
    return netlink_send(netlink, &request);
}

int interface_disable_checksum_offload(const char *name)
{
    struct ethtool_value value = {.cmd = ETHTOOL_STXCSUM, .data = 0};
    struct ifreq request = {.ifr_data = (char *)&value};
    snprintf(request.ifr_name, sizeof(request.ifr_name), "%s", name);
    int fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
    if (fd < 0)
        return -errno;
    int status = ioctl(fd, SIOCETHTOOL, &request) < 0 ? -errno : 0;
    close(fd);
    return status;
}

struct counters_table {
    struct interface_counters *counters;
    unsigned count;
};

static struct interface_counters *counters_of(struct counters_table *table, int index)
{
    return index >= 0 && (unsigned)index < table->count ? &table->counters[index] : NULL;
}

static int counters_on_link(const struct nlmsghdr *message, void *context)
{
    const struct ifinfomsg *link = mnl_nlmsg_get_payload(message);
    struct interface_counters *counters = counters_of(context, link->ifi_index);
    const struct nlattr *attribute;
    mnl_attr_for_each(attribute, message, sizeof(*link))
    {
        struct rtnl_link_stats64 stats;
        if (!counters || mnl_attr_get_type(attribute) != IFLA_STATS64)
            continue;
        size_t size = mnl_attr_get_payload_len(attribute);
        memset(&stats, 0, sizeof(stats));
        memcpy(&stats, mnl_attr_get_payload(attribute), size < sizeof(stats) ? size : sizeof(stats));
        counters->sent_packets += stats.tx_packets;
        counters->sent_bytes += stats.tx_bytes;
        counters->dropped_packets += stats.tx_dropped;
    }
    return MNL_CB_OK;
}

/* Only root queue disciplines: an inner one's drops are among its parent's. */
static int counters_on_qdisc(const struct nlmsghdr *message, void *context)
{
    const struct tcmsg *qdisc = mnl_nlmsg_get_payload(message);
    struct interface_counters *counters = counters_of(context, qdisc->tcm_ifindex);
    const struct nlattr *attribute, *inner;
    if (!counters || qdisc->tcm_parent != TC_H_ROOT)
        return MNL_CB_OK;
    mnl_attr_for_each(attribute, message, sizeof(*qdisc))
    {
        if (mnl_attr_get_type(attribute) != TCA_STATS2)
            continue;
        mnl_attr_for_each_nested(inner, attribute)
        {
            struct gnet_stats_queue stats;
            if (mnl_attr_get_type(inner) != TCA_STATS_QUEUE ||
                mnl_attr_get_payload_len(inner) < sizeof(stats))
                continue;
            memcpy(&stats, mnl_attr_get_payload(inner), sizeof(stats));
            counters->dropped_packets += stats.drops;
        }
    }
    return MNL_CB_OK;
}

int interface_get_counters(struct netlink *netlink, struct interface_counters *counters, unsigned count)
{
    struct counters_table table = {counters, count};
    struct netlink_request request;
    netlink_begin(&request, RTM_GETLINK, 0, sizeof(struct ifinfomsg));
    int status = netlink_dump(netlink, &request, counters_on_link, &table);
    if (status)
        return status;
    netlink_begin(&request, RTM_GETQDISC, 0, sizeof(struct tcmsg));
    return netlink_dump(netlink, &request, counters_on_qdisc, &table);
}
