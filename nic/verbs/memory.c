/* SPDX-License-Identifier: BSD-3-Clause */
/* Registered memory. Registering pins pages and fills the NIC's tables, which takes long; what is registered
 * already is therefore only counted. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "nic/verbs/state.h"

struct verbs_memory {
    LIST_ENTRY(verbs_memory) link;
    struct ibv_mr *mr;
    uintptr_t base;
    uint64_t bytes;
    unsigned uses;
    bool shared; /* of this process: may be found again by its range; false: a dma-buf */
};

static const int ACCESS = IBV_ACCESS_LOCAL_WRITE | IBV_ACCESS_REMOTE_WRITE;

static struct verbs_memory *find(struct verbs *v, uintptr_t base, uint64_t bytes)
{
    struct verbs_memory *m;
    LIST_FOREACH(m, &v->memories, link)
    if (m->shared && base >= m->base && bytes <= m->bytes && base - m->base <= m->bytes - bytes)
        return m;
    return NULL;
}

static int complain(const struct verbs_memory *what, int failure, char error[VERBS_ERROR_BYTES])
{
    const char *advice = what->shared ? "is the limit of locked memory too low?"
                                      : "it is a dma-buf: only some devices reach the memory of others";
    return verbs_error(error, -failure, "%llu bytes cannot be registered with the NIC: %s; %s",
                       (unsigned long long)what->bytes, strerror(failure), advice);
}

static int add(struct verbs *v, const struct verbs_memory *what, struct verbs_memory **memory,
               char error[VERBS_ERROR_BYTES])
{
    if (what->mr == NULL)
        return complain(what, errno, error);
    struct verbs_memory *m = malloc(sizeof(*m));
    if (m == NULL) {
        ibv_dereg_mr(what->mr);
        return complain(what, ENOMEM, error);
    }
    *m = *what;
    m->uses = 1;
    LIST_INSERT_HEAD(&v->memories, m, link);
    *memory = m;
    return 0;
}

int verbs_memory_register(struct verbs *v, void *base, uint64_t bytes, struct verbs_memory **memory,
                          char error[VERBS_ERROR_BYTES])
{
    *memory = find(v, (uintptr_t)base, bytes);
    if (*memory != NULL) {
        (*memory)->uses++;
        return 0;
    }
    struct verbs_memory m = {.base = (uintptr_t)base,
                             .bytes = bytes,
                             .shared = true,
                             .mr = ibv_reg_mr(v->pd, base, bytes, ACCESS)};
    return add(v, &m, memory, error);
}

int verbs_memory_register_dmabuf(struct verbs *v, const struct verbs_dmabuf *dmabuf,
                                 struct verbs_memory **memory, char error[VERBS_ERROR_BYTES])
{
    struct verbs_memory m = {
        .base = dmabuf->address,
        .bytes = dmabuf->bytes,
        .mr = ibv_reg_dmabuf_mr(v->pd, dmabuf->offset, dmabuf->bytes, dmabuf->address, dmabuf->fd, ACCESS)};
    return add(v, &m, memory, error);
}

void verbs_memory_release(struct verbs_memory *memory)
{
    if (memory == NULL || --memory->uses > 0)
        return;
    if (memory->mr != NULL) {
        LIST_REMOVE(memory, link);
        ibv_dereg_mr(memory->mr);
    }
    free(memory);
}

void verbs_memories_end(struct verbs *v)
{
    struct verbs_memory *m;
    LIST_FOREACH(m, &v->memories, link)
    {
        ibv_dereg_mr(m->mr);
        m->mr = NULL;
    }
}

uint32_t verbs_memory_local_key(const struct verbs_memory *memory)
{
    return memory->mr->lkey;
}

uint32_t verbs_memory_remote_key(const struct verbs_memory *memory)
{
    return memory->mr->rkey;
}
