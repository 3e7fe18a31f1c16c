/* SPDX-License-Identifier: BSD-3-Clause */
#include "tools/exporter/dataplane_metrics.h"

#include <math.h>
#include <string.h>

#include "tools/exporter/answer.h"

/* ---- counters as they are ---- */

struct counter_metric {
    struct metric metric;
    const char *key; /* of /weft/counters */
};

static const struct counter_metric counters[] = {
    {{"fabric_port_sent_bytes_total", METRIC_COUNTER, "Bytes of frames sent."}, "sent_bytes"},
    {{"fabric_port_received_bytes_total", METRIC_COUNTER, "Bytes of frames received."}, "received_bytes"},
    {{"fabric_port_sent_frames_total", METRIC_COUNTER, "Frames sent."}, "sent_frames"},
    {{"fabric_port_received_frames_total", METRIC_COUNTER, "Frames received."}, "received_frames"},
    {{"fabric_data_sent_bytes_total", METRIC_COUNTER, "Payload sent, retransmissions included."},
     "data_bytes_sent"},
    {{"fabric_data_received_bytes_total", METRIC_COUNTER, "Payload accepted."}, "data_bytes_received"},
    {{"fabric_messages_sent_total", METRIC_COUNTER, "Messages that have been acknowledged whole."},
     "messages_sent"},
    {{"fabric_messages_received_total", METRIC_COUNTER, "Messages that have been delivered."},
     "messages_received"},
    {{"fabric_retransmits_total", METRIC_COUNTER, "Packets sent again."}, "retransmits"},
    {{"fabric_nic_retransmits_total", METRIC_COUNTER,
      "Times that an RDMA NIC began to send again, of the whole device."},
     "nic_retransmits"},
    {{"fabric_nic_queue_pairs_failed_total", METRIC_COUNTER, "Queue pairs that an RDMA NIC gave up."},
     "nic_queue_pairs_failed"},
    {{"fabric_timeouts_total", METRIC_COUNTER, "Retransmission timeouts."}, "timeouts"},
    {{"fabric_paths_died_total", METRIC_COUNTER, "Times that a path to a peer was found dead."},
     "paths_died"},
    {{"fabric_paths_revived_total", METRIC_COUNTER, "Times that a dead path came back."}, "paths_revived"},
    {{"fabric_peers_died_total", METRIC_COUNTER, "Peers that were given up."}, "peers_died"},
};

static void port_labels(const struct dataplane_view *view, unsigned port, struct metric_labels *labels)
{
    metric_labels_clear(labels);
    place_names_add_port(view->names, answer_text(view->ports[port].counters, "address"), port, labels);
}

static void write_counter(struct metric_page *page, const struct dataplane_view *view,
                          const struct counter_metric *counter)
{
    metric_page_begin(page, &counter->metric);
    for (unsigned port = 0; port < view->port_count; port++) {
        struct metric_labels labels;
        double value = answer_number(view->ports[port].counters, counter->key);
        port_labels(view, port, &labels);
        if (!isnan(value))
            metric_page_add(page, &labels, value);
    }
}

/* ---- drops: a family for each prefix, the rest of the key is the reason ---- */

static const struct counter_metric drops[] = {
    {{"fabric_port_dropped_frames_total", METRIC_COUNTER,
      "Frames that the port dropped, before they were known to be weft's."},
     "dropped_"},
    {{"fabric_packets_dropped_total", METRIC_COUNTER, "Packets that the transport dropped."}, "drops_"},
    {{"fabric_nic_messages_dropped_total", METRIC_COUNTER,
      "Messages that came over queue pairs and never reached the transport."},
     "nic_drops_"},
};

static void write_drops(struct metric_page *page, const struct dataplane_view *view,
                        const struct counter_metric *drop)
{
    metric_page_begin(page, &drop->metric);
    for (unsigned port = 0; port < view->port_count; port++) {
        const char *key;
        json_t *value;
        json_object_foreach((json_t *)view->ports[port].counters, key, value)
        {
            struct metric_labels labels;
            if (strncmp(key, drop->key, strlen(drop->key)) != 0 || !json_is_integer(value))
                continue;
            port_labels(view, port, &labels);
            metric_labels_add(&labels, "reason", key + strlen(drop->key));
            metric_page_add(page, &labels, json_number_value(value));
        }
    }
}

/* ---- probes and the plan ---- */

/* One of several values of a family, told apart by a label. */
struct told_apart {
    const char *label, *value;
};

static void add_told_apart(struct metric_page *page, const struct dataplane_view *view, unsigned port,
                           const struct told_apart *apart, double value)
{
    struct metric_labels labels;
    port_labels(view, port, &labels);
    metric_labels_add(&labels, apart->label, apart->value);
    if (!isnan(value))
        metric_page_add(page, &labels, value);
}

static const struct metric probes = {"fabric_path_probes_total", METRIC_COUNTER,
                                     "Probes that look for source ports of paths, by result."};

static void write_probes(struct metric_page *page, const struct dataplane_view *view)
{
    metric_page_begin(page, &probes);
    for (unsigned port = 0; port < view->port_count; port++) {
        double answered = answer_number(view->ports[port].counters, "discovery_answers");
        add_told_apart(page, view, port, &(struct told_apart){"result", "answered"}, answered);
        add_told_apart(page, view, port, &(struct told_apart){"result", "unanswered"},
                       view->ports[port].unanswered_probes);
    }
}

static const struct metric follows = {"fabric_dataplane_control_connected", METRIC_GAUGE,
                                      "1 while the dataplane hears from control."};
static const struct metric epoch = {"fabric_dataplane_plan_epoch", METRIC_GAUGE,
                                    "Epoch of the plan that the dataplane follows; 0: none."};
static const struct metric flows = {"fabric_flows_total", METRIC_COUNTER,
                                    "Flows sent in path mode planned, as the plan says or split locally."};

static void write_plan(struct metric_page *page, const struct dataplane_view *view)
{
    const struct told_apart nothing = {"", NULL}, planned = {"placement", "planned"},
                            local = {"placement", "local"};
    metric_page_begin(page, &follows);
    for (unsigned port = 0; port < view->port_count; port++)
        add_told_apart(page, view, port, &nothing,
                       strcmp(answer_text(view->ports[port].plan, "agent"), "connected") == 0);
    metric_page_begin(page, &epoch);
    for (unsigned port = 0; port < view->port_count; port++)
        add_told_apart(page, view, port, &nothing, answer_number(view->ports[port].plan, "epoch"));
    metric_page_begin(page, &flows);
    for (unsigned port = 0; port < view->port_count; port++) {
        const json_t *plan = view->ports[port].plan;
        add_told_apart(page, view, port, &planned, answer_number(plan, "flows_planned"));
        add_told_apart(page, view, port, &local, answer_number(plan, "flows_unplanned"));
    }
}

/* ---- by spine ---- */

static double retransmits_of(const struct path_total *t)
{
    return (double)t->retransmits;
}

static double marks_of(const struct path_total *t)
{
    return (double)t->marked_packets;
}

static double packets_of(const struct path_total *t)
{
    return (double)t->sent_packets;
}

static double bytes_of(const struct path_total *t)
{
    return (double)t->acked_bytes;
}

static const struct {
    struct metric metric;
    double (*value)(const struct path_total *total);
} spine_metrics[] = {
    {{"fabric_link_retransmits_total", METRIC_COUNTER,
      "Packets that this host has sent again over paths of the spine."},
     retransmits_of},
    {{"fabric_link_ecn_marks_total", METRIC_COUNTER,
      "Packets of this host that arrived marked over paths of the spine."},
     marks_of},
    {{"fabric_link_sent_packets_total", METRIC_COUNTER,
      "Packets that this host has sent over paths of the spine."},
     packets_of},
    {{"fabric_link_acked_bytes_total", METRIC_COUNTER,
      "Bytes of this host that were acknowledged over paths of the spine."},
     bytes_of},
};
static const struct metric rtt = {
    "fabric_path_rtt_seconds", METRIC_HISTOGRAM,
    "Smoothed round-trip time of each channel that has made progress, once a look."};

static void spine_labels(const struct dataplane_view *view, unsigned port, unsigned spine,
                         struct metric_labels *labels)
{
    port_labels(view, port, labels);
    place_names_add_spine(view->names, spine, labels);
}

/* A sample for each spine that a port has used; the histogram where there is no `value`. */
static void write_spines(struct metric_page *page, const struct dataplane_view *view,
                         double (*value)(const struct path_total *total))
{
    for (unsigned port = 0; port < view->port_count; port++) {
        for (unsigned spine = 0; spine < PATH_TOTALS_SPINES_MAX; spine++) {
            const struct path_total *total = path_totals_of(view->ports[port].totals, spine);
            struct metric_labels labels;
            if (!total->is_used)
                continue;
            spine_labels(view, port, spine, &labels);
            if (value != NULL)
                metric_page_add(page, &labels, value(total));
            else
                metric_page_add_histogram(page, &labels, &total->rtt_s);
        }
    }
}

void dataplane_metrics_write(struct metric_page *page, const struct dataplane_view *view)
{
    for (unsigned i = 0; i < sizeof(counters) / sizeof(*counters); i++)
        write_counter(page, view, &counters[i]);
    for (unsigned i = 0; i < sizeof(drops) / sizeof(*drops); i++)
        write_drops(page, view, &drops[i]);
    write_probes(page, view);
    write_plan(page, view);
    for (unsigned i = 0; i < sizeof(spine_metrics) / sizeof(*spine_metrics); i++) {
        metric_page_begin(page, &spine_metrics[i].metric);
        write_spines(page, view, spine_metrics[i].value);
    }
    metric_page_begin(page, &rtt);
    write_spines(page, view, NULL);
}
