/* SPDX-License-Identifier: BSD-3-Clause */
#include "dataplane/daemon/agent_report.h"

#include <jansson.h>

#include "dataplane/daemon/path_progress.h"
#include "dataplane/daemon/session_server.h"
#include "dataplane/formats/address.h"

static json_t *address_json(uint32_t address)
{
    char text[ADDRESS_TEXT_BYTES];
    return json_string(address_text(address, text));
}

static json_t *number_text(uint64_t number)
{
    return json_sprintf("0x%llx", (unsigned long long)number);
}

/* ---- communicators ---- */

static json_t *write_demands(const struct session_communicator *c)
{
    json_t *demands = json_array();
    for (unsigned shape = 0; shape < STEP_SHAPES; shape++) {
        if (!c->has_demand[shape])
            continue;
        json_array_append_new(demands, json_pack("{s:s, s:I}", "shape", step_shape_name(shape), "flow_bytes",
                                                 (json_int_t)c->demand_bytes[shape]));
    }
    return demands;
}

static json_t *write_communicator(const struct session *s, const struct session_communicator *c)
{
    json_t *addresses = json_array();
    for (uint32_t i = 0; i < c->rank_count; i++)
        json_array_append_new(addresses, address_json(c->addresses[i]));
    return json_pack("{s:o, s:I, s:o, s:s, s:s, s:o}", "identity", number_text(c->identity), "rank",
                     (json_int_t)c->rank, "addresses", addresses, "name", s->name, "path_mode",
                     path_mode_name(c->path_mode), "demands", write_demands(c));
}

static json_t *write_communicators(const struct agent_report *report)
{
    json_t *communicators = json_array();
    for (const struct session *s = session_server_first(report->server); s; s = LIST_NEXT(s, link)) {
        const struct session_communicator *c;
        if (s->port != report->port || s->state != SESSION_ATTACHED)
            continue;
        SLIST_FOREACH(c, &s->communicators, link)
        json_array_append_new(communicators, write_communicator(s, c));
    }
    return communicators;
}

/* ---- paths ---- */

static json_int_t heard_ms(const struct agent_report *report, nsec_t heard_at)
{
    nsec_t ago_ms = (report->now - heard_at) / NSEC_PER_MSEC;
    return (json_int_t)(heard_at == 0 || ago_ms > UINT32_MAX ? UINT32_MAX : ago_ms);
}

static json_t *write_port(const struct agent_report *report, const struct path_view *view, unsigned path)
{
    bool dead = view->peer < report->peers_max && report->dead_paths[view->peer] >> path & 1;
    uint64_t acked_bytes = path_progress_acked_bytes(report->progress, view->peer, path);
    return json_pack("{s:o, s:i, s:b, s:I, s:I}", "spine", address_json(view->spine_address[path]),
                     "source_port", view->source_port[path], "alive", !dead, "acked_bytes",
                     (json_int_t)acked_bytes, "heard_ms", heard_ms(report, view->heard_at[path]));
}

static json_t *write_ports(const struct agent_report *report, const struct path_view *view)
{
    json_t *ports = json_array();
    for (unsigned i = 0; i < view->count; i++) {
        if (view->source_port[i] == 0)
            continue;
        json_array_append_new(ports, write_port(report, view, i));
    }
    return ports;
}

static json_t *write_paths(const struct agent_report *report)
{
    const struct path_discovery *discovery = path_service_discovery(host_port_paths(report->port));
    json_t *paths = json_array();
    struct path_view view;
    for (unsigned i = 0; path_discovery_view(discovery, i, &view); i++)
        json_array_append_new(paths,
                              json_pack("{s:o, s:b, s:o}", "peer", address_json(view.address), "complete",
                                        view.complete, "ports", write_ports(report, &view)));
    return paths;
}

static json_t *write_probed(const struct agent_report *report)
{
    json_t *probed = json_array();
    for (unsigned i = 0; i < report->probed_count; i++)
        json_array_append_new(probed, address_json(report->probed[i]));
    return probed;
}

static json_t *write_round_trips(const struct lone_errand *e)
{
    json_t *times = json_array();
    for (uint32_t i = 0; i < e->answered; i++)
        json_array_append_new(times, json_integer(e->round_trips_ns[i]));
    return times;
}

/* Only when control has asked: one that does not know of it would refuse the report. */
static void add_timed(json_t *body, const struct lone_packets *l)
{
    json_t *timed = json_array();
    for (unsigned i = 0; i < LONE_ERRANDS_MAX; i++) {
        const struct lone_errand *e = &l->errands[i];
        if (e->reported)
            json_array_append_new(timed, json_pack("{s:I, s:o}", "number", (json_int_t)e->wish.number,
                                                   "round_trips_ns", write_round_trips(e)));
    }
    if (json_array_size(timed) > 0)
        json_object_set(body, "timed", timed);
    json_decref(timed);
}

char *agent_report_write(const struct agent_report *report)
{
    json_t *body =
        json_pack("{s:i, s:I, s:I, s:I, s:o, s:I, s:o, s:o, s:o}", "version", 1, "incarnation",
                  (json_int_t)host_port_incarnation(report->port), "sequence", (json_int_t)report->sequence,
                  "plan_epoch", (json_int_t)report->plan_epoch, "plan_hash", number_text(report->plan_hash),
                  "rate_bps", (json_int_t)(8 * host_port_rate_bytes_per_s(report->port)), "communicators",
                  write_communicators(report), "paths", write_paths(report), "probed", write_probed(report));
    if (body)
        add_timed(body, report->timed);
    char *text = body ? json_dumps(body, JSON_COMPACT) : NULL;
    json_decref(body);
    return text;
}
