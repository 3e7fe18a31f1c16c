/* SPDX-License-Identifier: BSD-3-Clause */
#include "tools/lab/link.h"

#include <errno.h>
#include <string.h>

#include "tools/lab/shaper.h"

enum {
    NS_PER_S = 1000000000
};

static int link_error(const struct link *link, struct lab_error *error, int status, const char *what)
{
    return lab_error_set(error, status, "link %s: %s: %s", link->name, what, strerror(-status));
}

/* AF_XDP passes by the tc hooks of a host: the leaf does for the host's link what senders do for theirs. */
static int link_attach_program(struct link *link, enum link_direction direction, struct lab_error *error)
{
    bool at_receiver = link->kind == LINK_OF_HOST && direction == LINK_UPWARD;
    const struct link_end *end = &link->sender[at_receiver ? LINK_DOWNWARD : direction];
    int status = namespace_enter(end->namespace);
    if (status)
        return link_error(link, error, status, "entering the namespace");
    return link_program_attach(link->program, end->index,
                               at_receiver ? LINK_PROGRAM_ARRIVAL : LINK_PROGRAM_DEPARTURE, error);
}

static int link_prepare_sender(struct link *link, enum link_direction direction, struct lab_error *error)
{
    const struct link_end *end = &link->sender[direction];
    int status = namespace_enter(end->namespace);
    if (status == 0)
        status = interface_disable_checksum_offload(end->interface);
    if (status == 0)
        status = interface_set_up(end->namespace->netlink, end->index, true);
    if (status)
        return link_error(link, error, status, end->interface);
    status = link_attach_program(link, direction, error);
    return status ? status : link_apply(link, direction, error);
}

int link_create(struct link *link, struct netlink *netlink, struct lab_error *error)
{
    struct interface_end ends[LINK_DIRECTIONS];
    for (unsigned i = 0; i < LINK_DIRECTIONS; i++)
        ends[i] = (struct interface_end){
            .namespace_fd = link->sender[i].namespace->fd,
            .name = link->sender[i].interface,
            .index = link->sender[i].index,
        };
    int status = interface_create_pair(netlink, ends, link->profile.mtu);
    if (status)
        return link_error(link, error, status, "making its veth pair (CONFIG_VETH)");
    link->up = true;
    status = link_prepare_sender(link, LINK_UPWARD, error);
    return status ? status : link_prepare_sender(link, LINK_DOWNWARD, error);
}

static uint64_t link_rate_bps(const struct link *link, enum link_direction direction)
{
    return link->fault[direction].rate_bps ? link->fault[direction].rate_bps : link->profile.rate_bps;
}

/* A host is its own sender queue and hears of nothing by marks; only a fault can make its link slower than
 * what it sends, and then the leaf polices it at exactly that rate. */
static struct link_settings link_settings_of(const struct link *link, enum link_direction direction)
{
    const struct link_fault *fault = &link->fault[direction];
    bool from_host = link->kind == LINK_OF_HOST && direction == LINK_UPWARD;
    struct link_settings settings = {.loss_2_32 = fault->loss_2_32, .black_hole = fault->black_hole};
    if (from_host && !fault->rate_bps)
        return settings;
    unsigned percent = from_host ? 100 : link->profile.phantom_percent;
    double drain_bytes_per_s = (double)link_rate_bps(link, direction) / 8 * percent / 100;
    settings.drained_per_ns_2_32 = (uint64_t)(drain_bytes_per_s / NS_PER_S * (1ULL << 32));
    settings.mark_above_2_32 = link->profile.mark_bytes << 32;
    settings.limit_2_32 = link->profile.buffer_bytes << 32;
    settings.drained_after_ns = (uint64_t)((double)link->profile.buffer_bytes / drain_bytes_per_s * NS_PER_S);
    settings.police = from_host;
    return settings;
}

static int link_apply_shaper(struct link *link, enum link_direction direction, struct lab_error *error)
{
    const struct link_end *end = &link->sender[direction];
    struct shaper shaper = {
        .interface_index = end->index,
        .mtu = link->profile.mtu,
        .rate_bps = link_rate_bps(link, direction),
        .buffer_bytes = link->profile.buffer_bytes,
    };
    int status = shaper_set(end->namespace->netlink, &shaper);
    if (status)
        return link_error(link, error, status, "shaping (CONFIG_NET_SCH_TBF)");
    status = shaper_set_delay(end->namespace->netlink, &shaper, link->fault[direction].delay_ns);
    if (status == -ENOENT)
        return lab_error_set(error, status,
                             "link %s: delay needs the kernel's netem queue discipline "
                             "(CONFIG_NET_SCH_NETEM, modprobe sch_netem)",
                             link->name);
    return status ? link_error(link, error, status, "delaying") : 0;
}

int link_apply(struct link *link, enum link_direction direction, struct lab_error *error)
{
    struct link_settings settings = link_settings_of(link, direction);
    int status = link_program_set(link->program, link->sender[direction].index, &settings);
    if (status)
        return link_error(link, error, status, "settings of the link program");
    return link_apply_shaper(link, direction, error);
}

int link_set_up(struct link *link, bool up, struct lab_error *error)
{
    for (unsigned i = 0; i < LINK_DIRECTIONS; i++) {
        const struct link_end *end = &link->sender[i];
        int status = interface_set_up(end->namespace->netlink, end->index, up);
        if (status)
            return link_error(link, error, status, end->interface);
    }
    link->up = up;
    return 0;
}
