/* SPDX-License-Identifier: BSD-3-Clause */
/* What the files of the SQLite store share. */
#ifndef WEFT_CONTROL_STORE_SQLITE_H
#define WEFT_CONTROL_STORE_SQLITE_H

#include <sqlite3.h>

#include "control/core/store.h"

enum statement {
    PUT_LINK,
    DELETE_LINK,
    PUT_PRIORITY,
    PUT_PATH,
    PUT_EPOCH,
    ADD_EVENT,
    DROP_EVENTS,
    BEGIN,
    COMMIT,
    STATEMENTS
};

struct sqlite_store {
    struct store store;
    sqlite3 *database;
    sqlite3_stmt *statements[STATEMENTS];
};

/* Turns SQLite's last error of reading into -errno and a line. */
int store_sqlite_fail_read(const struct sqlite_store *s, const char *file, char error[STORE_ERROR_BYTES]);
/* store_operations.load */
int store_sqlite_load(struct store *store, unsigned events_max, const struct store_visitor *visit,
                      char error[STORE_ERROR_BYTES]);
const char *store_sqlite_file(const struct sqlite_store *s);
/* A column as text, cut to what fits. */
void store_sqlite_copy_text(char *to, size_t bytes, sqlite3_stmt *row, int column);

#endif
