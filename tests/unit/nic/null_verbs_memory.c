/* SPDX-License-Identifier: BSD-3-Clause */
/* Protection domains and registered memory of nothing: keys are numbers, and checked. */
#include <errno.h>
#include <stdlib.h>

#include "tests/unit/nic/null_verbs_state.h"

enum {
    MEMORIES_MAX = 256
};

static struct ibv_mr *memories[MEMORIES_MAX];
static uint32_t next_key = 1000;

struct ibv_pd *ibv_alloc_pd(struct ibv_context *context)
{
    struct ibv_pd *pd = calloc(1, sizeof(*pd));
    pd->context = context;
    return pd;
}

int ibv_dealloc_pd(struct ibv_pd *pd)
{
    free(pd);
    return 0;
}

struct ibv_mr *ibv_reg_mr(struct ibv_pd *pd, void *address, size_t length, int access)
{
    (void)access;
    if (null_verbs_is_refused())
        return NULL;
    for (unsigned i = 0; i < MEMORIES_MAX; i++) {
        if (memories[i] != NULL)
            continue;
        memories[i] = calloc(1, sizeof(*memories[i]));
        *memories[i] = (struct ibv_mr){.context = pd->context,
                                       .pd = pd,
                                       .addr = address,
                                       .length = length,
                                       .lkey = next_key,
                                       .rkey = next_key + 1};
        next_key += 2;
        return memories[i];
    }
    errno = ENOMEM;
    return NULL;
}

struct ibv_mr *ibv_reg_mr_iova2(struct ibv_pd *pd, void *address, size_t length, uint64_t iova,
                                unsigned access)
{
    (void)iova;
    return ibv_reg_mr(pd, address, length, (int)access);
}

struct ibv_mr *ibv_reg_dmabuf_mr(struct ibv_pd *pd, uint64_t offset, size_t length, uint64_t iova, int fd,
                                 int access)
{
    (void)offset;
    (void)iova;
    errno = EBADF;
    return fd < 0 ? NULL : ibv_reg_mr(pd, (void *)(uintptr_t)iova, length, access);
}

int ibv_dereg_mr(struct ibv_mr *mr)
{
    for (unsigned i = 0; i < MEMORIES_MAX; i++)
        if (memories[i] == mr)
            memories[i] = NULL;
    free(mr);
    return 0;
}

bool null_verbs_may_write(uint32_t key, uint64_t address, uint32_t length)
{
    for (unsigned i = 0; i < MEMORIES_MAX; i++) {
        const struct ibv_mr *mr = memories[i];
        if (mr != NULL && mr->rkey == key)
            return address >= (uintptr_t)mr->addr && address + length <= (uintptr_t)mr->addr + mr->length;
    }
    return false;
}
