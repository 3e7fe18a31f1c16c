/* SPDX-License-Identifier: BSD-3-Clause */
/* What operators ask for: kept first, then done, so that nothing that was acknowledged is ever lost. */
#include <errno.h>
#include <inttypes.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>

#include "control/core/core_state.h"
#include "control/core/operators.h"

/* ---- guard rails ---- */

/* The uplinks of a leaf, as they would be. */
struct uplinks {
    unsigned count;
    unsigned drained; /* by operators, or set to nothing */
    unsigned working; /* neither drained nor out */
};

static struct uplinks count_uplinks(const struct core *core, uint32_t leaf, const struct core_link_request *q)
{
    const struct topology *t = core->map->topology;
    struct uplinks u = {0};
    uint32_t count;
    const uint32_t *links = topology_links_up(t, topology_node_of(t, TOPOLOGY_LEAF, leaf), &count);
    for (uint32_t i = 0; i < count; i++) {
        const struct link_wish *w = &core->wishes[links[i]];
        bool drained = w->drained || w->capacity_ratio <= 0;
        if (links[i] == q->link)
            drained = q->action == CORE_LINK_DRAIN || (q->action == CORE_LINK_SET && q->capacity_ratio <= 0);
        u.count++;
        u.drained += drained;
        u.working += !drained && core->health[core->map->uplink_of_link[links[i]]].state == CORE_LINK_UP;
    }
    return u;
}

/* The configured share, rounded up; one link at least. */
static unsigned drained_max(const struct core *core, unsigned uplinks)
{
    double most = core->config.drained_uplinks_max * uplinks;
    unsigned whole = (unsigned)most;
    whole += whole < most;
    return whole > 0 ? whole : 1;
}

static int check_guard_rails(const struct core *core, const struct core_link_request *q,
                             struct core_error *error)
{
    uint32_t leaf = core->map->uplink_of_link[q->link] / core->map->spine_count;
    struct uplinks u = count_uplinks(core, leaf, q);
    const char *name = fabric_map_leaf_name(core->map, leaf);
    if (u.drained > drained_max(core, u.count))
        return core_fail(
            error, -EPERM, "refused",
            "%u of %s's %u uplinks would be drained, at most %u may be: restore another one, or force",
            u.drained, name, u.count, drained_max(core, u.count));
    if (u.working == 0)
        return core_fail(error, -EPERM, "refused",
                         "%s would have no working uplink left: force if that is meant", name);
    return 0;
}

static bool takes_away(const struct core_link_request *q)
{
    return q->action == CORE_LINK_DRAIN || (q->action == CORE_LINK_SET && q->capacity_ratio <= 0);
}

static int check_request(const struct core *core, const struct core_link_request *q, struct core_error *error)
{
    if (q->link >= core->map->link_count)
        return core_fail(error, -ENOENT, "unknown_link", "the topology has no such link");
    if (q->action == CORE_LINK_SET && !(q->capacity_ratio >= 0 && q->capacity_ratio <= 1))
        return core_fail(error, -EINVAL, "out_of_range", "capacity_ratio has to be 0 to 1");
    if (core->map->uplink_of_link[q->link] == MAP_NONE)
        return core_fail(error, -EPERM, "refused",
                         "a host's link is not planned over: take the host out of its jobs instead");
    return takes_away(q) && !q->force ? check_guard_rails(core, q, error) : 0;
}

/* ---- doing it ---- */

static struct link_wish wish_after(const struct core *core, const struct core_link_request *q,
                                   uint64_t now_ns)
{
    struct link_wish wish = core->wishes[q->link];
    wish.since_ns = now_ns;
    snprintf(wish.by, sizeof(wish.by), "%s", q->by);
    snprintf(wish.reason, sizeof(wish.reason), "%s", q->reason);
    switch (q->action) {
    case CORE_LINK_DRAIN:
        wish.drained = true;
        return wish;
    case CORE_LINK_SET:
        wish.capacity_ratio = q->capacity_ratio;
        return wish;
    case CORE_LINK_RESTORE:
        break;
    }
    return (struct link_wish){.capacity_ratio = 1};
}

static int keep_wish(struct core *core, const char *name, const struct core_link_request *q,
                     const struct link_wish *wish, char *error)
{
    struct store *store = core->config.store;
    if (q->action == CORE_LINK_RESTORE)
        return store->operations->delete_link(store, name, error);
    struct store_link kept = {
        .drained = wish->drained, .capacity_ratio = wish->capacity_ratio, .at_ns = wish->since_ns};
    snprintf(kept.name, sizeof(kept.name), "%s", name);
    snprintf(kept.by, sizeof(kept.by), "%s", wish->by);
    snprintf(kept.reason, sizeof(kept.reason), "%s", wish->reason);
    return store->operations->put_link(store, &kept, error);
}

static const char *kind_of(enum core_link_action action)
{
    switch (action) {
    case CORE_LINK_DRAIN:
        return "link_drained";
    case CORE_LINK_RESTORE:
        return "link_restored";
    case CORE_LINK_SET:
        return "link_set";
    }
    return "";
}

static void tell_link(struct core *core, const char *name, const struct core_link_request *q, uint64_t now_ns)
{
    struct happening what = {.kind = kind_of(q->action), .link = name};
    const char *by = q->by[0] != '\0' ? q->by : "somebody";
    switch (q->action) {
    case CORE_LINK_DRAIN:
        journal_add(&core->journal, now_ns, &what, "%.40s has drained %.80s: %.100s", by, name, q->reason);
        break;
    case CORE_LINK_RESTORE:
        journal_add(&core->journal, now_ns, &what, "%.40s has restored %.80s: %.100s", by, name, q->reason);
        break;
    case CORE_LINK_SET:
        journal_add(&core->journal, now_ns, &what, "%.40s has set %.80s to %.3f of its rate: %.100s", by,
                    name, q->capacity_ratio, q->reason);
        break;
    }
    journal_flush(&core->journal, now_ns);
}

int operators_change_link(struct core *core, const struct core_link_request *q, uint64_t now_ns,
                          struct core_error *error)
{
    char name[STORE_NAME_BYTES], text[STORE_ERROR_BYTES];
    int result = check_request(core, q, error);
    if (result != 0 || q->dry_run)
        return result;
    fabric_map_link_name(core->map, q->link, name);
    struct link_wish wish = wish_after(core, q, now_ns);
    if (keep_wish(core, name, q, &wish, text) != 0) {
        journal_store_failed(&core->journal, now_ns, text);
        return core_fail(error, -EIO, "store_failed", "%s", text);
    }
    core_set_wish(core, q->link, &wish);
    tell_link(core, name, q, now_ns);
    core_want_plan(core, now_ns, PLAN_LINKS, "%s is %s", name, kind_of(q->action) + strlen("link_"));
    return 0;
}

int core_link_act(struct core *core, const struct core_link_request *q, uint64_t now_ns,
                  struct core_error *error)
{
    int result = operators_change_link(core, q, now_ns, error);
    if (result == 0 && !q->dry_run)
        diagnosis_on_operator(core, q->link, takes_away(q), now_ns);
    return result;
}

int core_job_set_priority(struct core *core, uint64_t identity, unsigned priority, const char *by,
                          uint64_t now_ns, struct core_error *error)
{
    char text[STORE_ERROR_BYTES];
    if (priority >= CORE_PRIORITIES)
        return core_fail(error, -EINVAL, "out_of_range", "priority has to be 0 to %d", CORE_PRIORITIES - 1);
    if (jobs_find(&core->jobs, identity) == UINT_MAX)
        return core_fail(error, -ENOENT, "unknown_job", "no communicator 0x%" PRIx64 " is open", identity);
    struct store_priority kept = {identity, priority};
    if (core->config.store->operations->put_priority(core->config.store, &kept, text) != 0) {
        journal_store_failed(&core->journal, now_ns, text);
        return core_fail(error, -EIO, "store_failed", "%s", text);
    }
    if (jobs_note_priority(&core->jobs, identity, priority) != 0)
        return core_fail_memory(error);
    journal_add(&core->journal, now_ns, &(struct happening){.kind = "job_priority", .job = identity},
                "%.60s has given communicator 0x%" PRIx64 " priority %u",
                by != NULL && by[0] ? by : "somebody", identity, priority);
    journal_flush(&core->journal, now_ns);
    core_want_plan(core, now_ns, PLAN_JOBS, "priority of communicator 0x%" PRIx64, identity);
    return 0;
}

int core_probe(struct core *core, uint32_t from, uint32_t to, uint64_t now_ns, struct core_error *error)
{
    char from_text[ADDRESS_TEXT_BYTES], to_text[ADDRESS_TEXT_BYTES];
    uint32_t port = fabric_map_port(core->map, from);
    address_text(from, from_text);
    address_text(to, to_text);
    if (port == TOPOLOGY_NONE || fabric_map_port(core->map, to) == TOPOLOGY_NONE)
        return core_fail(error, -ENOENT, "unknown_host", "no host port of the topology has the address %s",
                         port == TOPOLOGY_NONE ? from_text : to_text);
    struct agent *agent = core->agents[port];
    if (agent == NULL || !agent->present)
        return core_fail(error, -ENOENT, "unknown_agent",
                         "the agent of %s is absent: see that its dataplane runs", from_text);
    struct asked_probe *request = agent_ask(agent, to, now_ns);
    if (request == NULL)
        return core_fail(error, -EPERM, "refused", "%s still has %d peers to look for: ask again later",
                         from_text, AGENT_PROBES_MAX);
    request->by_operator = true;
    journal_add(&core->journal, now_ns,
                &(struct happening){.kind = "probe_requested", .host = fabric_map_host_name(core->map, port)},
                "%s is to look for its paths to %s anew", from_text, to_text);
    return 0;
}
