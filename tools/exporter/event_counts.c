/* SPDX-License-Identifier: BSD-3-Clause */
#include "tools/exporter/event_counts.h"

#include <stdlib.h>
#include <string.h>

#include "tools/exporter/answer.h"

enum {
    LINKS_MAX = 65536 /* that are remembered */
};

/* Of control/API.md; others are counted together. */
static const char *const kinds[] = {"agent_joined",    "agent_left",
                                    "agent_restarted", "control_started",
                                    "job_closed",      "job_opened",
                                    "job_priority",    "job_refused",
                                    "link_down",       "link_drained",
                                    "link_restored",   "link_set",
                                    "link_suspect",    "link_up",
                                    "miswired",        "path_changed",
                                    "plan_failed",     "plan_published",
                                    "probe_requested", "store_failed",
                                    "verdict",         NULL};
enum {
    KINDS = sizeof(kinds) / sizeof(*kinds) /* with the others, in the place of NULL */
};

static const struct metric events_metric = {"fabric_events_total", METRIC_COUNTER,
                                            "Events that control has logged, by kind."};

struct event_counts {
    uint64_t last;    /* sequence; 0: none */
    double last_at_s; /* when that was */
    bool is_started;  /* the events of before have been passed over */
    uint64_t by_kind[KINDS];
    json_t *flaps; /* {"leaf0-spine1": 2} */
    json_t *out;   /* {"leaf0-spine1": true}: down or suspect by the newest event that names it */
};

struct event_counts *event_counts_create(void)
{
    struct event_counts *counts = calloc(1, sizeof(*counts));
    if (counts == NULL)
        return NULL;
    counts->flaps = json_object();
    counts->out = json_object();
    if (counts->flaps != NULL && counts->out != NULL)
        return counts;
    event_counts_destroy(counts);
    return NULL;
}

void event_counts_destroy(struct event_counts *counts)
{
    if (counts == NULL)
        return;
    json_decref(counts->flaps);
    json_decref(counts->out);
    free(counts);
}

uint64_t event_counts_after(const struct event_counts *counts)
{
    return counts->last > 0 ? counts->last - 1 : 0;
}

static void go_out(struct event_counts *counts, const char *link)
{
    const json_t *before = json_object_get(counts->flaps, link);
    if (link[0] == '\0' || json_object_get(counts->out, link) != NULL ||
        json_object_size(counts->out) >= LINKS_MAX)
        return;
    json_object_set_new(counts->out, link, json_true());
    if (counts->is_started && (before != NULL || json_object_size(counts->flaps) < LINKS_MAX))
        json_object_set_new(counts->flaps, link, json_integer(json_integer_value(before) + 1));
}

/* A link that is suspected first and then known to be down has gone out once. */
static void follow_links(struct event_counts *counts, const json_t *event, const char *kind)
{
    const json_t *links = json_object_get(json_object_get(event, "evidence"), "links");
    const char *first = answer_text(event, "link");
    if (strcmp(kind, "link_up") == 0)
        json_object_del(counts->out, first);
    if (strcmp(kind, "link_down") != 0 && strcmp(kind, "link_suspect") != 0)
        return;
    go_out(counts, first);
    for (size_t i = 0; i < json_array_size(links); i++) {
        const char *name = json_string_value(json_array_get(links, i));
        go_out(counts, name != NULL ? name : "");
    }
}

static void count(struct event_counts *counts, const json_t *event)
{
    const char *kind = answer_text(event, "kind");
    unsigned i = 0;
    while (kinds[i] != NULL && strcmp(kinds[i], kind) != 0)
        i++;
    if (counts->is_started)
        counts->by_kind[i]++;
    follow_links(counts, event, kind);
}

/* The log is not the one that `last` was of. */
static bool is_new_log(const struct event_counts *counts, const json_t *events)
{
    const json_t *first = json_array_get(events, 0);
    if (counts->last == 0)
        return false;
    return first == NULL ||
           (json_integer_value(json_object_get(first, "sequence")) == (json_int_t)counts->last &&
            answer_number(first, "at_s") != counts->last_at_s);
}

bool event_counts_take(struct event_counts *counts, const json_t *answer)
{
    const json_t *events = json_object_get(answer, "events");
    size_t i;
    json_t *event;
    if (!json_is_array(events))
        return false;
    if (is_new_log(counts, events)) {
        counts->last = 0;
        json_object_clear(counts->out);
        return true;
    }
    json_array_foreach(events, i, event)
    {
        json_int_t sequence = json_integer_value(json_object_get(event, "sequence"));
        if (sequence <= (json_int_t)counts->last)
            continue;
        count(counts, event);
        counts->last = (uint64_t)sequence;
        counts->last_at_s = answer_number(event, "at_s");
    }
    bool is_last = json_array_size(events) < EVENT_COUNTS_AT_ONCE;
    counts->is_started |= is_last;
    return !is_last;
}

const json_t *event_counts_flaps(const struct event_counts *counts)
{
    return counts->flaps;
}

void event_counts_write(struct metric_page *page, const struct event_counts *counts)
{
    metric_page_begin(page, &events_metric);
    for (unsigned i = 0; i < KINDS; i++) {
        struct metric_labels labels;
        metric_labels_clear(&labels);
        metric_labels_add(&labels, "kind", kinds[i] != NULL ? kinds[i] : "other");
        metric_page_add(page, &labels, (double)counts->by_kind[i]);
    }
}
