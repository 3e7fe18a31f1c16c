/* SPDX-License-Identifier: BSD-3-Clause */
/* What a store hands out when it is read. */
#ifndef WEFT_TESTS_CONTROL_STORE_CONTENTS_H
#define WEFT_TESTS_CONTROL_STORE_CONTENTS_H

#include <stdio.h>

#include "control/core/store.h"

struct contents {
    struct store_link links[4];
    unsigned link_count;
    struct store_priority priority;
    struct store_path paths[4];
    unsigned path_count;
    uint64_t epoch;
    struct store_event last;
    char evidence[64];
    unsigned event_count;
};

static void take_link(void *context, const struct store_link *link)
{
    struct contents *c = context;
    c->links[c->link_count++] = *link;
}

static void take_priority(void *context, const struct store_priority *priority)
{
    ((struct contents *)context)->priority = *priority;
}

static void take_path(void *context, const struct store_path *path)
{
    struct contents *c = context;
    c->paths[c->path_count++] = *path;
}

static void take_epoch(void *context, uint64_t epoch)
{
    ((struct contents *)context)->epoch = epoch;
}

static void take_event(void *context, const struct store_event *event)
{
    struct contents *c = context;
    assert_true(c->event_count == 0 || event->sequence > c->last.sequence);
    c->last = *event;
    snprintf(c->evidence, sizeof(c->evidence), "%s", event->evidence != NULL ? event->evidence : "");
    c->event_count++;
}

static inline void read_all(struct store *store, unsigned events_max, struct contents *c)
{
    char error[STORE_ERROR_BYTES];
    const struct store_visitor visit = {c, take_link, take_priority, take_path, take_epoch, take_event};
    *c = (struct contents){0};
    if (store->operations->load(store, events_max, &visit, error) != 0)
        fail_msg("%s", error);
}

#endif
