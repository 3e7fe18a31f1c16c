/* SPDX-License-Identifier: BSD-3-Clause */
#include "control/server/body.h"
#include "control/server/calls.h"
#include "control/server/view.h"

#define NSEC_PER_MSEC 1000000

static json_t *show_port(const struct call *call, const struct topology_port *port)
{
    static const char *const states[] = {
        [CORE_AGENT_ABSENT] = "absent", [CORE_AGENT_BEHIND] = "behind", [CORE_AGENT_CURRENT] = "current"};
    struct core_agent_info info = {.state = CORE_AGENT_ABSENT};
    bool is_known = core_agent_info(call->core, port->address, &info);
    json_t *json =
        json_pack("{s:o, s:I, s:s, s:I, s:I, s:I, s:I}", "address", view_address(port->address), "rail",
                  (json_int_t)port->rail, "agent", states[info.state], "incarnation",
                  (json_int_t)info.incarnation, "plan_epoch", (json_int_t)info.plan_epoch, "communicators",
                  (json_int_t)info.communicators, "dead_paths", (json_int_t)info.dead_paths);
    if (json != NULL && is_known && info.state != CORE_AGENT_ABSENT)
        json_object_set_new(json, "seen_ms",
                            json_integer((json_int_t)((call->now_ns - info.seen_ns) / NSEC_PER_MSEC)));
    return json;
}

static json_t *show_host(const struct call *call, uint32_t host)
{
    const struct topology *t = call->topology;
    uint32_t first, count = topology_host_ports(t, host, &first);
    json_t *ports = json_array();
    for (uint32_t i = first; i < first + count; i++)
        json_array_append_new(ports, show_port(call, topology_port(t, i)));
    uint32_t leaf = count > 0 ? topology_port(t, first)->leaf : 0;
    return json_pack("{s:s, s:s, s:o}", "name",
                     topology_node(t, topology_node_of(t, TOPOLOGY_HOST, host))->name, "leaf",
                     topology_node(t, topology_node_of(t, TOPOLOGY_LEAF, leaf))->name, "ports", ports);
}

void calls_show_hosts(struct call *call)
{
    json_t *hosts = json_array();
    uint32_t host;
    if (call->word_count == 2) {
        if (view_find_host(call, call->words[1], &host))
            json_array_append_new(hosts, show_host(call, host));
    } else {
        for (host = 0; host < topology_count(call->topology, TOPOLOGY_HOST); host++)
            json_array_append_new(hosts, show_host(call, host));
    }
    if (call->status == 0)
        call_answer(call, 200, json_pack("{s:o}", "hosts", hosts));
    else
        json_decref(hosts);
}

/* ---- paths ---- */

/* The first port of the host that both have a rail for. */
static bool find_ports(struct call *call, const char *from, const char *to, uint32_t addresses[2])
{
    uint32_t hosts[2], first;
    if (from == NULL || to == NULL) {
        call_fail(call, 400, "wrong_query", NULL, "`from` and `to` must name hosts");
        return false;
    }
    if (!view_find_host(call, from, &hosts[0]) || !view_find_host(call, to, &hosts[1]))
        return false;
    for (unsigned i = 0; i < 2; i++) {
        topology_host_ports(call->topology, hosts[i], &first);
        addresses[i] = topology_port(call->topology, first)->address;
    }
    return true;
}

/* What the plan in force makes of the paths between them; NULL: nothing. */
static const uint8_t *find_weights(struct call *call, const uint32_t addresses[2], struct plan_view *plan)
{
    const struct plan_header *block;
    if (core_plan_block(call->core, addresses[0], &block) != 0)
        return NULL;
    *plan = plan_lay_out(block);
    return plan_find_weights(plan, addresses[1] >> (32 - block->leaf_prefix_bits));
}

static unsigned weight_of(const struct plan_view *plan, const uint8_t *weights, uint32_t spine)
{
    for (uint32_t i = 0; i < plan->header->spine_count; i++)
        if (plan->spines[i].address == spine)
            return weights[i];
    return 0;
}

static json_t *show_path(const struct call *call, const struct core_path *path, unsigned weight)
{
    uint32_t node = topology_switch_by_address(call->topology, path->spine);
    json_t *spine = node == TOPOLOGY_NONE ? view_address(path->spine)
                                          : json_string(topology_node(call->topology, node)->name);
    return json_pack("{s:o, s:i, s:s, s:i}", "spine", spine, "source_port", path->source_port, "state",
                     path->alive ? "alive" : "dead", "weight", weight);
}

void calls_show_paths(struct call *call)
{
    uint32_t addresses[2];
    const struct core_path *paths;
    if (!find_ports(call, call->query(call, "from"), call->query(call, "to"), addresses))
        return;
    struct plan_view plan;
    const uint8_t *weights = find_weights(call, addresses, &plan);
    unsigned count = core_agent_paths(call->core, addresses[0], addresses[1], &paths);
    json_t *list = json_array();
    for (unsigned i = 0; i < count; i++)
        json_array_append_new(
            list,
            show_path(call, &paths[i], weights != NULL ? weight_of(&plan, weights, paths[i].spine) : 0));
    call_answer(call, 200, json_pack("{s:o}", "paths", list));
}

void calls_probe_paths(struct call *call)
{
    static const char *const members[] = {"from", "to", NULL};
    struct body body;
    struct body_object root;
    struct core_error error;
    char from[TOPOLOGY_NAME_BYTES], to[TOPOLOGY_NAME_BYTES];
    uint32_t addresses[2];
    if (body_open(&body, call, &root)) {
        body_check_members(&root, members);
        body_text(&root, "from", from, sizeof(from));
        body_text(&root, "to", to, sizeof(to));
        if (!body.failed && find_ports(call, from, to, addresses)) {
            if (core_probe(call->core, addresses[0], addresses[1], call->now_ns, &error) != 0)
                call_fail_core(call, &error);
            else
                call_answer(call, 202, json_object());
        }
    }
    body_close(&body);
}
