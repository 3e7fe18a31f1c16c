/* SPDX-License-Identifier: BSD-3-Clause */
#include "tools/bench/placement.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

int placement_parse(const char *text, struct placement *placement)
{
    if (strcmp(text, "block") == 0 || strcmp(text, "scattered") == 0) {
        *placement = (struct placement){text[0] == 'b' ? PLACEMENT_BLOCK : PLACEMENT_SCATTERED, 0};
        return 0;
    }
    char *end;
    errno = 0;
    uint64_t seed = strtoull(text, &end, 10);
    if (errno != 0 || *end != '\0' || text[0] < '0' || text[0] > '9')
        return -EINVAL;
    *placement = (struct placement){PLACEMENT_RANDOM, seed};
    return 0;
}

static void placement_make_block(const struct fabric *fabric, unsigned ranks, unsigned *rank_hosts)
{
    for (unsigned rank = 0; rank < ranks; rank++)
        rank_hosts[rank] =
            ranks < fabric->host_count ? rank : (unsigned)((uint64_t)rank * fabric->host_count / ranks);
}

static void placement_make_scattered(const struct fabric *fabric, unsigned ranks, unsigned *rank_hosts)
{
    unsigned order[FABRIC_HOSTS_MAX], taken[FABRIC_LEAVES_MAX] = {0}, ordered = 0;
    for (unsigned leaf = 0; ordered < fabric->host_count; leaf = (leaf + 1) % fabric->leaf_count) {
        unsigned skip = taken[leaf]++;
        for (unsigned host = 0; host < fabric->host_count; host++)
            if (fabric->hosts[host].leaf == leaf && skip-- == 0) {
                order[ordered++] = host;
                break;
            }
    }
    for (unsigned rank = 0; rank < ranks; rank++)
        rank_hosts[rank] = order[rank % fabric->host_count];
}

/* splitmix64: the next number of the sequence at *state. */
static uint64_t placement_random(uint64_t *state)
{
    uint64_t z = *state += 0x9e3779b97f4a7c15u;
    z = (z ^ z >> 30) * 0xbf58476d1ce4e5b9u;
    z = (z ^ z >> 27) * 0x94d049bb133111ebu;
    return z ^ z >> 31;
}

static void placement_make_random(const struct fabric *fabric, unsigned ranks, uint64_t seed,
                                  unsigned *rank_hosts)
{
    unsigned slots = ranks > fabric->host_count ? ranks : fabric->host_count;
    unsigned *slot_hosts = malloc(slots * sizeof *slot_hosts);
    if (slot_hosts == NULL)
        abort();
    placement_make_block(fabric, slots, slot_hosts);
    for (unsigned left = slots; left > 1; left--) {
        unsigned chosen = placement_random(&seed) % left, host = slot_hosts[chosen];
        slot_hosts[chosen] = slot_hosts[left - 1];
        slot_hosts[left - 1] = host;
    }
    memcpy(rank_hosts, slot_hosts, ranks * sizeof *rank_hosts);
    free(slot_hosts);
}

void placement_make(const struct placement *placement, const struct fabric *fabric, unsigned ranks,
                    unsigned *rank_hosts)
{
    switch (placement->kind) {
    case PLACEMENT_BLOCK:
        placement_make_block(fabric, ranks, rank_hosts);
        return;
    case PLACEMENT_SCATTERED:
        placement_make_scattered(fabric, ranks, rank_hosts);
        return;
    case PLACEMENT_RANDOM:
        placement_make_random(fabric, ranks, placement->seed, rank_hosts);
        return;
    }
}
