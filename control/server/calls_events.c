/* SPDX-License-Identifier: BSD-3-Clause */
#include "control/server/calls.h"
#include "control/server/view.h"

enum {
    EVENTS_AT_ONCE_MAX = 256
};

static json_t *show_event(const struct store_event *event)
{
    static const char *const levels[] = {
        [STORE_INFO] = "info", [STORE_WARNING] = "warning", [STORE_ERROR] = "error"};
    json_t *json =
        json_pack("{s:I, s:f, s:s, s:s, s:s, s:s, s:o}", "sequence", (json_int_t)event->sequence, "at_s",
                  view_seconds(event->at_ns), "level", levels[event->level], "kind", event->kind, "link",
                  event->link, "host", event->host, "text", call_text(event->text));
    if (json == NULL)
        return NULL;
    if (event->job != 0)
        json_object_set_new(json, "job", view_identity(event->job));
    json_t *evidence = event->evidence != NULL ? json_loads(event->evidence, 0, NULL) : NULL;
    json_object_set_new(json, "evidence", evidence != NULL ? evidence : json_object());
    return json;
}

void calls_show_events(struct call *call)
{
    uint64_t after, wait_ms, most;
    const struct store_event *events;
    if (!call_query_number(call, "after", 0, INT64_MAX, &after) ||
        !call_query_number(call, "wait_ms", 0, CALL_WAIT_MS_MAX, &wait_ms) ||
        !call_query_number(call, "count", EVENTS_AT_ONCE_MAX, EVENTS_AT_ONCE_MAX, &most))
        return;
    unsigned count = core_events(call->core, after, &events, (unsigned)most);
    if (count == 0 && call_waits(call, CALL_TOPIC_EVENTS, wait_ms))
        return;
    json_t *list = json_array();
    for (unsigned i = 0; i < count; i++)
        json_array_append_new(list, show_event(&events[i]));
    uint64_t next = count > 0 ? events[count - 1].sequence : after;
    call_answer(call, 200, json_pack("{s:o, s:I}", "events", list, "next", (json_int_t)next));
}
