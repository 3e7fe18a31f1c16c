/* SPDX-License-Identifier: BSD-3-Clause */
#include "nic/memory_pair.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include <rte_errno.h>
#include <rte_eth_ring.h>
#include <rte_mbuf.h>
#include <rte_ring.h>

#define PAIR_NAME_FORMAT "16"
enum {
    PAIR_NAME_BYTES = 16,
    RING_FRAMES = 1024
};

static struct rte_ring *find_or_create_ring(const char *pair, char from_end)
{
    char name[RTE_RING_NAMESIZE];
    snprintf(name, sizeof(name), "weft_%.16s_%c", pair, from_end);
    struct rte_ring *ring = rte_ring_lookup(name);
    return ring != NULL ? ring
                        : rte_ring_create(name, RING_FRAMES, SOCKET_ID_ANY, RING_F_SP_ENQ | RING_F_SC_DEQ);
}

/* Sets the two rings as the end `name` sees them. */
static int find_rings(const char *name, struct rte_ring **transmit, struct rte_ring **receive)
{
    char pair[PAIR_NAME_BYTES + 1], end, rest;
    if (sscanf(name, "%" PAIR_NAME_FORMAT "[^/]/%c%c", pair, &end, &rest) != 2 || (end != '0' && end != '1'))
        return -EINVAL;
    *transmit = find_or_create_ring(pair, end);
    *receive = find_or_create_ring(pair, end == '0' ? '1' : '0');
    return *transmit == NULL || *receive == NULL ? -ENOMEM : 0;
}

int memory_pair_attach(const char *name, uint16_t *ethdev)
{
    struct rte_ring *transmit, *receive;
    int failure = find_rings(name, &transmit, &receive);
    if (failure != 0)
        return failure;
    int id = rte_eth_from_rings(name, &receive, 1, &transmit, 1, SOCKET_ID_ANY);
    if (id < 0)
        return -(rte_errno > 0 ? rte_errno : ENODEV);
    *ethdev = (uint16_t)id;
    return 0;
}

static void drain(struct rte_ring *ring)
{
    void *buffer;
    while (rte_ring_dequeue(ring, &buffer) == 0)
        rte_pktmbuf_free(buffer);
}

void memory_pair_drain(const char *name)
{
    struct rte_ring *transmit, *receive;
    if (find_rings(name, &transmit, &receive) != 0)
        return;
    drain(transmit);
    drain(receive);
}
