/* SPDX-License-Identifier: BSD-3-Clause */
/* What follows from a verdict: the guard rails say what may be done, the core's operators do it as they do
 * for a person, and the log tells of it with its evidence. Where an operator's word stands, it stays. */
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "control/core/diagnosis_state.h"
#include "control/core/operators.h"

/* ---- telling ---- */

static const char *outcome(const struct diagnosed *d)
{
    switch (d->action) {
    case GUARD_REPORT:
        return "nothing is done";
    case GUARD_REWEIGHT:
        return d->dry_run ? "it would get less to carry" : "it gets less to carry";
    case GUARD_DRAIN:
        return d->dry_run ? "it would be drained" : "it is drained";
    case GUARD_NOTIFY:
        return "to be looked at";
    case GUARD_RESTORE:
        return d->dry_run ? "it would come back" : "it comes back";
    }
    return "";
}

static void name_place(const struct core *core, const struct verdict *v, struct happening *what,
                       char link[STORE_NAME_BYTES])
{
    if (v->component_count == 0)
        return;
    uint32_t uplink = diagnosis_uplink(core, &v->components[0]);
    uint32_t port = diagnosis_port(core, &v->components[0]);
    if (uplink != MAP_NONE && core->map->nominal_bytes_per_s[uplink] > 0)
        what->link = fabric_map_link_name(core->map, core->map->first_link[uplink], link);
    if (port != TOPOLOGY_NONE)
        what->host = fabric_map_host_name(core->map, port);
}

void diagnosis_tell(struct core *core, const struct diagnosed *d, uint64_t now_ns)
{
    char link[STORE_NAME_BYTES], text[VERDICT_TEXT_BYTES];
    const struct verdict *v = &d->verdict;
    bool hangs = v->kind == VERDICT_HANG || v->kind == VERDICT_NEVER_ENTERED;
    struct happening what = {.kind = "verdict", .job = v->communicator};
    if (core_verdict_is_open(d))
        what.level = hangs ? STORE_ERROR : STORE_WARNING;
    what.evidence = core_verdict_json(core, d);
    name_place(core, v, &what, link);
    core_verdict_text(core, d, text);
    journal_add(&core->journal, now_ns, &what, "%" PRIu64 ": %.120s; %s: %.80s", d->id, text, outcome(d),
                d->reason);
}

/* ---- doing ---- */

static bool is_ours(const struct link_wish *w)
{
    return strcmp(w->by, DIAGNOSIS_NAME) == 0;
}

/* Whether an operator has said something of a link between the two. */
static bool operator_has_spoken(const struct core *core, uint32_t uplink)
{
    for (uint32_t link = 0; link < core->map->link_count; link++) {
        const struct link_wish *w = &core->wishes[link];
        if (core->map->uplink_of_link[link] == uplink && (w->drained || w->capacity_ratio < 1) && !is_ours(w))
            return true;
    }
    return false;
}

static void fill_request(const struct guard_action *a, uint64_t id, struct core_link_request *q)
{
    q->capacity_ratio = 1;
    q->action = a->kind == GUARD_RESTORE ? CORE_LINK_RESTORE : CORE_LINK_DRAIN;
    if (a->kind == GUARD_REWEIGHT) {
        q->action = CORE_LINK_SET;
        q->capacity_ratio = (double)a->weight / GUARD_WEIGHT_FULL;
    }
    snprintf(q->by, sizeof(q->by), "%s", DIAGNOSIS_NAME);
    snprintf(q->reason, sizeof(q->reason), "verdict %" PRIu64 ": %.120s", id, a->reason);
}

/* All parallel links of the two; what is refused for one of them is not done for the others. */
static int change_links(struct core *core, const struct guard_action *a, uint64_t id, uint64_t now_ns,
                        struct core_error *error)
{
    uint32_t uplink = diagnosis_uplink(core, &a->component);
    struct core_link_request q = {0};
    fill_request(a, id, &q);
    for (q.link = 0; q.link < core->map->link_count; q.link++) {
        const struct link_wish *w = &core->wishes[q.link];
        if (core->map->uplink_of_link[q.link] != uplink ||
            (q.action == CORE_LINK_RESTORE && (w->since_ns == 0 || !is_ours(w))))
            continue;
        int result = operators_change_link(core, &q, now_ns, error);
        if (result != 0)
            return result;
    }
    return 0;
}

/* What the rails have let pass, and yet is not done. */
static void give_up(struct core *core, struct guard_action *a, bool operator_drained, const char *why)
{
    guard_on_operator(core->diagnosis->guard, &a->component, operator_drained);
    a->kind = GUARD_REPORT;
    snprintf(a->reason, sizeof(a->reason), "%.150s", why);
}

static void perform(struct core *core, struct guard_action *a, uint64_t id, uint64_t now_ns)
{
    const struct component *c = &a->component;
    struct core_error error;
    if (a->dry_run || a->kind == GUARD_REPORT || a->kind == GUARD_NOTIFY)
        return;
    if (a->kind != GUARD_RESTORE && operator_has_spoken(core, diagnosis_uplink(core, c))) {
        give_up(core, a, true, "an operator's word on the link stands");
        return;
    }
    if (change_links(core, a, id, now_ns, &error) != 0) {
        give_up(core, a, false, error.text);
        return;
    }
    if (a->kind == GUARD_DRAIN)
        diagnosis_watch_link(core, c->place, c->spine, now_ns);
    else if (a->kind == GUARD_RESTORE)
        diagnosis_forget_link(core, c->place, c->spine);
}

static void note(struct diagnosed *d, const struct guard_action *a)
{
    d->action = a->kind;
    d->dry_run = a->dry_run;
    snprintf(d->reason, sizeof(d->reason), "%s", a->reason);
}

void diagnosis_act(struct core *core, struct diagnosed *d, uint64_t now_ns)
{
    struct guard_action action;
    guard_propose(core->diagnosis->guard, &d->verdict, now_ns, &action);
    if (diagnosis_uplink(core, &action.component) == MAP_NONE && action.kind != GUARD_NOTIFY)
        action.kind = GUARD_REPORT;
    perform(core, &action, d->id, now_ns);
    note(d, &action);
    diagnosis_tell(core, d, now_ns);
}

/* ---- coming back ---- */

void diagnosis_forget_verdicts(struct core *core, uint32_t uplink, const char *why, uint64_t now_ns)
{
    struct diagnosis *d = core->diagnosis;
    struct component c = {.place = uplink / core->map->spine_count, .spine = uplink % core->map->spine_count};
    for (c.kind = COMPONENT_UP; d->localiser != NULL && c.kind <= COMPONENT_DOWN; c.kind++)
        localiser_forget(d->localiser, &c);
    for (unsigned i = 0; i < d->verdicts.count; i++) {
        struct diagnosed *told = &d->verdicts.items[i];
        if (!core_verdict_is_open(told) || told->verdict.component_count != 1 ||
            diagnosis_uplink(core, &told->verdict.components[0]) != uplink)
            continue;
        told->verdict.state = VERDICT_CLEARED;
        told->verdict.at_ns = now_ns;
        told->action = GUARD_RESTORE;
        snprintf(told->reason, sizeof(told->reason), "%s", why);
        verdict_table_touch(&d->verdicts, told);
        diagnosis_tell(core, told, now_ns);
    }
}

void diagnosis_restore(struct core *core, uint64_t now_ns)
{
    struct diagnosis *d = core->diagnosis;
    struct guard_action action;
    while (d->recovery_count > 0 && guard_next_restoration(d->guard, now_ns, &action)) {
        diagnosis_forget_link(core, action.component.place, action.component.spine);
        perform(core, &action, d->id_base + action.verdict, now_ns);
        diagnosis_forget_verdicts(core, diagnosis_uplink(core, &action.component), action.reason, now_ns);
    }
}

/* The verdict that a link was taken out for, as the localiser's numbers now count; never 0. */
static uint64_t adopted_verdict(const struct diagnosis *d, const struct link_wish *w)
{
    unsigned long long id = 0;
    if (sscanf(w->reason, "verdict %llu", &id) != 1 || id >= d->id_base)
        id = 0;
    return id - d->id_base - (id == d->id_base);
}

static uint32_t eighths_of(double capacity_ratio)
{
    return (uint32_t)(capacity_ratio * GUARD_WEIGHT_FULL);
}

void diagnosis_adopt(struct core *core, uint64_t now_ns)
{
    for (uint32_t link = 0; link < core->map->link_count; link++) {
        const struct link_wish *w = &core->wishes[link];
        uint32_t uplink = core->map->uplink_of_link[link];
        if (uplink == MAP_NONE || w->since_ns == 0 || !(w->drained || w->capacity_ratio < 1))
            continue;
        struct component c = {.kind = COMPONENT_UP,
                              .place = uplink / core->map->spine_count,
                              .spine = uplink % core->map->spine_count};
        if (!is_ours(w)) {
            guard_on_operator(core->diagnosis->guard, &c, w->drained);
            continue;
        }
        guard_adopt(core->diagnosis->guard,
                    &(struct guard_action){.component = c,
                                           .weight = w->drained ? 0 : eighths_of(w->capacity_ratio),
                                           .verdict = adopted_verdict(core->diagnosis, w)},
                    now_ns);
        diagnosis_watch_link(core, c.place, c.spine, now_ns);
    }
}
