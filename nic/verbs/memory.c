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
    bool shared; /* may be found again by its range */
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

static int add(struct verbs *v, const struct verbs_memory *what, struct verbs_memory **memory,
               char error[VERBS_ERROR_BYTES])
{
    int failure = errno;
    struct verbs_memory *m = what->mr != NULL ? malloc(sizeof(*m)) : NULL;
    if (m != NULL) {
        *m = *what;
        m->uses = 1;
        LIST_INSERT_HEAD(&v->memories, m, link);
        *memory = m;
        return 0;
    }
    if (what->mr != NULL) {
        ibv_dereg_mr(what->mr);
        failure = ENOMEM;
    }
    return verbs_error(
        error, -failure,
        "%llu bytes cannot be registered with the NIC: %s; is the limit of locked memory too low?",
        (unsigned long long)what->bytes, strerror(failure));
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
