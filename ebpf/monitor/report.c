/* SPDX-License-Identifier: BSD-3-Clause */
#include "ebpf/monitor/report.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <jansson.h>

#include "dataplane/formats/address.h"
#include "dataplane/process/clock.h"
#include "ebpf/monitor/stage_rows.h"

enum {
    HEX_BYTES = 24
};

static json_t *address_json(uint32_t address)
{
    char text[ADDRESS_TEXT_BYTES];
    return json_string(address_text(address, text));
}

static json_t *hex_json(uint64_t value)
{
    char text[HEX_BYTES];
    snprintf(text, sizeof(text), "0x%" PRIx64, value);
    return json_string(text);
}

static json_t *number(uint64_t value)
{
    return json_integer((json_int_t)value);
}

static json_t *seconds(uint64_t ns)
{
    return json_real((double)ns / 1e9);
}

static json_t *path_json(uint16_t path)
{
    return path == TIMING_PATH_NONE ? json_null() : json_integer(path);
}

/* Counts of what took at most each of the bounds. */
static json_t *buckets_json(const uint64_t buckets[TIMING_BUCKETS])
{
    json_t *list = json_array();
    uint64_t below = 0;
    for (unsigned i = 0; i < TIMING_BUCKETS; i++)
        json_array_append_new(list, number(below += buckets[i]));
    return list;
}

static json_t *bounds_json(void)
{
    json_t *list = json_array();
    for (unsigned i = 0; i < TIMING_BUCKETS; i++)
        json_array_append_new(list, seconds(1000ull << i));
    return list;
}

static json_t *missing_json(const struct monitor *m)
{
    json_t *list = json_array();
    const char *text;
    for (unsigned i = 0; (text = probes_missing(m->probes, i)) != NULL; i++)
        json_array_append_new(list, json_string(text));
    return list;
}

static json_t *programs_json(const struct monitor *m)
{
    json_t *list = json_array();
    struct probes_attached a;
    for (unsigned i = 0; probes_get_attached(m->probes, i, &a); i++) {
        json_t *program = json_pack("{s:s, s:s, s:b}", "binary", a.file ? a.file : "", "probe", a.probe,
                                    "attached", a.link != NULL);
        if (!a.link)
            json_object_set_new(program, "error", json_string(strerror(-a.error)));
        json_array_append_new(list, program);
    }
    return list;
}

static json_t *records_json(const struct monitor *m)
{
    static const char *const names[TIMING_KINDS] = {
        [TIMING_SENT] = "sent",   [TIMING_RECEIVED] = "received", [TIMING_ENTERED] = "entered",
        [TIMING_ENDED] = "ended", [TIMING_SILENT] = "silent",     [TIMING_ANSWERS] = "answers",
        [TIMING_PROBE] = "probe", [TIMING_OPENED] = "opened",     [TIMING_CLOSED] = "closed"};
    struct timing_counts counts;
    json_t *kinds = json_object();
    probes_get_counts(m->probes, &counts);
    for (unsigned i = 1; i < TIMING_KINDS; i++)
        json_object_set_new(kinds, names[i], number(m->kinds[i]));
    return json_pack("{s:o, s:o, s:o, s:o}", "taken", number(counts.taken), "lost", number(counts.lost),
                     "refused", number(m->ports.refused + counts.unread), "kinds", kinds);
}

static json_t *ports_json(const struct monitor *m)
{
    json_t *list = json_array();
    for (unsigned i = 0; i < m->ports.count; i++) {
        const struct outbox *o = &m->ports.outboxes[i];
        json_array_append_new(list,
                              json_pack("{s:o, s:o, s:o, s:o, s:o}", "address", address_json(o->address),
                                        "taken", number(o->next), "buffered", number(o->next - o->first),
                                        "sent", number(o->taken), "dropped", number(o->dropped)));
    }
    return list;
}

static json_t *control_json(const struct monitor *m)
{
    struct uplink_view view;
    uplink_get_view(m->uplink, &view);
    return json_pack("{s:b, s:b, s:o, s:o, s:s?}", "configured", m->uplink != NULL, "answering",
                     view.answering, "batches", number(view.batches), "failures", number(view.failures),
                     "error", view.error);
}

static json_t *stage_json(const struct stage_row *r)
{
    return json_pack("{s:o, s:o, s:o, s:s, s:o, s:o, s:o, s:o, s:o, s:o, s:o}", "address",
                     address_json(r->address), "peer_leaf", address_json(r->peer_leaf), "path",
                     path_json(r->path), "stage", stage_row_name(r), "count", number(r->count), "sum_s",
                     seconds(r->histogram.sum_ns), "bytes", number(r->bytes), "packets", number(r->packets),
                     "retransmits", number(r->retransmits), "marks", number(r->marks), "buckets",
                     buckets_json(r->histogram.buckets));
}

static json_t *stages_json(const struct monitor *m)
{
    struct stage_rows rows = {0};
    struct timing_cell_key key;
    struct timing_cell cell;
    json_t *list = json_array();
    for (bool more = probes_next_cell(m->probes, NULL, &key, &cell); more;
         more = probes_next_cell(m->probes, &key, &key, &cell))
        stage_rows_add(&rows, &key, &cell);
    stage_rows_sort(&rows);
    for (unsigned i = 0; i < rows.count; i++)
        json_array_append_new(list, stage_json(&rows.rows[i]));
    stage_rows_free(&rows);
    return list;
}

static uint64_t stages_lost(const struct monitor *m)
{
    struct timing_counts counts;
    probes_get_counts(m->probes, &counts);
    return counts.uncelled;
}

static json_t *operation_json(const struct port_entry *port, unsigned operation)
{
    static const char *const names[RANK_OPERATIONS] = {[APP_OPERATION_NONE] = "none",
                                                       [APP_OPERATION_ALL_REDUCE] = "all_reduce",
                                                       [APP_OPERATION_REDUCE_SCATTER] = "reduce_scatter",
                                                       [APP_OPERATION_ALL_GATHER] = "all_gather",
                                                       [APP_OPERATION_ALL_TO_ALL] = "all_to_all",
                                                       [APP_OPERATION_BROADCAST] = "broadcast",
                                                       [APP_OPERATION_BARRIER] = "barrier"};
    const struct operation_entry *o = &port->operations[operation];
    return json_pack("{s:o, s:s, s:o, s:o, s:o, s:o, s:o, s:o}", "address", address_json(port->address),
                     "operation", names[operation], "entered", number(o->entered), "ended", number(o->ended),
                     "failed", number(o->failed), "enqueue_only", number(o->enqueue_only), "sum_s",
                     seconds(o->sum_ns), "buckets", buckets_json(o->buckets));
}

static json_t *operations_json(const struct monitor *m)
{
    json_t *list = json_array();
    for (unsigned i = 0; i < RANK_PORTS_MAX && m->ranks.ports[i].heard; i++)
        for (unsigned operation = 0; operation < RANK_OPERATIONS; operation++)
            if (m->ranks.ports[i].operations[operation].entered +
                    m->ranks.ports[i].operations[operation].ended >
                0)
                json_array_append_new(list, operation_json(&m->ranks.ports[i], operation));
    return list;
}

static json_t *ranks_json(const struct monitor *m)
{
    json_t *list = json_array();
    for (unsigned i = 0; i < RANK_TABLE_MAX; i++) {
        const struct rank_entry *r = &m->ranks.ranks[i];
        if (r->heard != 0)
            json_array_append_new(list, json_pack("{s:o, s:o, s:o, s:o, s:o, s:o}", "address",
                                                  address_json(r->address), "communicator",
                                                  hex_json(r->communicator), "rank", number(r->rank),
                                                  "rank_count", number(r->rank_count), "entered",
                                                  number(r->entered), "ended", number(r->ended)));
    }
    return list;
}

static json_t *hang_json(const struct hang *h, uint64_t now_ns)
{
    json_t *ranks = json_array();
    for (uint32_t i = 0; i < h->rank_count; i++)
        json_array_append_new(ranks, number(h->ranks[i]));
    return json_pack("{s:o, s:o, s:o, s:o, s:o, s:s}", "communicator", hex_json(h->communicator), "sequence",
                     number(h->sequence), "for_s", seconds(now_ns - h->since_ns), "ranks", ranks, "path",
                     path_json(h->path), "text", h->text);
}

static json_t *hangs_json(const struct monitor *m)
{
    json_t *list = json_array();
    const struct hang *h;
    for (unsigned i = 0; (h = hang_watch_get(m->hangs, i)) != NULL; i++)
        json_array_append_new(list, hang_json(h, clock_ns(CLOCK_MONOTONIC)));
    return list;
}

char *report_text(const struct monitor *m)
{
    json_t *report = json_object();
    json_object_set_new(report, "version", json_string(WEFT_VERSION));
    json_object_set_new(report, "incarnation", hex_json(m->incarnation));
    json_object_set_new(report, "uptime_s", seconds(clock_ns(CLOCK_MONOTONIC) - m->started_at_ns));
    json_object_set_new(report, "missing", missing_json(m));
    json_object_set_new(report, "bounds_s", bounds_json());
    json_object_set_new(report, "programs", programs_json(m));
    json_object_set_new(report, "records", records_json(m));
    json_object_set_new(report, "ports", ports_json(m));
    json_object_set_new(report, "control", control_json(m));
    json_object_set_new(report, "stages", stages_json(m));
    json_object_set_new(report, "stages_lost", number(stages_lost(m)));
    json_object_set_new(report, "operations", operations_json(m));
    json_object_set_new(report, "ranks", ranks_json(m));
    json_object_set_new(report, "hangs", hangs_json(m));
    char *text = json_dumps(report, JSON_COMPACT);
    json_decref(report);
    return text;
}
