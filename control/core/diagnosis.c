/* SPDX-License-Identifier: BSD-3-Clause */
#include "control/core/diagnosis.h"

#include <errno.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "control/core/diagnosis_state.h"

enum {
    ASKING_REPORTS = 3 /* within so many reports an agent has been asked, has looked and has told */
};

/* ---- beginning and end ---- */

static uint32_t address_of(const struct core *core, uint32_t port)
{
    return topology_port(core->map->topology, port)->address;
}

/* The localiser numbers ports in the order of their addresses. Returns how many have one. */
static uint32_t number_ports(const struct core *core, uint32_t *ports)
{
    uint32_t count = 0;
    for (uint32_t i = 0; i < core->map->port_count; i++)
        if (address_of(core, i) != 0)
            ports[count++] = i;
    return count;
}

static int compare_addresses(const void *a, const void *b, void *context)
{
    uint32_t x = address_of(context, *(const uint32_t *)a), y = address_of(context, *(const uint32_t *)b);
    return (x > y) - (x < y);
}

static struct guard *make_guard(const struct core *core, const struct component_shape *shape)
{
    const struct core_diagnosis_config *c = &core->config.diagnosis;
    struct guard_config config;
    guard_config_default(&config, shape);
    config.dry_run = c->dry_run;
    if (core->config.drained_uplinks_max > 0)
        config.uplink_share_max = (uint32_t)(1 / core->config.drained_uplinks_max);
    if (c->actions_max > 0)
        config.actions_max = c->actions_max;
    if (c->actions_ns > 0)
        config.actions_ns = c->actions_ns;
    if (c->clean_probes > 0)
        config.clean_probes = c->clean_probes;
    if (c->clean_ns > 0)
        config.clean_ns = c->clean_ns;
    if (c->confidence_min > 0)
        config.confidence_min = c->confidence_min;
    return guard_create(&config);
}

static void set_overrides(struct core *core)
{
    const struct core_diagnosis_config *c = &core->config.diagnosis;
    for (unsigned i = 0; i < c->override_count; i++) {
        uint32_t uplink = core->map->uplink_of_link[c->overrides[i].link];
        struct component link = {.place = uplink / core->map->spine_count,
                                 .spine = uplink % core->map->spine_count};
        for (link.kind = COMPONENT_UP; uplink != MAP_NONE && link.kind <= COMPONENT_DOWN; link.kind++)
            guard_set_override(core->diagnosis->guard, &link,
                               c->overrides[i].always ? GUARD_ALWAYS : GUARD_NEVER);
    }
}

static int find_links_of_ports(const struct core *core, struct diagnosis *d)
{
    uint32_t links = topology_link_count(core->map->topology);
    d->port_of_link = calloc(links + 1, sizeof(*d->port_of_link));
    if (d->port_of_link == NULL)
        return -ENOMEM;
    for (uint32_t link = 0; link < links; link++)
        d->port_of_link[link] = MAP_NONE;
    for (uint32_t i = 0; i < d->shape.port_count; i++)
        d->port_of_link[topology_port(core->map->topology, d->ports[i])->link] = i;
    return 0;
}

int diagnosis_create(struct core *core)
{
    const struct fabric_map *m = core->map;
    struct diagnosis *d = calloc(1, sizeof(*d));
    core->diagnosis = d;
    if (d == NULL)
        return -ENOMEM;
    d->ports = calloc(m->port_count + 1, sizeof(*d->ports));
    if (d->ports == NULL)
        return -ENOMEM;
    d->shape = (struct component_shape){.leaf_count = m->leaf_count, .spine_count = m->spine_count};
    d->shape.port_count = number_ports(core, d->ports);
    qsort_r(d->ports, d->shape.port_count, sizeof(*d->ports), compare_addresses, core);
    d->guard = make_guard(core, &d->shape);
    if (d->guard == NULL || find_links_of_ports(core, d) != 0)
        return -ENOMEM;
    set_overrides(core);
    return 0;
}

void diagnosis_destroy(struct diagnosis *d)
{
    if (d == NULL)
        return;
    localiser_destroy(d->localiser);
    guard_destroy(d->guard);
    verdict_table_free(&d->verdicts);
    free(d->ports);
    free(d->port_of_link);
    free(d);
}

/* Ids go on behind those of the kept events. */
static void find_last_id(struct core *core)
{
    for (unsigned i = 0; i < core->journal.count; i++) {
        unsigned long long id;
        const struct store_event *e = &core->journal.events[i];
        if (strcmp(e->kind, "verdict") == 0 && e->evidence != NULL &&
            sscanf(e->evidence, "{\"id\": %llu", &id) == 1 && id >= core->diagnosis->id_base)
            core->diagnosis->id_base = id + 1;
    }
}

void diagnosis_start(struct core *core, uint64_t now_ns)
{
    find_last_id(core);
    diagnosis_adopt(core, now_ns);
}

/* ---- intake ---- */

static void configure(const struct core *core, struct localiser_config *config)
{
    const struct core_diagnosis_config *c = &core->config.diagnosis;
    localiser_config_default(config);
    config->lone_probes = true;
    if (c->hang_ns > 0)
        config->hang_ns = c->hang_ns;
    if (config->probe_timeout_ns < ASKING_REPORTS * core->config.report_every_ns)
        config->probe_timeout_ns = ASKING_REPORTS * core->config.report_every_ns;
}

/* With the first word of a monitor: its evidence takes memory by the number of ports. */
static int make_localiser(struct core *core, struct core_error *error)
{
    struct diagnosis *d = core->diagnosis;
    struct localiser_config config;
    char text[LOCALISER_ERROR_BYTES] = "";
    struct localiser_port *ports = calloc(d->shape.port_count + 1, sizeof(*ports));
    if (ports == NULL)
        return core_fail_memory(error);
    for (uint32_t i = 0; i < d->shape.port_count; i++)
        ports[i] = (struct localiser_port){.address = address_of(core, d->ports[i]),
                                           .leaf = fabric_map_leaf(core->map, d->ports[i])};
    struct localiser_fabric fabric = {.leaf_count = d->shape.leaf_count,
                                      .spine_count = d->shape.spine_count,
                                      .port_count = d->shape.port_count,
                                      .ports = ports};
    configure(core, &config);
    int result = localiser_create(&fabric, &config, &d->localiser, text);
    free(ports);
    return result == 0 ? 0 : core_fail(error, result, "too_many", "%s", text);
}

int core_take_timing(struct core *core, const struct timing_view *batch, uint64_t now_ns,
                     struct core_error *error)
{
    struct diagnosis *d = core->diagnosis;
    char address[ADDRESS_TEXT_BYTES];
    if (fabric_map_port(core->map, batch->batch.address) == TOPOLOGY_NONE)
        return core_fail(error, -ENOENT, "unknown_agent", "no host port of the topology has the address %s",
                         address_text(batch->batch.address, address));
    int result = d->localiser != NULL ? 0 : make_localiser(core, error);
    if (result != 0)
        return result;
    localiser_use_epoch(d->localiser, core->stored_epoch);
    localiser_take_batch(d->localiser, batch, now_ns);
    return 0;
}

/* ---- time ---- */

static void take_verdicts(struct core *core, uint64_t now_ns)
{
    struct diagnosis *d = core->diagnosis;
    struct verdict verdict;
    while (localiser_next_verdict(d->localiser, &verdict)) {
        struct diagnosed *told = verdict_table_put(&d->verdicts, d->id_base + verdict.number, &verdict);
        if (told == NULL)
            continue;
        diagnosis_act(core, told, now_ns);
    }
}

void diagnosis_tick(struct core *core, uint64_t now_ns)
{
    struct diagnosis *d = core->diagnosis;
    struct probe_request probe;
    if (d->localiser != NULL && now_ns >= localiser_next_wakeup(d->localiser)) {
        localiser_tick(d->localiser, now_ns);
        while (localiser_next_probe(d->localiser, &probe)) {
            if (probe.lone)
                diagnosis_ask_lone(core, &probe, now_ns);
            else
                diagnosis_ask_tie(core, &probe, now_ns);
        }
    }
    if (d->localiser != NULL)
        take_verdicts(core, now_ns);
    diagnosis_probe_links(core, now_ns);
    diagnosis_restore(core, now_ns);
}

uint64_t diagnosis_wakeup(const struct core *core)
{
    const struct diagnosis *d = core->diagnosis;
    uint64_t probes_ns = diagnosis_probes_wakeup(core);
    uint64_t localiser_ns = d->localiser != NULL ? localiser_next_wakeup(d->localiser) : UINT64_MAX;
    return probes_ns < localiser_ns ? probes_ns : localiser_ns;
}

void diagnosis_on_operator(struct core *core, uint32_t link, bool drained, uint64_t now_ns)
{
    struct diagnosis *d = core->diagnosis;
    uint32_t uplink = core->map->uplink_of_link[link];
    struct component c = {.kind = COMPONENT_UP,
                          .place = uplink / core->map->spine_count,
                          .spine = uplink % core->map->spine_count};
    guard_on_operator(d->guard, &c, drained);
    diagnosis_forget_link(core, c.place, c.spine);
    if (!drained)
        diagnosis_forget_verdicts(core, uplink, "an operator has put it back", now_ns);
}

/* ---- looking ---- */

unsigned core_verdict_count(const struct core *core)
{
    return core->diagnosis->verdicts.count;
}

const struct diagnosed *core_verdict(const struct core *core, unsigned index)
{
    return &core->diagnosis->verdicts.items[index];
}

const struct diagnosed *core_verdict_find(const struct core *core, uint64_t id)
{
    return verdict_table_find(&core->diagnosis->verdicts, id);
}

const struct diagnosed *core_verdict_after(const struct core *core, uint64_t revision)
{
    const struct verdict_table *t = &core->diagnosis->verdicts;
    const struct diagnosed *next = NULL;
    for (unsigned i = 0; t->last_revision > revision && i < t->count; i++)
        if (t->items[i].revision > revision && (next == NULL || t->items[i].revision < next->revision))
            next = &t->items[i];
    return next;
}

static double score_of(const struct localiser *l, enum component_kind kind, uint32_t place, uint32_t spine)
{
    return localiser_score(l, &(struct component){.kind = kind, .place = place, .spine = spine});
}

double core_link_score(const struct core *core, uint32_t link)
{
    const struct localiser *l = core->diagnosis->localiser;
    uint32_t uplink = core->map->uplink_of_link[link], port = core->diagnosis->port_of_link[link];
    if (l == NULL)
        return -1;
    if (uplink != MAP_NONE) {
        uint32_t leaf = uplink / core->map->spine_count, spine = uplink % core->map->spine_count;
        return fmax(score_of(l, COMPONENT_UP, leaf, spine), score_of(l, COMPONENT_DOWN, leaf, spine));
    }
    return port != MAP_NONE ? fmax(score_of(l, COMPONENT_TX, port, 0), score_of(l, COMPONENT_RX, port, 0))
                            : 0;
}

void core_diagnosis_counters(const struct core *core, struct localiser_counters *counters)
{
    *counters = (struct localiser_counters){0};
    if (core->diagnosis->localiser != NULL)
        localiser_get_counters(core->diagnosis->localiser, counters);
}
