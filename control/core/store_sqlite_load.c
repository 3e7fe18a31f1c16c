/* SPDX-License-Identifier: BSD-3-Clause */
/* What the SQLite store kept, read at the start. The file is ours, but may have been edited: texts are cut to
 * their places, and what is out of range is passed over. */
#include "control/core/store_sqlite.h"

#include <stdio.h>

void store_sqlite_copy_text(char *to, size_t bytes, sqlite3_stmt *row, int column)
{
    const unsigned char *text = sqlite3_column_text(row, column);
    snprintf(to, bytes, "%s", text != NULL ? (const char *)text : "");
}

static void visit_link(sqlite3_stmt *row, const struct store_visitor *visit)
{
    struct store_link link = {.drained = sqlite3_column_int(row, 1) != 0,
                              .capacity_ratio = sqlite3_column_double(row, 2),
                              .at_ns = (uint64_t)sqlite3_column_int64(row, 5)};
    store_sqlite_copy_text(link.name, sizeof(link.name), row, 0);
    store_sqlite_copy_text(link.by, sizeof(link.by), row, 3);
    store_sqlite_copy_text(link.reason, sizeof(link.reason), row, 4);
    if (link.capacity_ratio >= 0 && link.capacity_ratio <= 1)
        visit->link(visit->context, &link);
}

static void visit_priority(sqlite3_stmt *row, const struct store_visitor *visit)
{
    struct store_priority priority = {.identity = (uint64_t)sqlite3_column_int64(row, 0),
                                      .priority = (unsigned)sqlite3_column_int(row, 1)};
    visit->priority(visit->context, &priority);
}

static void visit_path(sqlite3_stmt *row, const struct store_visitor *visit)
{
    struct store_path path = {.source_leaf = (uint32_t)sqlite3_column_int64(row, 0),
                              .destination_leaf = (uint32_t)sqlite3_column_int64(row, 1),
                              .spine = (uint32_t)sqlite3_column_int64(row, 2)};
    visit->path(visit->context, &path);
}

static void visit_epoch(sqlite3_stmt *row, const struct store_visitor *visit)
{
    visit->epoch(visit->context, (uint64_t)sqlite3_column_int64(row, 0));
}

static void visit_event(sqlite3_stmt *row, const struct store_visitor *visit)
{
    struct store_event event = {.sequence = (uint64_t)sqlite3_column_int64(row, 0),
                                .at_ns = (uint64_t)sqlite3_column_int64(row, 1),
                                .level = (enum store_level)(sqlite3_column_int(row, 2) & 3),
                                .job = (uint64_t)sqlite3_column_int64(row, 6),
                                .evidence = (char *)sqlite3_column_text(row, 8)};
    store_sqlite_copy_text(event.kind, sizeof(event.kind), row, 3);
    store_sqlite_copy_text(event.link, sizeof(event.link), row, 4);
    store_sqlite_copy_text(event.host, sizeof(event.host), row, 5);
    store_sqlite_copy_text(event.text, sizeof(event.text), row, 7);
    visit->event(visit->context, &event);
}

struct query {
    const char *text;
    void (*visit)(sqlite3_stmt *row, const struct store_visitor *visit);
};

static const struct query queries[] = {
    {"SELECT * FROM link ORDER BY name", visit_link},
    {"SELECT * FROM priority ORDER BY identity", visit_priority},
    {"SELECT * FROM path ORDER BY source_leaf, destination_leaf, spine", visit_path},
    {"SELECT epoch FROM epoch", visit_epoch},
    {"SELECT * FROM (SELECT * FROM event ORDER BY sequence DESC LIMIT ?1) ORDER BY sequence", visit_event},
};

static int run_query(struct sqlite_store *s, const struct query *q, unsigned events_max,
                     const struct store_visitor *visit)
{
    sqlite3_stmt *statement;
    int code = sqlite3_prepare_v2(s->database, q->text, -1, &statement, NULL);
    if (code == SQLITE_OK && sqlite3_bind_parameter_count(statement) > 0)
        sqlite3_bind_int64(statement, 1, events_max);
    while (code == SQLITE_OK && (code = sqlite3_step(statement)) == SQLITE_ROW) {
        q->visit(statement, visit);
        code = SQLITE_OK;
    }
    sqlite3_finalize(statement);
    return code;
}

int store_sqlite_load(struct store *store, unsigned events_max, const struct store_visitor *visit,
                      char error[STORE_ERROR_BYTES])
{
    struct sqlite_store *s = (struct sqlite_store *)store;
    for (size_t i = 0; i < sizeof(queries) / sizeof(queries[0]); i++) {
        if (run_query(s, &queries[i], events_max, visit) != SQLITE_DONE)
            return store_sqlite_fail_read(s, store_sqlite_file(s), error);
    }
    return 0;
}
