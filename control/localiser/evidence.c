/* SPDX-License-Identifier: BSD-3-Clause */
#include "control/localiser/evidence.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "control/localiser/evidence_parts.h"

enum {
    ROUNDS_ON_THEIR_WAY = 2 /* told after now of what was before */
};

/* ---- life ---- */

static int create_rounds(struct evidence *e)
{
    uint32_t count = e->config->window_rounds + 1;
    e->rounds = calloc(count, sizeof(*e->rounds));
    for (uint32_t i = 0; e->rounds != NULL && i < count; i++) {
        e->rounds[i].sums = calloc((size_t)EVIDENCE_CHANNELS * e->components, sizeof(float));
        if (e->rounds[i].sums == NULL)
            return -ENOMEM;
    }
    return e->rounds != NULL ? 0 : -ENOMEM;
}

int evidence_create(struct evidence *e, const struct flow_map *map, const struct localiser_config *config)
{
    *e = (struct evidence){.map = map, .config = config, .components = component_count(&map->shape)};
    size_t cells = (size_t)EVIDENCE_CHANNELS * e->components;
    e->accused = calloc(e->components, 1);
    e->forgotten = calloc(e->components, sizeof(*e->forgotten));
    e->cusum = calloc(cells, sizeof(float));
    e->total = calloc(cells, sizeof(float));
    e->transient = malloc(cells * sizeof(float));
    e->streak = calloc(cells, 1);
    if (probe_shadow_create(&e->shadow, map) != 0 ||
        steady_create(&e->steady, EVIDENCE_FLOW_CHANNELS, e->components) != 0 || create_rounds(e) != 0 ||
        e->accused == NULL || e->forgotten == NULL || e->cusum == NULL || e->total == NULL ||
        e->transient == NULL || e->streak == NULL) {
        evidence_destroy(e);
        return -ENOMEM;
    }
    evidence_begin_thresholds(e);
    return 0;
}

void evidence_destroy(struct evidence *e)
{
    for (uint32_t i = 0; e->rounds != NULL && i <= e->config->window_rounds; i++) {
        free(e->rounds[i].observations);
        free(e->rounds[i].hosts);
        free(e->rounds[i].sums);
    }
    free(e->rounds);
    free(e->accused);
    free(e->forgotten);
    free(e->cusum);
    free(e->total);
    free(e->transient);
    free(e->streak);
    probe_shadow_destroy(&e->shadow);
    steady_destroy(&e->steady);
}

/* ---- filling ---- */

enum {
    GROUP_SLOW = 1,
    GROUP_LOSS = 2,
    GROUP_BY_LOSSES = 4, /* why it is accused of both */
    GROUP_BY_SLOWNESS = 8,
    GROUP_FIRST_HOST = 16
};

static unsigned group_of(enum evidence_channel channel)
{
    if (channel >= EVIDENCE_FLOW_CHANNELS)
        return (unsigned)GROUP_FIRST_HOST << (channel - EVIDENCE_FLOW_CHANNELS);
    return channel == EVIDENCE_SLOW ? GROUP_SLOW : GROUP_LOSS;
}

/* Losses make slow; what is slow loses what finds no room before it, and what waits for long is sent again.
 */
static unsigned groups_explained_by(enum evidence_channel channel)
{
    if (channel >= EVIDENCE_FLOW_CHANNELS)
        return group_of(channel);
    return GROUP_LOSS | GROUP_SLOW | (channel == EVIDENCE_SLOW ? GROUP_BY_SLOWNESS : GROUP_BY_LOSSES);
}

/* What the flow says of a group is about those alone that are accused of it. But a message that lost nothing
 * is not slow for its path's losses. */
static unsigned groups_taken(const struct observation *o, unsigned accused)
{
    bool by_losses_alone = (accused & GROUP_BY_LOSSES) && !(accused & GROUP_BY_SLOWNESS);
    return by_losses_alone && o->retransmits == 0 ? accused & ~(unsigned)GROUP_SLOW : accused;
}

/* To all that the flow crosses, or only to those of them that are accused of this. */
static void spread(const struct evidence *e, const struct observation *o, float *sums)
{
    uint32_t crossed[FLOW_COMPONENTS_MAX];
    unsigned count = flow_components(e->map, &o->flow, crossed), accused = 0;
    for (unsigned i = 0; i < count; i++)
        accused |= e->accused[crossed[i]];
    accused = groups_taken(o, accused);
    for (unsigned channel = 0; channel < EVIDENCE_FLOW_CHANNELS; channel++) {
        unsigned group = group_of(channel);
        for (unsigned i = 0; i < count; i++)
            if (!(accused & group) || (e->accused[crossed[i]] & group))
                sums[evidence_cell(e, channel, crossed[i])] += o->weight[channel];
    }
}

static void *grow(void *items, size_t count, size_t *capacity, size_t bytes)
{
    if (count < *capacity)
        return items;
    size_t wanted = *capacity > 0 ? 2 * *capacity : 64;
    void *grown = realloc(items, wanted * bytes);
    if (grown != NULL)
        *capacity = wanted;
    return grown;
}

int evidence_add(struct evidence *e, const struct observation *o)
{
    struct evidence_round *r = &e->rounds[e->open];
    void *grown = grow(r->observations, r->count, &r->capacity, sizeof(*o));
    if (grown == NULL)
        return -ENOMEM;
    r->observations = grown;
    struct observation *kept = &r->observations[r->count++];
    *kept = *o;
    if (probe_shadow_covers(&e->shadow, &o->flow, e->round))
        kept->weight[EVIDENCE_SLOW] = 0;
    spread(e, kept, r->sums);
    return 0;
}

void evidence_note_probe(struct evidence *e, const struct flow *probe)
{
    probe_shadow_cast(&e->shadow, probe, e->round);
}

int evidence_add_host(struct evidence *e, const struct host_observation *o)
{
    struct evidence_round *r = &e->rounds[e->open];
    void *grown = grow(r->hosts, r->host_count, &r->host_capacity, sizeof(*o));
    if (grown == NULL)
        return -ENOMEM;
    r->hosts = grown;
    r->hosts[r->host_count++] = *o;
    r->sums[evidence_cell(e, o->channel, o->component)] += o->weight;
    return 0;
}

bool evidence_is_open_round_empty(const struct evidence *e)
{
    return e->rounds[e->open].count == 0 && e->rounds[e->open].host_count == 0;
}

/* ---- accusing ---- */

static void sum_again(struct evidence *e, struct evidence_round *r)
{
    memset(r->sums, 0, (size_t)EVIDENCE_CHANNELS * e->components * sizeof(float));
    for (size_t i = 0; i < r->count; i++)
        spread(e, &r->observations[i], r->sums);
    for (size_t i = 0; i < r->host_count; i++)
        r->sums[evidence_cell(e, r->hosts[i].channel, r->hosts[i].component)] += r->hosts[i].weight;
}

/* Flow channels alone: hosts' stages are nobody else's. */
static void judge_again(struct evidence *e)
{
    size_t cells = (size_t)EVIDENCE_FLOW_CHANNELS * e->components;
    memset(e->cusum, 0, cells * sizeof(float));
    memset(e->total, 0, cells * sizeof(float));
    memset(e->steady.sum, 0, cells * sizeof(float));
    memset(e->streak, 0, cells);
    for (uint32_t age = e->closed; age-- > 0;) {
        struct evidence_round *r = &e->rounds[evidence_ring_index(e, age)];
        sum_again(e, r);
        for (unsigned channel = 0; channel < EVIDENCE_FLOW_CHANNELS; channel++) {
            evidence_accumulate(e, age, channel);
        }
    }
    sum_again(e, &e->rounds[e->open]);
}

void evidence_accuse(struct evidence *e, uint32_t component, enum evidence_channel channel, bool accused)
{
    unsigned groups = groups_explained_by(channel), before = e->accused[component];
    e->accused[component] = (uint8_t)(accused ? before | groups : before & ~groups);
    e->stale |= channel < EVIDENCE_FLOW_CHANNELS && e->accused[component] != before;
}

void evidence_settle(struct evidence *e)
{
    if (e->stale)
        judge_again(e);
    e->stale = false;
}

bool evidence_is_accused(const struct evidence *e, uint32_t component, enum evidence_channel channel)
{
    return (e->accused[component] & group_of(channel)) != 0;
}

void evidence_forget(struct evidence *e, uint32_t component)
{
    e->forgotten[component] = e->round;
    for (unsigned channel = 0; channel < EVIDENCE_CHANNELS; channel++) {
        size_t cell = evidence_cell(e, channel, component);
        e->cusum[cell] = e->total[cell] = 0;
        if (channel < EVIDENCE_FLOW_CHANNELS)
            e->steady.sum[cell] = 0;
        e->streak[cell] = 0;
    }
}

void evidence_forgive(struct evidence *e, uint32_t component)
{
    evidence_forget(e, component);
    e->forgotten[component] = e->round + ROUNDS_ON_THEIR_WAY;
}
