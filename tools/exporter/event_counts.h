/* SPDX-License-Identifier: BSD-3-Clause */
/* Counts what control logs, from the exporter's start on: what was logged before is passed over, so that a
 * restart of the exporter looks like a reset to zero and to nothing else. */
#ifndef WEFT_TOOLS_EXPORTER_EVENT_COUNTS_H
#define WEFT_TOOLS_EXPORTER_EVENT_COUNTS_H

#include <jansson.h>
#include <stdbool.h>
#include <stdint.h>

#include "tools/exporter/metric_page.h"

enum {
    EVENT_COUNTS_AT_ONCE = 256 /* of an answer; a shorter one is the last */
};

struct event_counts;

struct event_counts *event_counts_create(void); /* NULL: no memory */
void event_counts_destroy(struct event_counts *counts);

/* The `after` to ask GET /v1/events with, so that the last event that was seen comes again: one that does not
 * is of a log that control has lost, and the new one is counted from its beginning. */
uint64_t event_counts_after(const struct event_counts *counts);
/* Counts what is new in an answer. True: there is more, ask again. */
bool event_counts_take(struct event_counts *counts, const json_t *answer);

/* By the name of the link: how often it has gone out (down, suspect, or one of several that are). */
const json_t *event_counts_flaps(const struct event_counts *counts);
void event_counts_write(struct metric_page *page, const struct event_counts *counts);

#endif
