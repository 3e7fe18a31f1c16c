/* SPDX-License-Identifier: BSD-3-Clause */
#include "control/core/journal.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum {
    JOURNAL_ROOM = CORE_EVENTS_KEPT * 2
};

int journal_create(struct journal *j, struct store *store)
{
    *j = (struct journal){.store = store, .flush_ns = UINT64_MAX};
    j->events = calloc(JOURNAL_ROOM, sizeof(*j->events));
    return j->events != NULL ? 0 : -ENOMEM;
}

static void drop(struct journal *j, unsigned count)
{
    for (unsigned i = 0; i < count; i++)
        free(j->events[i].evidence);
    memmove(j->events, j->events + count, (j->count - count) * sizeof(*j->events));
    j->count -= count;
    j->shown -= count < j->shown ? count : j->shown;
    j->written -= count < j->written ? count : j->written;
}

void journal_destroy(struct journal *j)
{
    if (j->events != NULL)
        drop(j, j->count);
    free(j->events);
}

static struct store_event *append(struct journal *j)
{
    if (j->count == JOURNAL_ROOM)
        drop(j, JOURNAL_ROOM / 2);
    struct store_event *event = &j->events[j->count++];
    *event = (struct store_event){0};
    return event;
}

void journal_load(struct journal *j, const struct store_event *event)
{
    struct store_event *kept = append(j);
    *kept = *event;
    kept->evidence = event->evidence != NULL ? strdup(event->evidence) : NULL;
    j->last_sequence = event->sequence;
    j->shown = j->written = j->count;
}

static void copy(char *to, size_t bytes, const char *text)
{
    snprintf(to, bytes, "%s", text != NULL ? text : "");
}

void journal_want_flush(struct journal *j, uint64_t now_ns)
{
    if (j->flush_ns == UINT64_MAX)
        j->flush_ns = now_ns + JOURNAL_BATCH_NS;
}

void journal_add(struct journal *j, uint64_t now_ns, const struct happening *what, const char *format, ...)
{
    struct store_event *event = append(j);
    event->sequence = ++j->last_sequence;
    event->at_ns = now_ns;
    event->level = what->level;
    event->job = what->job;
    event->evidence = what->evidence;
    copy(event->kind, sizeof(event->kind), what->kind);
    copy(event->link, sizeof(event->link), what->link);
    copy(event->host, sizeof(event->host), what->host);
    va_list arguments;
    va_start(arguments, format);
    vsnprintf(event->text, sizeof(event->text), format, arguments);
    va_end(arguments);
    journal_want_flush(j, now_ns);
}

void journal_store_failed(struct journal *j, uint64_t now_ns, const char *text)
{
    if (!j->store_failed)
        journal_add(j, now_ns, &(struct happening){.level = STORE_ERROR, .kind = "store_failed"}, "%s", text);
    j->store_failed = true;
}

void journal_flush(struct journal *j, uint64_t now_ns)
{
    char error[STORE_ERROR_BYTES];
    j->flush_ns = UINT64_MAX;
    if (j->written < j->count && j->store->operations->add_events(j->store, j->events + j->written,
                                                                  j->count - j->written, error) != 0) {
        journal_store_failed(j, now_ns, error);
        j->flush_ns = now_ns + JOURNAL_RETRY_NS;
    } else {
        j->written = j->count;
        j->store_failed = false;
    }
    j->shown = j->count;
}

unsigned journal_after(const struct journal *j, uint64_t sequence, const struct store_event **events,
                       unsigned max)
{
    unsigned low = 0, high = j->shown;
    while (low < high) {
        unsigned middle = low + (high - low) / 2;
        if (j->events[middle].sequence <= sequence)
            low = middle + 1;
        else
            high = middle;
    }
    *events = &j->events[low];
    return j->shown - low < max ? j->shown - low : max;
}
