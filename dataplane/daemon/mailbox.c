/* SPDX-License-Identifier: BSD-3-Clause */
#include "dataplane/daemon/mailbox.h"

#include <stdlib.h>

#include <rte_ring.h>

struct mailbox {
    unsigned entry_bytes;
    struct rte_ring *ring;
};

struct mailbox *mailbox_create(const char *name, unsigned entries, unsigned entry_bytes)
{
    struct mailbox *m = calloc(1, sizeof(*m));
    ssize_t bytes = rte_ring_get_memsize_elem(entry_bytes, entries);
    if (!m || bytes < 0)
        goto fail;
    m->entry_bytes = entry_bytes;
    m->ring = aligned_alloc(RTE_CACHE_LINE_SIZE, RTE_ALIGN_CEIL((size_t)bytes, RTE_CACHE_LINE_SIZE));
    if (!m->ring || rte_ring_init(m->ring, name, entries, RING_F_SP_ENQ | RING_F_SC_DEQ) != 0)
        goto fail;
    return m;
fail:
    mailbox_destroy(m);
    return NULL;
}

void mailbox_destroy(struct mailbox *m)
{
    if (!m)
        return;
    free(m->ring);
    free(m);
}

bool mailbox_put(struct mailbox *m, const void *entry)
{
    return rte_ring_sp_enqueue_elem(m->ring, (void *)entry, m->entry_bytes) == 0;
}

bool mailbox_take(struct mailbox *m, void *entry)
{
    return rte_ring_sc_dequeue_elem(m->ring, entry, m->entry_bytes) == 0;
}

bool mailbox_is_empty(const struct mailbox *m)
{
    return rte_ring_empty(m->ring);
}
