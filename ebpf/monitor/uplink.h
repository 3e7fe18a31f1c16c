/* SPDX-License-Identifier: BSD-3-Clause */
/* Sends what ports have to tell to control, a batch at a time for each port, and keeps it until control has
 * taken it. Whatever is wrong with control, the monitor goes on. */
#ifndef WEFT_EBPF_MONITOR_UPLINK_H
#define WEFT_EBPF_MONITOR_UPLINK_H

#include "ebpf/monitor/config.h"
#include "ebpf/monitor/port_table.h"

struct event_base;
struct uplink;

struct uplink_config {
    struct event_base *base;
    const struct monitor_config *config;
    struct port_table *ports;
    uint64_t incarnation;
    /* Control knows of a hang of a communicator that has ranks on this host. */
    void (*tell)(void *context, uint64_t communicator, const char *text);
    void *context;
};
/* NULL when no control is configured, or it is of no use, which is logged. */
struct uplink *uplink_create(const struct uplink_config *config);
/* NULL is allowed. */
void uplink_destroy(struct uplink *uplink);

/* Sends what is there, where nothing is under way; `lost` records never got so far as an outbox. An idle port
 * sends an empty batch every second, to say that it is watched. */
void uplink_send(struct uplink *uplink, uint64_t now_ns, uint64_t lost);

struct uplink_view {
    bool answering; /* the last batch was taken */
    uint64_t batches, failures;
    const char *error; /* of the last failure; NULL: none */
};
void uplink_get_view(const struct uplink *uplink, struct uplink_view *view);

#endif
