/* SPDX-License-Identifier: BSD-3-Clause */
/* Devices of nothing, and what they tell. */
#include <arpa/inet.h>
#include <assert.h>
#include <errno.h>
#include <net/if.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include "tests/unit/nic/null_verbs_state.h"

enum {
    GID_ENTRIES = 4
};

static struct ibv_device devices[NULL_VERBS_DEVICES];
static int refusal, receives_max;
static int gid_entry = 1;
static enum ibv_event_type told;
static bool has_told;

unsigned null_verbs_device_index(const struct ibv_device *device)
{
    return (unsigned)(device - devices);
}

void null_verbs_refuse(int error)
{
    refusal = error;
}

bool null_verbs_is_refused(void)
{
    errno = refusal;
    refusal = 0;
    return errno != 0;
}

void null_verbs_limit_receives(int receives)
{
    receives_max = receives;
}

void null_verbs_set_folder(unsigned index, const char *folder)
{
    strncpy(devices[index].ibdev_path, folder, sizeof(devices[index].ibdev_path) - 1);
}

void null_verbs_tell(enum ibv_event_type event)
{
    told = event;
    has_told = true;
}

/* ---- devices ---- */

struct ibv_device **ibv_get_device_list(int *count)
{
    struct ibv_device **list = calloc(NULL_VERBS_DEVICES + 1, sizeof(*list));
    for (unsigned i = 0; i < NULL_VERBS_DEVICES; i++) {
        strcpy(devices[i].name, i == 0 ? "null0" : "null1");
        list[i] = &devices[i];
    }
    *count = NULL_VERBS_DEVICES;
    return list;
}

void ibv_free_device_list(struct ibv_device **list)
{
    free(list);
}

const char *ibv_get_device_name(struct ibv_device *device)
{
    return device->name;
}

struct ibv_context *ibv_open_device(struct ibv_device *device)
{
    struct ibv_context *context = calloc(1, sizeof(*context));
    context->device = device;
    context->async_fd = eventfd(0, EFD_NONBLOCK);
    context->ops.post_send = null_verbs_post_send;
    context->ops.post_srq_recv = null_verbs_post_srq_recv;
    context->ops.poll_cq = null_verbs_poll_cq;
    context->ops.req_notify_cq = null_verbs_req_notify_cq;
    return context;
}

int ibv_close_device(struct ibv_context *context)
{
    close(context->async_fd);
    free(context);
    return 0;
}

int ibv_query_device(struct ibv_context *context, struct ibv_device_attr *attributes)
{
    (void)context;
    *attributes = (struct ibv_device_attr){.phys_port_cnt = 1,
                                           .max_qp = NULL_QUEUE_PAIRS_MAX,
                                           .max_cqe = NULL_ENTRIES_MAX,
                                           .max_srq_wr = receives_max ? receives_max : NULL_RECEIVES_MAX};
    return 0;
}

int ibv_query_port(struct ibv_context *context, uint8_t port, struct _compat_ibv_port_attr *attributes)
{
    struct ibv_port_attr *whole = (struct ibv_port_attr *)attributes;
    (void)context;
    (void)port;
    whole->gid_tbl_len = GID_ENTRIES;
    whole->active_mtu = IBV_MTU_4096;
    return 0;
}

void null_verbs_put_gid(int entry)
{
    gid_entry = entry;
}

/* Entry 0 is of an older RoCE; one other is filled. */
int _ibv_query_gid_ex(struct ibv_context *context, uint32_t port, uint32_t index, struct ibv_gid_entry *entry,
                      uint32_t flags, size_t size)
{
    uint32_t address = htonl(0x0a000001 + (uint32_t)(context->device - devices));
    (void)flags;
    assert(port == 1 && size == sizeof(*entry));
    memset(entry, 0, sizeof(*entry));
    entry->gid.raw[10] = entry->gid.raw[11] = 0xff;
    memcpy(entry->gid.raw + 12, &address, sizeof(address));
    entry->gid_type = index == 0 ? IBV_GID_TYPE_ROCE_V1 : IBV_GID_TYPE_ROCE_V2;
    entry->ndev_ifindex = if_nametoindex("lo");
    return index == 0 || (int)index == gid_entry ? 0 : ENODATA;
}

/* ---- what they tell ---- */

int ibv_get_async_event(struct ibv_context *context, struct ibv_async_event *event)
{
    (void)context;
    if (!has_told)
        return -1;
    has_told = false;
    event->event_type = told;
    return 0;
}

void ibv_ack_async_event(struct ibv_async_event *event)
{
    (void)event;
}

const char *ibv_event_type_str(enum ibv_event_type event)
{
    return event == IBV_EVENT_PORT_ERR ? "port error" : "event";
}

const char *ibv_wc_status_str(enum ibv_wc_status status)
{
    return status == IBV_WC_RETRY_EXC_ERR ? "transport retry counter exceeded" : "failed";
}
