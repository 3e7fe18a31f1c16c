/* SPDX-License-Identifier: BSD-3-Clause */
/* What a device tells beside completions: ports that go down and come back, addresses that change, its own
 * end. A link's own troubles come as completions, so they are only named here. */
#include "nic/verbs/state.h"

static enum verbs_event_kind kind_of(enum ibv_event_type type)
{
    switch (type) {
    case IBV_EVENT_PORT_ERR:
        return VERBS_EVENT_PORT_DOWN;
    case IBV_EVENT_PORT_ACTIVE:
        return VERBS_EVENT_PORT_UP;
    case IBV_EVENT_GID_CHANGE:
        return VERBS_EVENT_ADDRESS_CHANGED;
    case IBV_EVENT_DEVICE_FATAL:
        return VERBS_EVENT_DEVICE_GONE;
    default:
        return VERBS_EVENT_OTHER;
    }
}

int verbs_event_fd(const struct verbs *v)
{
    return v->context->async_fd;
}

enum verbs_event_kind verbs_take_event(struct verbs *v, const char **text)
{
    struct ibv_async_event event;
    if (ibv_get_async_event(v->context, &event) != 0)
        return VERBS_EVENT_NONE;
    *text = ibv_event_type_str(event.event_type);
    enum verbs_event_kind kind = kind_of(event.event_type);
    ibv_ack_async_event(&event);
    return kind;
}

bool verbs_find_address_again(struct verbs *v)
{
    struct verbs_gid gid;
    if (verbs_find_gid(v->context, v->gid.address, &gid) != 0)
        return false;
    v->gid = gid;
    return true;
}
