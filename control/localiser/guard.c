/* SPDX-License-Identifier: BSD-3-Clause */
#include "control/localiser/guard.h"

#include <math.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

enum {
    GUARD_ACTIONS_KEPT = 64,
    GUARD_WEIGHT_LEAST = 2, /* a link worth less is drained */
    GUARD_RELAPSES_MAX = 20
};
#define GUARD_CLEAN_NS_MAX (24 * 3600 * 1000000000ull)

/* A link between a leaf and a spine, both directions. */
struct guard_link {
    uint64_t verdict; /* for which it was drained or reweighted; 0: for none */
    uint8_t weight;   /* GUARD_WEIGHT_FULL: untouched; 0: drained */
    bool operator_drained;
    uint8_t relapses;
    uint32_t clean_probes;   /* in a row */
    uint64_t clean_since_ns; /* since the last probe that was not */
};

struct guard {
    struct guard_config config;
    struct guard_link *links; /* [leaf * spine_count + spine] */
    uint8_t *overrides;       /* [component] */
    uint64_t actions[GUARD_ACTIONS_KEPT];
    uint64_t action_count;
};

void guard_config_default(struct guard_config *config, const struct component_shape *shape)
{
    *config = (struct guard_config){.shape = *shape,
                                    .uplink_share_max = 8,
                                    .actions_max = 4,
                                    .actions_ns = 600000000000,
                                    .clean_probes = 16,
                                    .clean_ns = 60000000000,
                                    .confidence_min = 0.99};
}

struct guard *guard_create(const struct guard_config *config)
{
    struct guard *g = calloc(1, sizeof(*g));
    if (g == NULL)
        return NULL;
    size_t links = (size_t)config->shape.leaf_count * config->shape.spine_count;
    g->config = *config;
    g->links = calloc(links, sizeof(*g->links));
    g->overrides = calloc(component_count(&config->shape), 1);
    if (g->links == NULL || g->overrides == NULL) {
        guard_destroy(g);
        return NULL;
    }
    for (size_t i = 0; i < links; i++)
        g->links[i].weight = GUARD_WEIGHT_FULL;
    return g;
}

void guard_destroy(struct guard *g)
{
    if (g == NULL)
        return;
    free(g->links);
    free(g->overrides);
    free(g);
}

void guard_set_dry_run(struct guard *g, bool dry_run)
{
    g->config.dry_run = dry_run;
}

/* ---- links ---- */

static struct guard_link *link_at(const struct guard *g, uint32_t leaf, uint32_t spine)
{
    return &g->links[(size_t)leaf * g->config.shape.spine_count + spine];
}

static bool is_link(const struct component *c)
{
    return c->kind == COMPONENT_UP || c->kind == COMPONENT_DOWN;
}

static bool is_out(const struct guard_link *l)
{
    return l->weight == 0 || l->operator_drained;
}

static uint32_t links_out(const struct guard *g, uint32_t leaf)
{
    uint32_t count = 0;
    for (uint32_t spine = 0; spine < g->config.shape.spine_count; spine++)
        count += is_out(link_at(g, leaf, spine));
    return count;
}

static uint32_t links_allowed_out(const struct guard *g)
{
    uint32_t spines = g->config.shape.spine_count, share = spines / g->config.uplink_share_max;
    return share > 0 ? share : spines > 1;
}

/* ---- overrides ---- */

void guard_set_override(struct guard *g, const struct component *component, enum guard_override override)
{
    g->overrides[component_number(&g->config.shape, component)] = (uint8_t) override;
}

static enum guard_override override_of(const struct guard *g, const struct component *c)
{
    return (enum guard_override)g->overrides[component_number(&g->config.shape, c)];
}

/* ---- what to do ---- */

static void say(struct guard_action *a, const char *format, ...) __attribute__((format(printf, 2, 3)));

static void say(struct guard_action *a, const char *format, ...)
{
    va_list arguments;
    va_start(arguments, format);
    vsnprintf(a->reason, sizeof(a->reason), format, arguments);
    va_end(arguments);
}

static bool rate_allows(const struct guard *g, uint64_t now_ns)
{
    uint32_t max = g->config.actions_max < GUARD_ACTIONS_KEPT ? g->config.actions_max : GUARD_ACTIONS_KEPT;
    if (max == 0 || g->action_count < max)
        return max > 0;
    return now_ns - g->actions[(g->action_count - max) % GUARD_ACTIONS_KEPT] >= g->config.actions_ns;
}

/* Eighths that a link which takes `excess` times as long is worth; 0: drain it. */
static uint32_t weight_for(const struct verdict *v)
{
    switch (v->kind) {
    case VERDICT_REDUCED_RATE: {
        uint32_t worth = (uint32_t)floor(GUARD_WEIGHT_FULL / fmax(1, v->evidence.excess));
        return worth >= GUARD_WEIGHT_LEAST ? worth : 0;
    }
    case VERDICT_CONGESTED:
        return GUARD_WEIGHT_FULL / 2;
    case VERDICT_BLACK_HOLE:
    case VERDICT_LOSSY:
    case VERDICT_HOST_SENDING:
    case VERDICT_HOST_RECEIVING:
    case VERDICT_STRAGGLER:
    case VERDICT_NEVER_ENTERED:
    case VERDICT_HANG:
    case VERDICT_KINDS:
        break;
    }
    return 0;
}

/* Whether the rails let a link be drained or reweighted; if not, says why. */
static bool rails_allow(const struct guard *g, const struct guard_action *wanted, uint64_t now_ns,
                        struct guard_action *a)
{
    const struct component *c = &wanted->component;
    if (override_of(g, c) == GUARD_ALWAYS)
        return true;
    if (!rate_allows(g, now_ns)) {
        say(a, "%u actions within %.0f s are as many as are allowed", g->config.actions_max,
            (double)g->config.actions_ns / 1e9);
        return false;
    }
    bool out_already = is_out(link_at(g, c->place, c->spine));
    if (wanted->kind == GUARD_DRAIN && !out_already && links_out(g, c->place) >= links_allowed_out(g)) {
        say(a, "%u of leaf %u's %u uplinks are out already: draining more is an operator's decision",
            links_out(g, c->place), c->place, g->config.shape.spine_count);
        return false;
    }
    return true;
}

static void note_action(struct guard *g, uint64_t now_ns)
{
    g->actions[g->action_count++ % GUARD_ACTIONS_KEPT] = now_ns;
}

void guard_adopt(struct guard *g, const struct guard_action *a, uint64_t now_ns)
{
    struct guard_link *l = link_at(g, a->component.place, a->component.spine);
    l->weight = (uint8_t)a->weight;
    l->verdict = a->verdict;
    l->clean_since_ns = now_ns;
    l->clean_probes = 0;
}

static void apply(struct guard *g, const struct guard_action *a, uint64_t now_ns)
{
    guard_adopt(g, a, now_ns);
    note_action(g, now_ns);
}

static void propose_for_link(struct guard *g, const struct verdict *v, uint64_t now_ns,
                             struct guard_action *a)
{
    uint32_t weight = weight_for(v);
    struct guard_action wanted = *a;
    wanted.kind = weight == 0 ? GUARD_DRAIN : GUARD_REWEIGHT;
    wanted.weight = weight;
    if (link_at(g, a->component.place, a->component.spine)->weight <= weight) {
        say(a, "it is drained or reweighted already");
        return;
    }
    if (!rails_allow(g, &wanted, now_ns, a))
        return;
    wanted.dry_run = g->config.dry_run;
    *a = wanted;
    say(a, "%s with confidence %.4f", verdict_kind_name(v->kind), v->confidence);
    if (!a->dry_run)
        apply(g, a, now_ns);
}

/* ---- restoring ---- */

static uint64_t clean_ns_of(const struct guard *g, const struct guard_link *l)
{
    uint64_t wanted = g->config.clean_ns;
    for (unsigned i = 0; i < l->relapses && wanted < GUARD_CLEAN_NS_MAX; i++)
        wanted *= 2;
    return wanted < GUARD_CLEAN_NS_MAX ? wanted : GUARD_CLEAN_NS_MAX;
}

static void restore(struct guard *g, struct guard_link *l, struct guard_action *a, const char *reason)
{
    a->kind = GUARD_RESTORE;
    a->weight = GUARD_WEIGHT_FULL;
    a->verdict = l->verdict;
    a->dry_run = g->config.dry_run;
    say(a, "%s", reason);
    if (a->dry_run)
        return;
    l->weight = GUARD_WEIGHT_FULL;
    l->verdict = 0;
    l->relapses += l->relapses < GUARD_RELAPSES_MAX;
}

static void propose_return(struct guard *g, const struct verdict *v, struct guard_action *a)
{
    struct guard_link *l = link_at(g, a->component.place, a->component.spine);
    if (l->verdict != v->number) {
        say(a, "nothing was done for this verdict");
        return;
    }
    restore(g, l, a,
            v->state == VERDICT_CLEARED ? "it has been well for long enough" : "the verdict was wrong");
}

void guard_propose(struct guard *g, const struct verdict *v, uint64_t now_ns, struct guard_action *a)
{
    *a = (struct guard_action){.kind = GUARD_REPORT, .verdict = v->number};
    if (v->component_count > 0)
        a->component = v->components[0];
    bool ends = v->state == VERDICT_CLEARED || v->state == VERDICT_WITHDRAWN;
    if (v->state == VERDICT_SUSPECTED || v->component_count > 1) {
        say(a, "it is not certain which of %u components it is", v->component_count);
    } else if (v->component_count == 0 || !is_link(&a->component)) {
        a->kind = ends ? GUARD_REPORT : GUARD_NOTIFY;
        say(a, "%s: not a link, nothing that a plan could avoid", verdict_kind_name(v->kind));
    } else if (ends) {
        propose_return(g, v, a);
    } else if (override_of(g, &a->component) == GUARD_NEVER) {
        say(a, "an operator wants it left alone");
    } else if (v->confidence < g->config.confidence_min) {
        say(a, "confidence %.4f is below %.4f", v->confidence, g->config.confidence_min);
    } else {
        propose_for_link(g, v, now_ns, a);
    }
}

void guard_on_probe(struct guard *g, const struct component *c, bool clean, uint64_t now_ns)
{
    if (!is_link(c))
        return;
    struct guard_link *l = link_at(g, c->place, c->spine);
    if (!clean) {
        l->clean_probes = 0;
        l->clean_since_ns = now_ns;
    } else {
        l->clean_probes += l->clean_probes < UINT32_MAX;
    }
}

bool guard_next_restoration(struct guard *g, uint64_t now_ns, struct guard_action *a)
{
    const struct component_shape *s = &g->config.shape;
    for (uint32_t leaf = 0; leaf < s->leaf_count && !g->config.dry_run; leaf++)
        for (uint32_t spine = 0; spine < s->spine_count; spine++) {
            struct guard_link *l = link_at(g, leaf, spine);
            if (l->verdict == 0 || l->clean_probes < g->config.clean_probes ||
                now_ns - l->clean_since_ns < clean_ns_of(g, l))
                continue;
            *a = (struct guard_action){.component = {.kind = COMPONENT_UP, .place = leaf, .spine = spine}};
            restore(g, l, a, "its probes have been clean for long enough");
            return true;
        }
    return false;
}

void guard_on_operator(struct guard *g, const struct component *c, bool drained)
{
    if (!is_link(c))
        return;
    struct guard_link *l = link_at(g, c->place, c->spine);
    l->operator_drained = drained;
    l->weight = GUARD_WEIGHT_FULL;
    l->verdict = 0;
}
