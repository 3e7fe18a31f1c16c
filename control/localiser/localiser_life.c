/* SPDX-License-Identifier: BSD-3-Clause */
/* A localiser begins and ends. */
#include <errno.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "control/localiser/state.h"

enum {
    GATE_COMMUNICATORS = 4096,
    GATE_RANKS = 1 << 20
};

void localiser_config_default(struct localiser_config *c)
{
    *c = (struct localiser_config){.window_rounds = 20,
                                   .round_ns_min = 250000000,
                                   .settle_ns = 500000000,
                                   .noise_floor = 0.02,
                                   .shift = 2,
                                   .loss_background = 1e-6,
                                   .loss_sought = 1e-4,
                                   .round_prior = log(50),
                                   .round_cap = 8,
                                   .false_verdicts_per_round = 1e-6,
                                   .margin = log(1000),
                                   .silence_settle_ns = 50000000,
                                   .silent_flows_min = 2,
                                   .hang_ns = 10000000000,
                                   .clean_rounds = 100,
                                   .probe_timeout_ns = 2000000000,
                                   .records_max = 1 << 20};
}

/* ---- create ---- */

static int refuse(char error[LOCALISER_ERROR_BYTES], const char *what)
{
    snprintf(error, LOCALISER_ERROR_BYTES, "localiser: %s", what);
    return -EINVAL;
}

static int check_config(const struct localiser_config *c, char error[LOCALISER_ERROR_BYTES])
{
    if (c->window_rounds < 4 || c->window_rounds > 1000)
        return refuse(error, "window_rounds must be from 4 to 1000");
    if (!(c->noise_floor > 0) || !(c->shift > 0) || !(c->round_cap > 0) || !(c->round_prior >= 0))
        return refuse(error, "noise_floor, shift and round_cap must be above 0, round_prior not below");
    if (!(c->loss_background > 0) || !(c->loss_sought > c->loss_background) || !(c->loss_sought < 0.1))
        return refuse(error, "loss_background must be above 0 and below loss_sought, that below 0.1");
    if (!(c->false_verdicts_per_round > 0) || !(c->false_verdicts_per_round < 1) || !(c->margin >= 0))
        return refuse(error, "false_verdicts_per_round must be within 0 and 1, margin not below 0");
    if (c->clean_rounds == 0 || c->records_max == 0 || c->hang_ns == 0)
        return refuse(error, "clean_rounds, records_max and hang_ns must be above 0");
    return 0;
}

static int check_fabric(const struct localiser_fabric *f, char error[LOCALISER_ERROR_BYTES])
{
    if (f->leaf_count == 0 || f->leaf_count > LOCALISER_LEAVES_MAX || f->spine_count == 0 ||
        f->spine_count > LOCALISER_SPINES_MAX || f->port_count == 0 || f->port_count > LOCALISER_PORTS_MAX)
        return refuse(error, "the fabric has no leaves, spines or ports, or too many");
    for (uint32_t i = 0; i < f->port_count; i++)
        if (f->ports[i].leaf >= f->leaf_count)
            return refuse(error, "a port is on a leaf that the fabric does not have");
    return 0;
}

static int compare_ports(const void *a, const void *b)
{
    uint32_t x = ((const struct localiser_port *)a)->address, y = ((const struct localiser_port *)b)->address;
    return (x > y) - (x < y);
}

/* Ports by leaf, in the order of their addresses. */
static void sort_into_leaves(struct localiser *l)
{
    const struct component_shape *s = &l->map.shape;
    for (uint32_t i = 0; i < s->port_count; i++)
        l->leaf_first[l->port_leaf[i] + 1]++;
    for (uint32_t leaf = 0; leaf < s->leaf_count; leaf++)
        l->leaf_first[leaf + 1] += l->leaf_first[leaf];
    uint32_t *next = calloc(s->leaf_count, sizeof(*next));
    for (uint32_t i = 0; next != NULL && i < s->port_count; i++)
        l->leaf_of_ports[l->leaf_first[l->port_leaf[i]] + next[l->port_leaf[i]]++] = i;
    free(next);
}

static int copy_fabric(struct localiser *l, const struct localiser_fabric *f,
                       char error[LOCALISER_ERROR_BYTES])
{
    l->map.shape = (struct component_shape){
        .leaf_count = f->leaf_count, .spine_count = f->spine_count, .port_count = f->port_count};
    l->ports = malloc(f->port_count * sizeof(*l->ports));
    l->port_leaf = malloc(f->port_count * sizeof(*l->port_leaf));
    l->leaf_first = calloc(f->leaf_count + 1, sizeof(*l->leaf_first));
    l->leaf_of_ports = calloc(f->port_count, sizeof(*l->leaf_of_ports));
    l->monitors = calloc(f->port_count, sizeof(*l->monitors));
    l->clocks = calloc((size_t)f->port_count * RANK_CLOCKS, sizeof(*l->clocks));
    if (l->ports == NULL || l->port_leaf == NULL || l->leaf_first == NULL || l->leaf_of_ports == NULL ||
        l->monitors == NULL || l->clocks == NULL)
        return -ENOMEM;
    memcpy(l->ports, f->ports, f->port_count * sizeof(*l->ports));
    qsort(l->ports, f->port_count, sizeof(*l->ports), compare_ports);
    for (uint32_t i = 1; i < f->port_count; i++)
        if (l->ports[i].address == l->ports[i - 1].address)
            return refuse(error, "two ports have the same address");
    for (uint32_t i = 0; i < f->port_count; i++)
        l->port_leaf[i] = l->ports[i].leaf;
    l->map.port_leaf = l->port_leaf;
    sort_into_leaves(l);
    return 0;
}

static int create_parts(struct localiser *l)
{
    struct stage_gate_config gate = {.hang_ns = l->config.hang_ns,
                                     .whole_communicators = true,
                                     .communicators_max = GATE_COMMUNICATORS,
                                     .ranks_max = GATE_RANKS};
    l->gate = stage_gate_create(&gate);
    if (l->gate == NULL || habits_create(&l->habits) != 0 ||
        loss_level_create(&l->losses, l->map.shape.port_count) != 0 ||
        evidence_create(&l->evidence, &l->map, &l->config) != 0 ||
        silence_create(&l->silence, &l->map, &l->config) != 0)
        return -ENOMEM;
    struct accusations *a = &l->accusations;
    a->config = &l->config;
    a->evidence = &l->evidence;
    a->silence = &l->silence;
    a->pauses = &l->pauses;
    a->ports = l->ports;
    a->leaf_ports = (struct leaf_ports){.first = l->leaf_first, .ports = l->leaf_of_ports};
    a->counters = &l->counters;
    return 0;
}

int localiser_create(const struct localiser_fabric *fabric, const struct localiser_config *config,
                     struct localiser **out, char error[LOCALISER_ERROR_BYTES])
{
    int result = check_config(config, error);
    if (result == 0)
        result = check_fabric(fabric, error);
    if (result != 0)
        return result;
    struct localiser *l = calloc(1, sizeof(*l));
    if (l != NULL) {
        l->config = *config;
        result = copy_fabric(l, fabric, error);
    }
    if (l == NULL || (result == 0 && create_parts(l) != 0))
        result = -ENOMEM;
    if (result == -ENOMEM)
        snprintf(error, LOCALISER_ERROR_BYTES, "localiser: not enough memory");
    if (result != 0) {
        localiser_destroy(l);
        return result;
    }
    *out = l;
    return 0;
}

void localiser_destroy(struct localiser *l)
{
    if (l == NULL)
        return;
    open_operations_clear(&l->operations);
    habits_destroy(&l->habits);
    if (l->evidence.rounds != NULL)
        evidence_destroy(&l->evidence);
    silence_destroy(&l->silence);
    stage_gate_destroy(l->gate);
    free(l->ports);
    free(l->port_leaf);
    free(l->leaf_first);
    free(l->leaf_of_ports);
    free(l->monitors);
    free(l->clocks);
    loss_level_destroy(&l->losses);
    free(l);
}
