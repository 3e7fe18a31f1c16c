/* SPDX-License-Identifier: BSD-3-Clause */
#include "tools/exporter/monitor_metrics.h"

#include <errno.h>
#include <math.h>
#include <string.h>

#include "tools/exporter/answer.h"
#include "tools/exporter/monitor_sums.h"

/* ---- numbers as they are ---- */

static const struct number_metric {
    struct metric metric;
    const char *object, *key; /* object NULL: of the whole */
} numbers[] = {
    {{"fabric_monitor_records_total", METRIC_COUNTER, "Records that the monitor has taken."},
     "records",
     "taken"},
    {{"fabric_monitor_events_lost_total", METRIC_COUNTER,
      "Records for which the kernel's buffer had no room."},
     "records",
     "lost"},
    {{"fabric_monitor_records_refused_total", METRIC_COUNTER, "Records that made no sense."},
     "records",
     "refused"},
    {{"fabric_monitor_stages_lost_total", METRIC_COUNTER, "Times of stages that found their table full."},
     NULL,
     "stages_lost"},
    {{"fabric_monitor_batches_total", METRIC_COUNTER, "Batches that control has taken."},
     "control",
     "batches"},
    {{"fabric_monitor_batches_failed_total", METRIC_COUNTER, "Batches that control has not taken."},
     "control",
     "failures"},
};

static void write_number(struct metric_page *page, const json_t *monitor, const struct number_metric *number)
{
    const json_t *object = number->object != NULL ? json_object_get(monitor, number->object) : monitor;
    double value = answer_number(object, number->key);
    if (!isnan(value))
        metric_page_single(page, &number->metric, value);
}

static const struct metric answering = {"fabric_monitor_control_connected", METRIC_GAUGE,
                                        "1 while control takes the monitor's batches."};
static const struct metric missing = {"fabric_monitor_missing_features", METRIC_GAUGE,
                                      "Things that the monitor lacks on this host; its log names them."};
static const struct metric dropped = {"fabric_monitor_records_dropped_total", METRIC_COUNTER,
                                      "Records dropped since control was away for too long."};

static void write_health(struct metric_page *page, const json_t *monitor)
{
    const json_t *control = json_object_get(monitor, "control");
    double sum = 0;
    size_t i;
    json_t *port;
    if (answer_is_true(control, "configured"))
        metric_page_single(page, &answering, answer_is_true(control, "answering"));
    metric_page_single(page, &missing, (double)json_array_size(json_object_get(monitor, "missing")));
    json_array_foreach(json_object_get(monitor, "ports"), i, port)
    {
        double value = answer_number(port, "dropped");
        sum += isnan(value) ? 0 : value;
    }
    metric_page_single(page, &dropped, sum);
}

/* ---- programs: one that is attached to some binaries only is not attached ---- */

enum {
    PROBES_MAX = 64
};
static const struct metric attached = {"fabric_monitor_program_attached", METRIC_GAUGE,
                                       "1 if the probe is attached wherever it belongs."};

/* The monitor looks for every probe in every file of weft; that a file has no such probe is no fault. */
static bool belongs_there(const json_t *program)
{
    return answer_is_true(program, "attached") ||
           strcmp(answer_text(program, "error"), strerror(ENOENT)) != 0;
}

/* The first row of its probe that belongs where it is. */
static bool is_first(const json_t *programs, size_t place, const char *probe)
{
    for (size_t i = 0; i < place; i++) {
        const json_t *program = json_array_get(programs, i);
        if (belongs_there(program) && strcmp(answer_text(program, "probe"), probe) == 0)
            return false;
    }
    return belongs_there(json_array_get(programs, place));
}

static bool is_attached_everywhere(const json_t *programs, const char *probe)
{
    size_t i;
    json_t *program;
    json_array_foreach(programs, i, program)
    {
        if (strcmp(answer_text(program, "probe"), probe) == 0 && belongs_there(program) &&
            !answer_is_true(program, "attached"))
            return false;
    }
    return true;
}

static void write_programs(struct metric_page *page, const json_t *monitor)
{
    const json_t *programs = json_object_get(monitor, "programs");
    unsigned shown = 0;
    metric_page_begin(page, &attached);
    for (size_t i = 0; i < json_array_size(programs) && shown < PROBES_MAX; i++) {
        const char *probe = answer_text(json_array_get(programs, i), "probe");
        struct metric_labels labels;
        if (probe[0] == '\0' || !is_first(programs, i, probe))
            continue;
        metric_labels_clear(&labels);
        metric_labels_add(&labels, "program", probe);
        metric_page_add(page, &labels, is_attached_everywhere(programs, probe));
        shown++;
    }
}

/* ---- sums ---- */

struct summary {
    const struct place_names *names;
    const struct monitor_sums *sums;
};

static struct metric_labels port_labels(const struct summary *s, unsigned port)
{
    struct metric_labels labels;
    metric_labels_clear(&labels);
    place_names_add_port(s->names, s->sums->ports[port].address, port, &labels);
    return labels;
}

static const struct metric stage_seconds = {
    "fabric_collective_stage_seconds_total", METRIC_COUNTER,
    "Time that messages have spent in each stage: ready, credit, network, drain."};
static const struct metric stage_messages = {"fabric_collective_stage_messages_total", METRIC_COUNTER,
                                             "Messages that have gone through each stage."};

static double seconds_of(const struct monitor_stage_sum *sum)
{
    return sum->seconds;
}

static double count_of(const struct monitor_stage_sum *sum)
{
    return sum->count;
}

static void write_stages(struct metric_page *page, const struct summary *s, const struct metric *metric,
                         double (*value_of)(const struct monitor_stage_sum *sum))
{
    metric_page_begin(page, metric);
    for (unsigned port = 0; port < s->sums->port_count; port++) {
        for (unsigned stage = 0; stage < STAGES; stage++) {
            struct metric_labels labels = port_labels(s, port);
            metric_labels_add(&labels, "stage", monitor_stage_name(stage));
            metric_page_add(page, &labels, value_of(&s->sums->ports[port].stages[stage]));
        }
    }
}

static const struct metric network = {"fabric_path_network_seconds", METRIC_HISTOGRAM,
                                      "First packet to last acknowledgement of messages, by spine."};

static bool is_empty(const struct metric_histogram *histogram)
{
    for (unsigned i = 0; i <= histogram->bound_count; i++)
        if (histogram->counts[i] > 0)
            return false;
    return true;
}

static void write_network(struct metric_page *page, const struct summary *s)
{
    metric_page_begin(page, &network);
    for (unsigned port = 0; port < s->sums->port_count; port++) {
        for (unsigned spine = 0; spine < PATH_TOTALS_SPINES_MAX; spine++) {
            const struct metric_histogram *histogram = &s->sums->ports[port].network[spine];
            struct metric_labels labels = port_labels(s, port);
            if (is_empty(histogram))
                continue;
            place_names_add_spine(s->names, spine, &labels);
            metric_page_add_histogram(page, &labels, histogram);
        }
    }
}

static const struct metric durations = {
    "fabric_collective_duration_seconds", METRIC_HISTOGRAM,
    "Time from a rank's entry into a collective to its end, by operation."};
static const struct metric failures = {"fabric_collective_failures_total", METRIC_COUNTER,
                                       "Collectives that have ended with an error, by operation."};

static void write_operations(struct metric_page *page, const struct summary *s)
{
    struct metric_labels labels;
    metric_page_begin(page, &durations);
    for (unsigned i = 0; i < s->sums->operation_count; i++) {
        metric_labels_clear(&labels);
        metric_labels_add(&labels, "op", s->sums->operations[i].name);
        metric_page_add_histogram(page, &labels, &s->sums->operations[i].durations);
    }
    metric_page_begin(page, &failures);
    for (unsigned i = 0; i < s->sums->operation_count; i++) {
        metric_labels_clear(&labels);
        metric_labels_add(&labels, "op", s->sums->operations[i].name);
        metric_page_add(page, &labels, s->sums->operations[i].failed);
    }
}

static const struct metric hung = {"fabric_collective_hung", METRIC_GAUGE,
                                   "Collectives of this host's ranks that do not go on."};
static const struct metric lag = {
    "fabric_rank_lag_ops", METRIC_GAUGE,
    "Collectives by which a rank here is behind another rank of its communicator on this host, at most."};

static void write_ranks(struct metric_page *page, const struct summary *s)
{
    struct metric_labels labels;
    metric_page_begin(page, &hung);
    for (unsigned port = 0; port < s->sums->port_count; port++) {
        labels = port_labels(s, port);
        metric_page_add(page, &labels, s->sums->ports[port].hangs);
    }
    metric_page_begin(page, &lag);
    for (unsigned port = 0; port < s->sums->port_count; port++) {
        labels = port_labels(s, port);
        metric_page_add(page, &labels, s->sums->ports[port].lag_ops);
    }
}

bool monitor_metrics_write(struct metric_page *page, const struct place_names *names, const json_t *monitor)
{
    struct monitor_sums *sums = json_is_object(monitor) ? monitor_sums_create(monitor) : NULL;
    const struct summary s = {names, sums};
    if (sums == NULL)
        return false;
    for (unsigned i = 0; i < sizeof(numbers) / sizeof(*numbers); i++)
        write_number(page, monitor, &numbers[i]);
    write_health(page, monitor);
    write_programs(page, monitor);
    write_stages(page, &s, &stage_seconds, seconds_of);
    write_stages(page, &s, &stage_messages, count_of);
    write_network(page, &s);
    write_operations(page, &s);
    write_ranks(page, &s);
    monitor_sums_destroy(sums);
    return true;
}
