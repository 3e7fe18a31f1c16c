/* SPDX-License-Identifier: BSD-3-Clause */
/* A daemon that metrics come from. It is asked when somebody scrapes and what it said is older than a second;
 * what it says is kept as a page. One that does not answer has no samples, but for those that say so. */
#ifndef WEFT_TOOLS_EXPORTER_SOURCE_H
#define WEFT_TOOLS_EXPORTER_SOURCE_H

#include <stdbool.h>
#include <stdint.h>

#include "tools/exporter/metric_page.h"

enum {
    SOURCE_FAILURE_BYTES = 256
};
#define SOURCE_FRESH_NS 1000000000ull

struct source {
    const char *name;  /* of its label */
    const char *place; /* where it is asked, for the log */
    /* Asks; source_end() is called once, in time, from the event loop and not from here. */
    void (*begin)(struct source *source);
    void (*destroy)(struct source *source);
    /* Called at the end of each refresh. */
    void (*on_end)(void *context);
    void *context;

    struct metric_page page; /* empty unless is_up */
    bool is_up, is_refreshing, has_ended_once;
    uint64_t began_ns, ended_ns; /* monotonic */
    uint64_t failures;
};

/* Asks if what is known is not fresh. True: an answer is awaited. */
bool source_refresh(struct source *source);
/* `failure` NULL: the page is written. Logs when that is news. */
void source_end(struct source *source, const char *failure);

/* About the sources themselves. */
void source_metrics_write(struct metric_page *page, struct source *const *sources, unsigned count);

#endif
