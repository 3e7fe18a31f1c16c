/* SPDX-License-Identifier: BSD-3-Clause */
#include "tools/exporter/fabric_metrics.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

#include "tools/exporter/answer.h"
#include "tools/exporter/link_metrics.h"

static const struct metric hosts_metric = {"fabric_hosts", METRIC_GAUGE, "Hosts of the topology."};
static const struct metric jobs_metric = {"fabric_jobs", METRIC_GAUGE, "Communicators that are open."};
static const struct metric plan_epoch = {"fabric_plan_epoch", METRIC_GAUGE,
                                         "Epoch of the plan in force; 0: none."};
static const struct metric plan_imbalance = {
    "fabric_plan_imbalance_ratio", METRIC_GAUGE,
    "Time of the plan's most loaded link over the least that any plan could reach; 1 is perfect."};
static const struct metric agent_up = {"fabric_agent_up", METRIC_GAUGE,
                                       "1 while the dataplane of this host port reports to control."};
static const struct metric agent_current = {
    "fabric_agent_plan_current", METRIC_GAUGE,
    "1 while the dataplane of this host port follows the plan in force."};
static const struct metric agent_dead_paths = {"fabric_agent_dead_paths", METRIC_GAUGE,
                                               "Paths that the dataplane of this host port has found dead."};

static void write_single(struct metric_page *page, const struct metric *metric, const json_t *object,
                         const char *key)
{
    double value = answer_number(object, key);
    if (!isnan(value))
        metric_page_single(page, metric, value);
}

static void write_fabric(struct metric_page *page, const json_t *fabric)
{
    const json_t *plan = json_object_get(fabric, "plan");
    write_single(page, &hosts_metric, fabric, "hosts");
    write_single(page, &jobs_metric, fabric, "jobs");
    write_single(page, &plan_epoch, plan, "epoch");
    write_single(page, &plan_imbalance, plan, "ratio");
}

/* ---- hosts ---- */

static double is_present(const json_t *port)
{
    return strcmp(answer_text(port, "agent"), "absent") != 0;
}

static double is_current(const json_t *port)
{
    return strcmp(answer_text(port, "agent"), "current") == 0;
}

static double dead_paths(const json_t *port)
{
    return answer_number(port, "dead_paths");
}

static void host_port_labels(const json_t *host, const json_t *port, struct metric_labels *labels)
{
    char rail[16];
    metric_labels_clear(labels);
    metric_labels_add(labels, "leaf", answer_text(host, "leaf"));
    metric_labels_add(labels, "host", answer_text(host, "name"));
    snprintf(rail, sizeof(rail), "%u", (unsigned)json_integer_value(json_object_get(port, "rail")));
    metric_labels_add(labels, "port", rail);
}

static void write_ports(struct metric_page *page, const json_t *hosts, const struct metric *metric,
                        double (*value_of)(const json_t *port))
{
    size_t i, j;
    json_t *host, *port;
    metric_page_begin(page, metric);
    json_array_foreach(hosts, i, host)
    {
        json_array_foreach(json_object_get(host, "ports"), j, port)
        {
            struct metric_labels labels;
            double value = value_of(port);
            host_port_labels(host, port, &labels);
            if (!isnan(value))
                metric_page_add(page, &labels, value);
        }
    }
}

void fabric_metrics_write(struct metric_page *page, const struct fabric_view *view)
{
    write_fabric(page, view->fabric);
    link_metrics_write(page, view->links, event_counts_flaps(view->events));
    write_ports(page, view->hosts, &agent_up, is_present);
    write_ports(page, view->hosts, &agent_current, is_current);
    write_ports(page, view->hosts, &agent_dead_paths, dead_paths);
    plan_counts_write(page, view->plans);
    event_counts_write(page, view->events);
    verdict_metrics_write(page, view->verdicts, view->verdict_counts);
}
