/* SPDX-License-Identifier: BSD-3-Clause */
#include "tools/exporter/link_metrics.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "tools/exporter/answer.h"

enum {
    NAME_BYTES = 64,
    BITS_PER_BYTE = 8
};

/* One link of the answer with what all its samples share. */
struct labelled_link {
    const json_t *json;
    struct metric_labels labels;
};

struct link_list {
    struct labelled_link *links;
    size_t count;
    const json_t *flaps;
};

static const struct metric link_info = {"fabric_link_info", METRIC_INFO,
                                        "Name of the link, as the weft command takes it."};

/* The value of one link; NAN: it has none. */
struct link_metric {
    struct metric metric;
    double (*value)(const struct link_list *list, const json_t *link);
};

static double is_up(const struct link_list *list, const json_t *link)
{
    (void)list;
    return strcmp(answer_text(link, "state"), "down") != 0;
}

static double is_suspect(const struct link_list *list, const json_t *link)
{
    (void)list;
    return strcmp(answer_text(link, "state"), "suspect") == 0;
}

static double dead_paths(const struct link_list *list, const json_t *link)
{
    (void)list;
    return answer_text(link, "spine")[0] != '\0' ? answer_number(link, "dead_paths") : NAN;
}

static double is_drained(const struct link_list *list, const json_t *link)
{
    (void)list;
    return answer_is_true(link, "drained");
}

static double capacity_ratio(const struct link_list *list, const json_t *link)
{
    (void)list;
    return answer_number(link, "capacity_ratio");
}

static double rate(const struct link_list *list, const json_t *link)
{
    (void)list;
    return answer_number(link, "rate_bps") / BITS_PER_BYTE;
}

static double flap_count(const struct link_list *list, const json_t *link)
{
    return (double)json_integer_value(json_object_get(list->flaps, answer_text(link, "name")));
}

static double anomaly_score(const struct link_list *list, const json_t *link)
{
    (void)list;
    return answer_number(link, "anomaly_score");
}

static double planned_flows(const struct link_list *list, const json_t *link)
{
    (void)list;
    return answer_text(link, "spine")[0] != '\0' ? answer_number(link, "planned_flows") : NAN;
}

static double planned_share(const struct link_list *list, const json_t *link)
{
    (void)list;
    return answer_text(link, "spine")[0] != '\0' ? answer_number(link, "planned_share") : NAN;
}

static const struct link_metric link_metrics[] = {
    {{"fabric_link_up", METRIC_GAUGE, "1 unless control has found the link down."}, is_up},
    {{"fabric_link_suspect", METRIC_GAUGE,
      "1 while the link or the one at the other end of its paths is out, and nobody can tell which."},
     is_suspect},
    {{"fabric_link_dead_paths", METRIC_GAUGE,
      "Dead paths over a link that is out: routers still send there. 0: they avoid it."},
     dead_paths},
    {{"fabric_link_drained", METRIC_GAUGE, "1 while the link is taken out of plans."}, is_drained},
    {{"fabric_link_capacity_ratio", METRIC_GAUGE,
      "Share of the link's rate that plans may use while it is up and not drained."},
     capacity_ratio},
    {{"fabric_link_rate_bytes_per_second", METRIC_GAUGE, "Rate of the link by the topology."}, rate},
    {{"fabric_link_flaps_total", METRIC_COUNTER, "Times that the link has gone out: down, or suspect."},
     flap_count},
    {{"fabric_anomaly_score", METRIC_GAUGE, "How far timing accuses the link; control's localiser."},
     anomaly_score},
    {{"fabric_plan_flows", METRIC_GAUGE, "Flows of the plan in force over the link."}, planned_flows},
    {{"fabric_plan_load_ratio", METRIC_GAUGE, "Planned load of the link over that of the most loaded one."},
     planned_share},
};

/* The leaf's port, which the name has where links are parallel: "LEAF:PORT-SPINE:PORT". */
static void add_port(const json_t *link, const char *far, struct metric_labels *labels)
{
    const char *name = answer_text(link, "name"), *leaf = answer_text(link, "leaf");
    char port[NAME_BYTES], end[NAME_BYTES + 1];
    size_t leaf_bytes = strlen(leaf);
    if (strncmp(name, leaf, leaf_bytes) != 0 || name[leaf_bytes] != ':')
        return;
    name += leaf_bytes + 1;
    snprintf(end, sizeof(end), "-%s", far);
    const char *behind = strstr(name, end);
    snprintf(port, sizeof(port), "%.*s", behind != NULL ? (int)(behind - name) : NAME_BYTES, name);
    metric_labels_add(labels, "port", port);
}

void link_labels(const json_t *link, struct metric_labels *labels)
{
    const char *spine = answer_text(link, "spine"), *host = answer_text(link, "host");
    metric_labels_clear(labels);
    metric_labels_add(labels, "leaf", answer_text(link, "leaf"));
    metric_labels_add(labels, "spine", spine);
    metric_labels_add(labels, "host", host);
    add_port(link, spine[0] != '\0' ? spine : host, labels);
}

static void write_info(struct metric_page *page, const struct link_list *list)
{
    metric_page_begin(page, &link_info);
    for (size_t i = 0; i < list->count; i++) {
        struct metric_labels labels = list->links[i].labels;
        metric_labels_add(&labels, "link", answer_text(list->links[i].json, "name"));
        metric_page_add(page, &labels, 1);
    }
}

static void write_metric(struct metric_page *page, const struct link_list *list,
                         const struct link_metric *metric)
{
    metric_page_begin(page, &metric->metric);
    for (size_t i = 0; i < list->count; i++) {
        double value = metric->value(list, list->links[i].json);
        if (!isnan(value))
            metric_page_add(page, &list->links[i].labels, value);
    }
}

void link_metrics_write(struct metric_page *page, const json_t *links, const json_t *flaps)
{
    size_t count = json_array_size(links);
    struct link_list list = {.flaps = flaps};
    list.links = calloc(count + 1, sizeof(*list.links));
    if (list.links == NULL) {
        page->samples.failed = true;
        return;
    }
    for (size_t i = 0; i < count && list.count < LINK_METRICS_MAX; i++) {
        const json_t *link = json_array_get(links, i);
        if (answer_text(link, "name")[0] == '\0')
            continue;
        list.links[list.count].json = link;
        link_labels(link, &list.links[list.count++].labels);
    }
    write_info(page, &list);
    for (unsigned i = 0; i < sizeof(link_metrics) / sizeof(*link_metrics); i++)
        write_metric(page, &list, &link_metrics[i]);
    free(list.links);
}
