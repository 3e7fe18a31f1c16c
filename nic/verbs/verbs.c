/* SPDX-License-Identifier: BSD-3-Clause */
/* Opening and closing: everything that links share is made once, as large as it may become. */
#include "nic/verbs/verbs.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

#include "nic/verbs/device.h"

static unsigned least(unsigned a, unsigned b)
{
    return a < b ? a : b;
}

/* As many links as were asked for, as far as the device has room for all that they may have under way. */
static unsigned fit_links(const struct ibv_device_attr *device, unsigned wanted)
{
    unsigned by_receives = (unsigned)device->max_srq_wr / VERBS_LINK_MESSAGES;
    unsigned by_completions = (unsigned)device->max_cqe / (VERBS_LINK_COMPLETIONS + VERBS_LINK_MESSAGES);
    return least(least(wanted, (unsigned)device->max_qp), least(by_receives, by_completions));
}

static int measure(struct verbs *v, const struct verbs_config *config, char error[VERBS_ERROR_BYTES])
{
    struct ibv_device_attr device;
    struct ibv_port_attr port;
    if (ibv_query_device(v->context, &device) != 0 || ibv_query_port(v->context, v->gid.port, &port) != 0)
        return verbs_error(error, -EIO, "verbs:%s does not answer questions: %s", config->device,
                           strerror(errno));
    v->mtu = port.active_mtu;
    v->links_max = fit_links(&device, config->links_max);
    if (v->links_max == 0)
        return verbs_error(error, -ENOTSUP, "verbs:%s has no shared receive queues or too small ones",
                           config->device);
    return 0;
}

static void *allocate_pages(size_t bytes)
{
    void *pages = mmap(NULL, bytes, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    return pages == MAP_FAILED ? NULL : pages;
}

static size_t buffers_bytes(const struct verbs *v)
{
    return (size_t)v->buffer_count * VERBS_BUFFER_BYTES;
}

static size_t words_bytes(const struct verbs *v)
{
    return v->links_max * sizeof(*v->read_by_peer);
}

static bool allocate(struct verbs *v)
{
    uint32_t numbers = 4;
    while (numbers < 4 * v->links_max)
        numbers *= 2;
    v->buffer_count = v->links_max * VERBS_LINK_MESSAGES;
    v->buffers = allocate_pages(buffers_bytes(v));
    v->read_by_peer = allocate_pages(words_bytes(v));
    v->free_slots = calloc(v->links_max, sizeof(*v->free_slots));
    v->by_slot = calloc(v->links_max, sizeof(*v->by_slot));
    v->by_number = calloc(numbers, sizeof(*v->by_number));
    v->number_mask = numbers - 1;
    if (!v->buffers || !v->read_by_peer || !v->free_slots || !v->by_slot || !v->by_number)
        return false;
    for (unsigned i = 0; i < v->links_max; i++)
        v->free_slots[v->free_count++] = v->links_max - 1 - i;
    return true;
}

static bool create_queues(struct verbs *v)
{
    struct ibv_srq_init_attr srq = {.attr = {.max_wr = v->buffer_count, .max_sge = 1}};
    int completions = (int)(v->links_max * (VERBS_LINK_COMPLETIONS + VERBS_LINK_MESSAGES));
    v->pd = ibv_alloc_pd(v->context);
    v->channel = ibv_create_comp_channel(v->context);
    if (v->pd == NULL || v->channel == NULL)
        return false;
    v->cq = ibv_create_cq(v->context, completions, NULL, v->channel, 0);
    v->srq = ibv_create_srq(v->pd, &srq);
    return v->cq != NULL && v->srq != NULL && fcntl(v->channel->fd, F_SETFL, O_NONBLOCK) == 0 &&
           fcntl(v->context->async_fd, F_SETFL, O_NONBLOCK) == 0;
}

static bool register_own_memory(struct verbs *v)
{
    v->buffers_mr = ibv_reg_mr(v->pd, v->buffers, buffers_bytes(v), IBV_ACCESS_LOCAL_WRITE);
    v->words_mr = ibv_reg_mr(v->pd, (void *)v->read_by_peer, words_bytes(v),
                             IBV_ACCESS_LOCAL_WRITE | IBV_ACCESS_REMOTE_WRITE);
    return v->buffers_mr != NULL && v->words_mr != NULL;
}

void verbs_post_buffer(struct verbs *v, uint32_t buffer)
{
    struct ibv_sge piece = {.addr = (uintptr_t)v->buffers + (size_t)buffer * VERBS_BUFFER_BYTES,
                            .length = VERBS_BUFFER_BYTES,
                            .lkey = v->buffers_mr->lkey};
    struct ibv_recv_wr work = {.wr_id = buffer, .sg_list = &piece, .num_sge = 1}, *bad;
    ibv_post_srq_recv(v->srq, &work, &bad); /* there is room: each buffer is posted once */
}

static int build(struct verbs *v, const struct verbs_config *config, char error[VERBS_ERROR_BYTES])
{
    int result = measure(v, config, error);
    if (result != 0)
        return result;
    if (!allocate(v))
        return verbs_error(error, -ENOMEM, "verbs:%s: out of memory", config->device);
    if (!create_queues(v))
        return verbs_error(error, -errno, "verbs:%s: no queues: %s", config->device, strerror(errno));
    if (!register_own_memory(v))
        return verbs_error(error, -errno,
                           "verbs:%s: memory is not registered: %s; raise the limit of locked memory "
                           "(LimitMEMLOCK=infinity)",
                           config->device, strerror(errno));
    for (uint32_t i = 0; i < v->buffer_count; i++)
        verbs_post_buffer(v, i);
    v->ports_by_numbers = config->ports_by_numbers;
    if (!v->ports_by_numbers)
        verbs_find_source_port_setter(v);
    return 0;
}

int verbs_open(const struct verbs_config *config, struct verbs **verbs, char error[VERBS_ERROR_BYTES])
{
    struct verbs *v = calloc(1, sizeof(*v));
    if (v == NULL)
        return verbs_error(error, -ENOMEM, "verbs:%s: out of memory", config->device);
    LIST_INIT(&v->memories);
    LIST_INIT(&v->refused);
    int result = verbs_device_find(config, &v->context, &v->gid, error);
    if (result != 0) {
        free(v);
        return result;
    }
    result = build(v, config, error);
    if (result != 0) {
        verbs_close(v);
        return result;
    }
    *verbs = v;
    return 0;
}

void verbs_close(struct verbs *v)
{
    if (v == NULL)
        return;
    verbs_memories_end(v);
    verbs_forget_source_port_setter(v);
    if (v->srq != NULL)
        ibv_destroy_srq(v->srq);
    if (v->buffers_mr != NULL)
        ibv_dereg_mr(v->buffers_mr);
    if (v->words_mr != NULL)
        ibv_dereg_mr(v->words_mr);
    if (v->cq != NULL)
        ibv_destroy_cq(v->cq);
    if (v->channel != NULL)
        ibv_destroy_comp_channel(v->channel);
    if (v->pd != NULL)
        ibv_dealloc_pd(v->pd);
    ibv_close_device(v->context);
    if (v->buffers != NULL)
        munmap(v->buffers, buffers_bytes(v));
    if (v->read_by_peer != NULL)
        munmap((void *)v->read_by_peer, words_bytes(v));
    free(v->free_slots);
    free(v->by_slot);
    free(v->by_number);
    free(v);
}

const char *verbs_device_name(const struct verbs *v)
{
    return ibv_get_device_name(v->context->device);
}

uint32_t verbs_address(const struct verbs *v)
{
    return v->gid.address;
}

unsigned verbs_links_max(const struct verbs *v)
{
    return v->links_max;
}

void verbs_get_counters(const struct verbs *v, struct verbs_counters *counters)
{
    *counters = v->counters;
}

const char *verbs_status_name(unsigned status)
{
    return ibv_wc_status_str((enum ibv_wc_status)status);
}
