/* SPDX-License-Identifier: BSD-3-Clause */
/* The log of events: the newest in memory for those who watch, all through the store for those who come
 * later. Events are written in batches, one flush of the disk for all that happened in a while, and shown
 * only then: a sequence that somebody has seen is never given to another event. With a store that fails,
 * events are shown all the same, and written when it works again. */
#ifndef WEFT_CONTROL_JOURNAL_H
#define WEFT_CONTROL_JOURNAL_H

#include "control/core/core.h"

#define JOURNAL_BATCH_NS 5000000ull    /* so long an event waits for others */
#define JOURNAL_RETRY_NS 1000000000ull /* after the store has failed */

struct journal {
    struct store *store;
    struct store_event *events; /* CORE_EVENTS_KEPT * 2 */
    unsigned count;             /* of them; old ones go half by half */
    unsigned shown, written;    /* the first so many are */
    uint64_t last_sequence;
    uint64_t flush_ns; /* UINT64_MAX: nothing to write */
    bool store_failed;
};

/* What happened; texts that are NULL are left empty. */
struct happening {
    enum store_level level;
    const char *kind, *link, *host;
    uint64_t job;
    char *evidence; /* JSON from malloc(), the journal's from now on; or NULL */
};

int journal_create(struct journal *j, struct store *store);
void journal_destroy(struct journal *j);
/* As it was kept. */
void journal_load(struct journal *j, const struct store_event *event);

void journal_add(struct journal *j, uint64_t now_ns, const struct happening *what, const char *format, ...)
    __attribute__((format(printf, 4, 5)));
/* There is something to write, in a while. */
void journal_want_flush(struct journal *j, uint64_t now_ns);
/* Writes and shows all. */
void journal_flush(struct journal *j, uint64_t now_ns);
/* The store refused something: says so once until it works again. */
void journal_store_failed(struct journal *j, uint64_t now_ns, const char *text);
unsigned journal_after(const struct journal *j, uint64_t sequence, const struct store_event **events,
                       unsigned max);

#endif
