/* SPDX-License-Identifier: BSD-3-Clause */
#include "tools/lab/shaper.h"

#include <errno.h>
#include <linux/if_ether.h>
#include <linux/pkt_sched.h>
#include <linux/rtnetlink.h>

enum {
    SHAPER_HANDLE = 1 << 16,          /* 1: */
    SHAPER_CLASS = SHAPER_HANDLE | 1, /* 1:1, the tbf's only class: its inner queue */
    SHAPER_DELAY_HANDLE = 2 << 16,    /* 2: */
    SHAPER_BURST_PER_S = 1000
};

static uint32_t clamp_u32(uint64_t value)
{
    return value < UINT32_MAX ? (uint32_t)value : UINT32_MAX;
}

uint32_t shaper_burst_bytes(const struct shaper *shaper)
{
    uint64_t burst = shaper->rate_bps / 8 / SHAPER_BURST_PER_S;
    uint64_t least = 3ULL * (shaper->mtu + ETH_HLEN);
    return clamp_u32(burst > least ? burst : least);
}

static struct tcmsg *shaper_begin(struct netlink_request *request, uint16_t type, unsigned interface_index)
{
    uint16_t flags = type == RTM_NEWQDISC ? NLM_F_CREATE | NLM_F_REPLACE : 0;
    struct tcmsg *message = netlink_begin(request, type, flags, sizeof(*message));
    message->tcm_family = AF_UNSPEC;
    message->tcm_ifindex = (int)interface_index;
    return message;
}

int shaper_set(struct netlink *netlink, const struct shaper *shaper)
{
    struct netlink_request request;
    struct tcmsg *message = shaper_begin(&request, RTM_NEWQDISC, shaper->interface_index);
    message->tcm_parent = TC_H_ROOT;
    message->tcm_handle = SHAPER_HANDLE;
    uint64_t rate_bytes_per_s = shaper->rate_bps / 8;
    struct tc_tbf_qopt parameters = {
        .rate = {.linklayer = TC_LINKLAYER_ETHERNET, .rate = clamp_u32(rate_bytes_per_s)},
        .limit = clamp_u32(shaper->buffer_bytes),
    };
    mnl_attr_put_strz(request.header, TCA_KIND, "tbf");
    struct nlattr *options = mnl_attr_nest_start(request.header, TCA_OPTIONS);
    mnl_attr_put(request.header, TCA_TBF_PARMS, sizeof(parameters), &parameters);
    if (rate_bytes_per_s > UINT32_MAX)
        mnl_attr_put_u64(request.header, TCA_TBF_RATE64, rate_bytes_per_s);
    mnl_attr_put_u32(request.header, TCA_TBF_BURST, shaper_burst_bytes(shaper));
    mnl_attr_nest_end(request.header, options);
    return netlink_send(netlink, &request);
}

/* Without an inner queue the token bucket drops everything: it gets its own back. */
static int shaper_remove_delay(struct netlink *netlink, const struct shaper *shaper)
{
    struct netlink_request request;
    struct tcmsg *message = shaper_begin(&request, RTM_DELQDISC, shaper->interface_index);
    message->tcm_parent = SHAPER_CLASS;
    message->tcm_handle = SHAPER_DELAY_HANDLE;
    int status = netlink_send(netlink, &request);
    return status == 0 ? shaper_set(netlink, shaper) : 0;
}

int shaper_set_delay(struct netlink *netlink, const struct shaper *shaper, uint64_t delay_ns)
{
    if (delay_ns == 0)
        return shaper_remove_delay(netlink, shaper);
    struct netlink_request request;
    struct tcmsg *message = shaper_begin(&request, RTM_NEWQDISC, shaper->interface_index);
    message->tcm_parent = SHAPER_CLASS;
    message->tcm_handle = SHAPER_DELAY_HANDLE;
    mnl_attr_put_strz(request.header, TCA_KIND, "netem");
    struct nlattr *options = mnl_attr_nest_start(request.header, TCA_OPTIONS);
    struct tc_netem_qopt *parameters = mnl_nlmsg_put_extra_header(request.header, sizeof(*parameters));
    uint64_t in_flight_bytes = (uint64_t)((double)shaper->rate_bps / 8e9 * (double)delay_ns);
    parameters->limit = clamp_u32((shaper->buffer_bytes + in_flight_bytes) / shaper->mtu + 1);
    mnl_attr_put_u64(request.header, TCA_NETEM_LATENCY64, delay_ns);
    mnl_attr_nest_end(request.header, options);
    return netlink_send(netlink, &request);
}
