/* SPDX-License-Identifier: BSD-3-Clause */
#include "dataplane/daemon/introspection.h"

#include <stdio.h>

#include <rte_telemetry.h>

#include "dataplane/daemon/question.h"
#include "dataplane/formats/address.h"

static struct rte_tel_data *begin_element(void)
{
    struct rte_tel_data *element = rte_tel_data_alloc();
    if (element)
        rte_tel_data_start_dict(element);
    return element;
}

static void add_address(struct rte_tel_data *d, const char *name, uint32_t address)
{
    char text[ADDRESS_TEXT_BYTES];
    rte_tel_data_add_dict_string(d, name, address_text(address, text));
}

/* Of a list that goes on: where to begin next time. */
static void add_next(struct rte_tel_data *d, const struct question *q)
{
    if (q->next)
        rte_tel_data_add_dict_u64(d, "next", q->next);
}

static void add_drops(struct rte_tel_data *d, const struct transport_counters *t)
{
    char name[64];
    for (unsigned reason = DROP_NONE + 1; reason < DROP_REASONS; reason++) {
        snprintf(name, sizeof(name), "drops_%s", drop_reason_name(reason));
        for (char *c = name; *c; c++)
            *c = *c == ' ' || *c == '-' ? '_' : *c;
        rte_tel_data_add_dict_u64(d, name, t->drops[reason]);
    }
}

#define ADD(source, field) rte_tel_data_add_dict_u64(d, #field, (source)->field)

static void add_transport(struct rte_tel_data *d, const struct transport_counters *t)
{
    ADD(t, data_packets_sent);
    ADD(t, data_bytes_sent);
    ADD(t, data_packets_received);
    ADD(t, data_bytes_received);
    ADD(t, acks_sent);
    ADD(t, acks_received);
    ADD(t, credits_sent);
    ADD(t, probes_sent);
    ADD(t, retransmits);
    ADD(t, retransmitted_bytes);
    ADD(t, timeouts);
    ADD(t, tail_probes);
    ADD(t, marked_packets);
    ADD(t, trimmed_packets);
    ADD(t, messages_sent);
    ADD(t, messages_received);
    ADD(t, pieces_sent);
    ADD(t, pieces_relieved);
    ADD(t, paths_died);
    ADD(t, paths_revived);
    ADD(t, packets_rehomed);
    ADD(t, peers_died);
}

static void add_port(struct rte_tel_data *d, const struct port_counters *p)
{
    ADD(p, received_frames);
    ADD(p, sent_frames);
    ADD(p, sent_bytes);
    ADD(p, received_bytes);
    ADD(p, dropped_not_ours);
    ADD(p, dropped_checksum);
    ADD(p, dropped_malformed);
    ADD(p, dropped_no_next_hop);
    ADD(p, dropped_no_buffer);
    ADD(p, device_missed);
}

static void add_worker(struct rte_tel_data *d, const struct worker_snapshot *s)
{
    ADD(s, transfers);
    ADD(s, transfers_max);
    ADD(s, rounds);
    ADD(s, sleeps);
    ADD(s, notices_lost);
    ADD(s, loopback_packets);
}

/* An RDMA NIC. What it sends again it tells of the whole device, or not at all: `retransmits` does not have
 * it. */
static void add_nic(struct rte_tel_data *d, const struct question *q)
{
    const struct carrier_counters *c = &q->snapshot.links;
    if (!q->snapshot.has_links)
        return;
    rte_tel_data_add_dict_u64(d, "nic_packets_carried", c->packets_carried);
    rte_tel_data_add_dict_u64(d, "nic_packets_waited", c->packets_waited);
    rte_tel_data_add_dict_u64(d, "nic_packets_held", c->packets_held);
    rte_tel_data_add_dict_u64(d, "nic_queue_pairs_failed", c->links_failed);
    rte_tel_data_add_dict_u64(d, "nic_queue_pairs_wanting", c->no_link);
    rte_tel_data_add_dict_u64(d, "nic_drops_foreign_payload", c->foreign_payload);
    rte_tel_data_add_dict_u64(d, "nic_drops_malformed", c->received_malformed);
    rte_tel_data_add_dict_u64(d, "nic_drops_of_nobody", c->received_of_nobody);
    if (q->has_nic_retransmits)
        rte_tel_data_add_dict_u64(d, "nic_retransmits", q->nic_retransmits);
}

static int show_counters(const char *command, const char *parameters, struct rte_tel_data *d)
{
    struct question *q = question_ask(QUESTION_COUNTERS, parameters);
    (void)command;
    if (!q)
        return -1;
    rte_tel_data_start_dict(d);
    add_address(d, "address", q->address);
    add_transport(d, &q->snapshot.transport);
    add_drops(d, &q->snapshot.transport);
    add_port(d, &q->snapshot.port);
    add_worker(d, &q->snapshot);
    add_nic(d, q);
    rte_tel_data_add_dict_u64(d, "discovery_probes", q->probes);
    rte_tel_data_add_dict_u64(d, "discovery_answers", q->probe_answers);
    question_done(q);
    return 0;
}

static void add_channel(struct rte_tel_data *list, const struct channel_info *c)
{
    char name[32];
    struct rte_tel_data *d = begin_element();
    if (!d)
        return;
    add_address(d, "peer", c->peer_address);
    ADD(c, path);
    ADD(c, source_port);
    ADD(c, alive);
    ADD(c, generation);
    ADD(c, in_flight_packets);
    ADD(c, window_bytes);
    ADD(c, smoothed_rtt_ns);
    ADD(c, minimum_rtt_ns);
    ADD(c, sent_packets);
    ADD(c, retransmits);
    ADD(c, marked_packets);
    ADD(c, acked_bytes);
    snprintf(name, sizeof(name), "peer%u_path%u", c->peer, c->path);
    rte_tel_data_add_dict_container(list, name, d, 0);
}

static int show_channels(const char *command, const char *parameters, struct rte_tel_data *d)
{
    struct question *q = question_ask(QUESTION_CHANNELS, parameters);
    (void)command;
    if (!q)
        return -1;
    rte_tel_data_start_dict(d);
    for (unsigned i = 0; i < q->snapshot.channel_count; i++)
        add_channel(d, &q->snapshot.channels[i]);
    add_next(d, q);
    question_done(q);
    return 0;
}

static void add_paths(struct rte_tel_data *list, const struct path_view *view)
{
    char name[32];
    struct rte_tel_data *d = begin_element();
    if (!d)
        return;
    add_address(d, "peer", view->address);
    ADD(view, settled);
    ADD(view, answered);
    for (unsigned path = 0; path < view->count; path++) {
        snprintf(name, sizeof(name), "path%u_spine", path);
        add_address(d, name, view->spine_address[path]);
        snprintf(name, sizeof(name), "path%u_source_port", path);
        rte_tel_data_add_dict_u64(d, name, view->source_port[path]);
    }
    snprintf(name, sizeof(name), "peer%u", view->peer);
    rte_tel_data_add_dict_container(list, name, d, 0);
}

static int show_paths(const char *command, const char *parameters, struct rte_tel_data *d)
{
    struct question *q = question_ask(QUESTION_PATHS, parameters);
    (void)command;
    if (!q)
        return -1;
    rte_tel_data_start_dict(d);
    for (unsigned i = 0; i < q->path_count; i++)
        add_paths(d, &q->paths[i]);
    add_next(d, q);
    question_done(q);
    return 0;
}

static const char *agent_state(const struct question *q)
{
    if (!q->follows_control)
        return "without control";
    return q->agent.connected ? "connected" : "control does not answer";
}

static int show_plan(const char *command, const char *parameters, struct rte_tel_data *d)
{
    char hash[24];
    struct question *q = question_ask(QUESTION_PLAN, parameters);
    (void)command;
    if (!q)
        return -1;
    snprintf(hash, sizeof(hash), "0x%llx", (unsigned long long)q->agent.plan_hash);
    rte_tel_data_start_dict(d);
    add_address(d, "address", q->address);
    rte_tel_data_add_dict_string(d, "agent", agent_state(q));
    rte_tel_data_add_dict_u64(d, "epoch", q->agent.plan_epoch);
    rte_tel_data_add_dict_string(d, "hash", hash);
    ADD(&q->snapshot.transport, flows_planned);
    ADD(&q->snapshot.transport, flows_unplanned);
    ADD(&q->agent, reports);
    ADD(&q->agent, reports_failed);
    ADD(&q->agent, plans_taken);
    ADD(&q->agent, plans_refused);
    question_done(q);
    return 0;
}

static void add_session(struct rte_tel_data *list, const struct session_view *view)
{
    char name[32];
    struct rte_tel_data *d = begin_element();
    if (!d)
        return;
    rte_tel_data_add_dict_string(d, "name", view->name);
    rte_tel_data_add_dict_int(d, "process", view->process);
    ADD(view, region_bytes);
    ADD(view, communicators);
    snprintf(name, sizeof(name), "session%u", view->number);
    rte_tel_data_add_dict_container(list, name, d, 0);
}

static int show_sessions(const char *command, const char *parameters, struct rte_tel_data *d)
{
    struct question *q = question_ask(QUESTION_SESSIONS, parameters);
    (void)command;
    if (!q)
        return -1;
    rte_tel_data_start_dict(d);
    for (unsigned i = 0; i < q->session_count; i++)
        add_session(d, &q->sessions[i]);
    add_next(d, q);
    question_done(q);
    return 0;
}

int introspection_start(const struct introspection_config *config)
{
    int result = question_service_start(config);
    if (result != 0)
        return result;
    rte_telemetry_register_cmd("/weft/counters", show_counters,
                               "Counters of transport, port and worker. Parameters: 0,PORT");
    rte_telemetry_register_cmd("/weft/channels", show_channels,
                               "Channels to peers. Parameters: START,PORT; `next` says where to go on");
    rte_telemetry_register_cmd("/weft/paths", show_paths,
                               "Source port of each path to each peer. Parameters: START,PORT");
    rte_telemetry_register_cmd("/weft/plan", show_plan,
                               "The plan of control that is followed. Parameters: 0,PORT");
    rte_telemetry_register_cmd("/weft/sessions", show_sessions, "Attached applications. Parameters: START");
    return 0;
}

void introspection_stop(void)
{
    question_service_stop();
}
