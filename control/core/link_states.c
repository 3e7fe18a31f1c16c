/* SPDX-License-Identifier: BSD-3-Clause */
/* Links as they are judged and planned for: evidence becomes states, states and operators' words rates. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "control/core/core_state.h"

void core_want_judgement(struct core *core, uint64_t now_ns)
{
    if (core->judge_ns == UINT64_MAX)
        core->judge_ns = now_ns + core->config.plan_delay_ns;
}

/* ---- who says so ---- */

unsigned core_collect_reporters(struct core *core, uint32_t uplink)
{
    unsigned count = 0;
    for (uint32_t i = 0; i < core->evidence.accuser_count; i++) {
        uint32_t port = core->evidence.accusers[i];
        const struct agent *a = core->agents[port];
        if (a->present && link_evidence_accuses(core->map, port, a, uplink))
            core->reporters[count++] = topology_port(core->map->topology, port)->address;
    }
    return count;
}

enum {
    EVIDENCE_HOSTS_MAX = 8,
    LINKS_NAMED_MAX = 64,  /* as evidence */
    SUSPECTS_NAMED_MAX = 4 /* in words */
};

/* The uplinks of one spine that one event is about. */
struct named_links {
    uint32_t uplinks[LINKS_NAMED_MAX];
    unsigned count; /* of all, named or not; at least one */
};

static void write_links(FILE *stream, const struct core *core, const struct named_links *named)
{
    char name[STORE_NAME_BYTES];
    fprintf(stream, "\"links\": [");
    for (unsigned i = 0; i < named->count && i < LINKS_NAMED_MAX; i++)
        fprintf(stream, "%s\"%s\"", i > 0 ? ", " : "",
                fabric_map_link_name(core->map, core->map->first_link[named->uplinks[i]], name));
    fprintf(stream, "], ");
}

/* {"links": ["leaf0-spine1", ...], "reported_by": ["10.1.0.1", ...], "reported_by_count": 17}; who reports is
 * told of the first link. NULL: no memory. */
static char *evidence_text(struct core *core, const struct named_links *named)
{
    char *text = NULL, address[ADDRESS_TEXT_BYTES];
    size_t bytes;
    FILE *stream = open_memstream(&text, &bytes);
    if (stream == NULL)
        return NULL;
    unsigned count = core_collect_reporters(core, named->uplinks[0]);
    fputc('{', stream);
    write_links(stream, core, named);
    fprintf(stream, "\"reported_by\": [");
    for (unsigned i = 0; i < count && i < EVIDENCE_HOSTS_MAX; i++)
        fprintf(stream, "%s\"%s\"", i > 0 ? ", " : "", address_text(core->reporters[i], address));
    fprintf(stream, "], \"reported_by_count\": %u}", count);
    fclose(stream);
    return text;
}

/* ---- states ---- */

static const char *plural(unsigned count)
{
    return count == 1 ? "" : "s";
}

static void tell_down(struct core *core, uint32_t uplink, const char *name, uint64_t now_ns)
{
    const struct link_health *h = &core->health[uplink];
    const struct named_links one = {.uplinks = {uplink}, .count = 1};
    struct happening what = {
        .level = STORE_WARNING, .kind = "link_down", .link = name, .evidence = evidence_text(core, &one)};
    unsigned reporters = core_collect_reporters(core, uplink);
    if (h->hold_until_ns > now_ns)
        journal_add(&core->journal, now_ns, &what,
                    "%s is down: dead or missing paths over it are reported by %u host%s; it flaps and stays "
                    "out for at "
                    "least %llu s",
                    name, reporters, plural(reporters),
                    (unsigned long long)((h->hold_until_ns - now_ns) / 1000000000));
    else
        journal_add(&core->journal, now_ns, &what,
                    "%s is down: dead or missing paths over it are reported by %u host%s", name, reporters,
                    plural(reporters));
}

/* The uplinks of the spine that have come under suspicion now. */
static void collect_suspects(const struct core *core, uint32_t spine, struct named_links *named)
{
    named->count = 0;
    for (uint32_t leaf = 0; leaf < core->map->leaf_count; leaf++) {
        uint32_t uplink = fabric_map_uplink(core->map, leaf, spine);
        if (!core->health[uplink].untold)
            continue;
        core->health[uplink].untold = false;
        if (named->count < LINKS_NAMED_MAX)
            named->uplinks[named->count] = uplink;
        named->count++;
    }
}

/* Both ends of the same dead paths are one happening, which names them. */
static void tell_suspects(struct core *core, uint32_t spine, uint64_t now_ns)
{
    struct named_links named;
    char names[SUSPECTS_NAMED_MAX * 40] = "", name[STORE_NAME_BYTES];
    collect_suspects(core, spine, &named);
    for (unsigned i = 0; i < named.count && i < SUSPECTS_NAMED_MAX; i++) {
        size_t used = strlen(names);
        fabric_map_link_name(core->map, core->map->first_link[named.uplinks[i]], name);
        snprintf(names + used, sizeof(names) - used, "%s%.32s", i > 0 ? " or " : "", name);
    }
    if (named.count == 0)
        return;
    fabric_map_link_name(core->map, core->map->first_link[named.uplinks[0]], name);
    unsigned reporters = core_collect_reporters(core, named.uplinks[0]);
    struct happening what = {.level = STORE_WARNING,
                             .kind = "link_suspect",
                             .link = name,
                             .evidence = evidence_text(core, &named)};
    journal_add(
        &core->journal, now_ns, &what,
        named.count > 1
            ? "%s%s is down: dead or missing paths over them are reported by %u host%s"
            : "%s%s is suspect: dead or missing paths over it are reported by %u host%s, but it may be "
              "the link at their other end",
        names, named.count > SUSPECTS_NAMED_MAX ? " or another" : "", reporters, plural(reporters));
}

static void tell_up(struct core *core, const char *name, uint64_t now_ns)
{
    journal_add(&core->journal, now_ns, &(struct happening){.kind = "link_up", .link = name},
                "%s is up: no dead or missing path speaks against it any more", name);
    core_want_plan(core, now_ns, PLAN_LINKS, "%s is up", name);
}

static void follow(struct core *core, uint32_t uplink, uint64_t now_ns)
{
    char name[STORE_NAME_BYTES];
    enum core_link_state blame = (enum core_link_state)core->evidence.blame[uplink];
    if (blame == CORE_LINK_UP && core->health[uplink].state == CORE_LINK_UP)
        return;
    if (blame == CORE_LINK_UP && core->evidence.acquitted[uplink])
        link_health_acquit(&core->health[uplink]);
    enum link_change change = link_health_follow(&core->health[uplink], blame, now_ns);
    if (change == LINK_UNCHANGED)
        return;
    fabric_map_link_name(core->map, core->map->first_link[uplink], name);
    if (change == LINK_CAME_BACK)
        tell_up(core, name, now_ns);
    else if (core->health[uplink].state == CORE_LINK_DOWN)
        tell_down(core, uplink, name, now_ns);
    else
        core->health[uplink].untold = true;
    if (change == LINK_WENT_OUT) /* down and suspect are alike for plans */
        core_want_plan(core, now_ns, PLAN_LINKS, "%s is out", name);
}

void core_judge_links(struct core *core, uint64_t now_ns)
{
    if (now_ns < core->judge_ns)
        return;
    core->judge_ns = UINT64_MAX;
    link_evidence_judge(&core->evidence, core->agents);
    for (uint32_t uplink = 0; uplink < core->map->uplink_count; uplink++) {
        if (core->map->nominal_bytes_per_s[uplink] == 0)
            continue;
        follow(core, uplink, now_ns);
        uint64_t wakeup = link_health_wakeup(&core->health[uplink]);
        if (wakeup < core->judge_ns)
            core->judge_ns = wakeup;
    }
    for (uint32_t spine = 0; spine < core->map->spine_count; spine++)
        tell_suspects(core, spine, now_ns);
}

/* ---- rates ---- */

static uint64_t wished_bytes_per_s(const struct core *core, uint32_t link, const struct link_wish *w)
{
    uint64_t nominal = topology_link(core->map->topology, link)->rate_bits_per_s / 8;
    if (w->drained)
        return 0;
    if (w->capacity_ratio >= 1)
        return nominal;
    uint64_t wished = (uint64_t)((double)nominal * w->capacity_ratio);
    uint64_t rate = planner_weighted_rate(nominal, planner_weight(nominal, wished));
    return rate == 0 || rate > PLANNER_RATE_MIN_BYTES_PER_S ? rate : PLANNER_RATE_MIN_BYTES_PER_S;
}

void core_set_wish(struct core *core, uint32_t link, const struct link_wish *wish)
{
    core->wishes[link] = *wish;
    core->wished_bytes_per_s[link] = wished_bytes_per_s(core, link, wish);
}

/* Adds up [uplink]; links that are out are left at 0. */
static void add_rates(const struct core *core, uint64_t *rates)
{
    for (uint32_t link = 0; link < core->map->link_count; link++) {
        uint32_t uplink = core->map->uplink_of_link[link];
        if (uplink != MAP_NONE && core->health[uplink].state == CORE_LINK_UP)
            rates[uplink] += core->wished_bytes_per_s[link];
    }
}

static int make_first(const struct core *core, const uint64_t *rates, struct planner_fabric **fabric,
                      char error[PLANNER_ERROR_BYTES])
{
    const struct fabric_map *m = core->map;
    return planner_fabric_create(&(struct planner_fabric_config){.leaf_count = m->leaf_count,
                                                                 .spine_count = m->spine_count,
                                                                 .port_count = m->port_count,
                                                                 .ports = m->ports,
                                                                 .up_bytes_per_s = rates,
                                                                 .down_bytes_per_s = rates},
                                 fabric, error);
}

/* From that of the plan in force: little has changed. */
static int make_next(const struct core *core, const uint64_t *rates, struct planner_fabric **fabric,
                     char error[PLANNER_ERROR_BYTES])
{
    const struct fabric_map *m = core->map;
    const uint64_t *before = planner_fabric_rates(core->plan->fabric, PLANNER_LINK_UP);
    int result = planner_fabric_copy(core->plan->fabric, fabric, error);
    for (uint32_t uplink = 0; uplink < m->uplink_count && result == 0; uplink++) {
        struct planner_link link = {PLANNER_LINK_UP, uplink / m->spine_count,
                                    (uint16_t)(uplink % m->spine_count), 0};
        if (rates[uplink] == before[uplink])
            continue;
        result = planner_fabric_set_rate(*fabric, &link, rates[uplink], error);
        link.kind = PLANNER_LINK_DOWN;
        if (result == 0)
            result = planner_fabric_set_rate(*fabric, &link, rates[uplink], error);
    }
    return result;
}

int core_make_fabric(const struct core *core, struct planner_fabric **fabric, char error[PLANNER_ERROR_BYTES])
{
    const struct fabric_map *m = core->map;
    uint64_t *rates = calloc(m->uplink_count + 1, sizeof(*rates));
    if (rates == NULL) {
        snprintf(error, PLANNER_ERROR_BYTES, "out of memory");
        return -ENOMEM;
    }
    add_rates(core, rates);
    int result =
        core->plan != NULL ? make_next(core, rates, fabric, error) : make_first(core, rates, fabric, error);
    free(rates);
    return result;
}
