/* SPDX-License-Identifier: BSD-3-Clause */
#include "nic/port_memory.h"

#include <assert.h>
#include <errno.h>
#include <stdlib.h>

#include "nic/port_state.h"

/* Unregistering refuses while a frame is counted, so the last reference is never a frame's. */
static void on_last_reference(void *address, void *opaque)
{
    (void)address;
    (void)opaque;
    assert(!"a frame held memory that is no longer registered");
}

int port_memory_register(struct port *port, void *base, uint64_t bytes, struct port_memory **memory)
{
    *memory = NULL;
    if (!port->device.gathers)
        return -ENOTSUP;
    struct port_memory *m = aligned_alloc(_Alignof(struct port_memory), sizeof(*m));
    if (m == NULL)
        return -ENOMEM;
    *m = (struct port_memory){.base = base, .bytes = bytes, .shared.free_cb = on_last_reference};
    rte_mbuf_ext_refcnt_set(&m->shared, 1);
    *memory = m;
    return 0;
}

unsigned port_memory_frames(const struct port_memory *memory)
{
    /* acquire: whoever freed a frame had read its payload before */
    return __atomic_load_n(&memory->shared.refcnt, __ATOMIC_ACQUIRE) - 1u;
}

int port_memory_unregister(struct port_memory *memory)
{
    if (memory != NULL && port_memory_frames(memory) > 0)
        return -EBUSY;
    free(memory);
    return 0;
}

void port_memory_attach(struct port_memory *memory, struct rte_mbuf *mbuf, const uint8_t *start,
                        uint16_t length)
{
    assert(start >= memory->base && length <= memory->bytes &&
           (uint64_t)(start - memory->base) <= memory->bytes - length);
    /* no device that gathers asks for a bus address */
    rte_pktmbuf_attach_extbuf(mbuf, (void *)(uintptr_t)start, RTE_BAD_IOVA, length, &memory->shared);
    mbuf->data_len = length;
}
