/* SPDX-License-Identifier: BSD-3-Clause */
/* The log of events: as it is, and as it grows. */
#include <inttypes.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "tools/weft/api.h"
#include "tools/weft/handlers.h"
#include "tools/weft/report.h"

enum {
    SHOWN_EVENTS = 20,
    WATCHED_BEFORE = 10,
    WATCH_WAIT_MS = 30000,
    WATCH_RETRY_MS = 500
};

static const struct column event_columns[] = {
    {"sequence", "sequence", COLUMN_NUMBER, 8},
    {"at_s", "at", COLUMN_TIME_S, 23},
    {"level", "level", COLUMN_STATE, 7},
    {"kind", "kind", COLUMN_TEXT, 15},
    {"link", NULL, COLUMN_TEXT},
    {"host", NULL, COLUMN_TEXT},
    {"job", NULL, COLUMN_TEXT},
    {"text", "event", COLUMN_TEXT},
    {"evidence", NULL, COLUMN_OBJECT},
    {NULL},
};

static struct api_path events_path(uint64_t after, unsigned wait_ms)
{
    char text[24];
    struct api_path path = api_path("/v1/events");
    snprintf(text, sizeof(text), "%" PRIu64, after);
    api_path_query(&path, "after", text);
    snprintf(text, sizeof(text), "%u", wait_ms);
    api_path_query(&path, "wait_ms", text);
    return path;
}

static bool is_wanted(const struct invocation *invocation, const json_t *event)
{
    static const char *const keys[] = {"link", "host", "job", "kind", "level"};
    for (unsigned i = 0; i < sizeof(keys) / sizeof(keys[0]); i++) {
        const char *wanted = invocation_text(invocation, keys[i]);
        const char *is = json_string_value(json_object_get(event, keys[i]));
        if (wanted && (!is || strcmp(wanted, is) != 0))
            return false;
    }
    return true;
}

/* Adds the wanted ones of an answer, and keeps the newest `count`. */
static void take_events(const struct invocation *invocation, json_t *events, const json_t *body, size_t count)
{
    size_t i;
    json_t *event;
    json_array_foreach(json_object_get(body, "events"), i, event)
    {
        if (!is_wanted(invocation, event))
            continue;
        json_array_append(events, event);
        if (json_array_size(events) > count)
            json_array_remove(events, 0);
    }
}

static uint64_t next_of(const json_t *body, uint64_t otherwise)
{
    const json_t *next = json_object_get(body, "next");
    return json_is_integer(next) ? (uint64_t)json_integer_value(next) : otherwise;
}

/* All that are kept after *after, which moves on to the last. */
static enum exit_status collect(const struct invocation *invocation, uint64_t *after, size_t count,
                                json_t *events)
{
    for (;;) {
        json_t *body;
        enum exit_status status = api_get(invocation->options, events_path(*after, 0).text, &body);
        if (status != EXIT_DONE)
            return status;
        uint64_t next = next_of(body, *after);
        bool is_last = next <= *after || json_array_size(json_object_get(body, "events")) == 0;
        take_events(invocation, events, body, count);
        json_decref(body);
        if (next > *after)
            *after = next;
        if (is_last)
            return EXIT_DONE;
    }
}

enum exit_status event_show(const struct invocation *invocation)
{
    struct report report;
    const struct argument_value *count = invocation_value(invocation, "count");
    uint64_t after = invocation_value(invocation, "after")->number;
    json_t *events = json_array();
    enum exit_status status = collect(invocation, &after, count->text ? count->number : SHOWN_EVENTS, events);
    if (status == EXIT_DONE) {
        report_begin(&report, invocation->options);
        report_table(&report, "events", event_columns, events);
        status = report_end(&report);
    }
    json_decref(events);
    return status;
}

/* ---- watch ---- */

static void on_interrupt(int signal)
{
    (void)signal;
    _exit(EXIT_DONE); /* every line has been written out */
}

struct watch {
    const struct invocation *invocation;
    struct report report;
    uint64_t after;
    bool is_lost; /* control does not answer */
};

static void print_events(struct watch *watch, const json_t *events)
{
    size_t i;
    json_t *event;
    json_array_foreach(events, i, event)
    {
        if (is_wanted(watch->invocation, event))
            report_line(&watch->report, event_columns, event);
    }
}

static void wait_for_control(struct watch *watch, const char *failure)
{
    if (!watch->is_lost)
        fprintf(stderr, "weft: %s; waiting for it\n", failure);
    watch->is_lost = true;
    poll(NULL, 0, WATCH_RETRY_MS);
}

/* Control is there again. One that does not have the last event that has been seen has lost its memory, and
 * counts anew. */
static void resume(struct watch *watch)
{
    const struct options *options = watch->invocation->options;
    struct api_answer answer;
    api_ask(options, events_path(watch->after - (watch->after > 0), 0).text, NULL, 0, &answer);
    const json_t *events = json_object_get(answer.body, "events");
    if (!json_is_array(events)) {
        wait_for_control(watch, answer.failure);
    } else if (json_array_size(events) == 0 && watch->after > 0) {
        fprintf(stderr,
                "weft: control answers again, with a new log of events; showing it from its beginning\n");
        watch->after = 0;
        watch->is_lost = false;
    } else {
        fprintf(stderr, "weft: control answers again; going on after event %" PRIu64 "\n", watch->after);
        watch->is_lost = false;
    }
    json_decref(answer.body);
}

/* False: *status is how the program ends. */
static bool follow_once(struct watch *watch, enum exit_status *status)
{
    const struct options *options = watch->invocation->options;
    struct api_answer answer;
    api_ask(options, events_path(watch->after, WATCH_WAIT_MS).text, NULL, WATCH_WAIT_MS, &answer);
    bool is_away = answer.status == 0 || answer.status == 429 || answer.status == 503;
    if (is_away)
        wait_for_control(watch, answer.status ? "control is busy" : answer.failure);
    else
        *status = api_judge(options, &answer);
    if (!is_away && *status == EXIT_DONE) {
        print_events(watch, json_object_get(answer.body, "events"));
        watch->after = next_of(answer.body, watch->after);
    }
    json_decref(answer.body);
    return *status == EXIT_DONE;
}

static enum exit_status follow(struct watch *watch)
{
    enum exit_status status = EXIT_DONE;
    while (!watch->report.failed) {
        if (watch->is_lost)
            resume(watch);
        else if (!follow_once(watch, &status))
            break;
    }
    return status;
}

enum exit_status event_watch(const struct invocation *invocation)
{
    struct watch watch = {.invocation = invocation};
    const struct argument_value *after = invocation_value(invocation, "after");
    json_t *before = json_array();
    enum exit_status status = EXIT_DONE;
    signal(SIGINT, on_interrupt);
    signal(SIGTERM, on_interrupt);
    watch.after = after->number;
    report_begin(&watch.report, invocation->options);
    if (!after->text)
        status = collect(invocation, &watch.after, WATCHED_BEFORE, before);
    if (status == EXIT_DONE) {
        print_events(&watch, before);
        status = follow(&watch);
    }
    json_decref(before);
    json_decref(watch.report.printed);
    return watch.report.failed ? EXIT_UNREACHABLE : status;
}
