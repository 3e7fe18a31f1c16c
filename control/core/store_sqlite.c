/* SPDX-License-Identifier: BSD-3-Clause */
/* The store as one SQLite file. A write-ahead log with full synchronisation: a commit costs one flush of the
 * disk, and what has been committed survives kill -9 and loss of power. The file is locked for as long as it
 * is open, so that two controls never share one. */
#include "control/core/store_sqlite.h"

#include <errno.h>
#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum {
    APPLICATION = 0x77656674, /* "weft": marks the file */
    SCHEMA = 1
};

static const char *const statement_texts[STATEMENTS] = {
    [PUT_LINK] = "INSERT OR REPLACE INTO link VALUES (?1, ?2, ?3, ?4, ?5, ?6)",
    [DELETE_LINK] = "DELETE FROM link WHERE name = ?1",
    [PUT_PRIORITY] = "INSERT OR REPLACE INTO priority VALUES (?1, ?2)",
    [PUT_PATH] = "INSERT OR IGNORE INTO path VALUES (?1, ?2, ?3)",
    [PUT_EPOCH] = "INSERT OR REPLACE INTO epoch VALUES (0, ?1)",
    [ADD_EVENT] = "INSERT OR REPLACE INTO event VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9)",
    [DROP_EVENTS] = "DELETE FROM event WHERE sequence <= ?1",
    [BEGIN] = "BEGIN IMMEDIATE",
    [COMMIT] = "COMMIT",
};

static const char schema_text[] =
    "BEGIN IMMEDIATE;"
    "CREATE TABLE link (name TEXT PRIMARY KEY, drained INTEGER, capacity_ratio REAL, by TEXT, reason TEXT,"
    "                   at_ns INTEGER) WITHOUT ROWID;"
    "CREATE TABLE priority (identity INTEGER PRIMARY KEY, priority INTEGER);"
    "CREATE TABLE path (source_leaf INTEGER, destination_leaf INTEGER, spine INTEGER,"
    "                   PRIMARY KEY (source_leaf, destination_leaf, spine)) WITHOUT ROWID;"
    "CREATE TABLE epoch (only_row INTEGER PRIMARY KEY, epoch INTEGER);"
    "CREATE TABLE event (sequence INTEGER PRIMARY KEY, at_ns INTEGER, level INTEGER, kind TEXT, link TEXT,"
    "                    host TEXT, job INTEGER, text TEXT, evidence TEXT);"
    "PRAGMA application_id = 2003134068;"
    "PRAGMA user_version = 1;"
    "COMMIT;";

static int fail(char error[STORE_ERROR_BYTES], int result, const char *format, ...)
    __attribute__((format(printf, 3, 4)));

static int fail(char error[STORE_ERROR_BYTES], int result, const char *format, ...)
{
    va_list arguments;
    va_start(arguments, format);
    vsnprintf(error, STORE_ERROR_BYTES, format, arguments);
    va_end(arguments);
    return result;
}

const char *store_sqlite_file(const struct sqlite_store *s)
{
    const char *file = sqlite3_db_filename(s->database, "main");
    return file != NULL && file[0] != '\0' ? file : "in memory";
}

/* ---- errors ---- */

static const char *remedy(int code)
{
    switch (code) {
    case SQLITE_FULL:
        return "make room on its disk";
    case SQLITE_READONLY:
    case SQLITE_PERM:
    case SQLITE_CANTOPEN:
        return "see that its folder exists and that it and the file are writable";
    default:
        return "see that its disk works and has room";
    }
}

int store_sqlite_fail_read(const struct sqlite_store *s, const char *file, char error[STORE_ERROR_BYTES])
{
    int code = sqlite3_errcode(s->database) & 0xff;
    const char *what = sqlite3_errmsg(s->database);
    switch (code) {
    case SQLITE_NOMEM:
        return fail(error, -ENOMEM, "store %s: out of memory", file);
    case SQLITE_BUSY:
        return fail(error, -EBUSY, "store %s: another process has it; stop the other control first", file);
    case SQLITE_CORRUPT:
    case SQLITE_NOTADB:
        return fail(error, -EUCLEAN,
                    "store %s is damaged (%s); restore it from a copy, or move it away to begin anew", file,
                    what);
    default:
        return fail(error, -EIO, "store %s: %s; %s", file, what, remedy(code));
    }
}

/* Undoes the transaction; what SQLite keeps of it in memory is gone as well. */
static int fail_write(struct sqlite_store *s, char error[STORE_ERROR_BYTES])
{
    int code = sqlite3_errcode(s->database) & 0xff;
    fail(error, 0, "store %s: %s; %s", store_sqlite_file(s), sqlite3_errmsg(s->database), remedy(code));
    if (!sqlite3_get_autocommit(s->database))
        sqlite3_exec(s->database, "ROLLBACK", NULL, NULL, NULL);
    return -EIO;
}

/* ---- statements ---- */

/* Binds by type: 'u' uint64_t, 'd' double, 's' const char * (NULL allowed). */
static void bind(sqlite3_stmt *statement, const char *types, ...)
{
    va_list values;
    va_start(values, types);
    for (int i = 0; types[i] != '\0'; i++) {
        if (types[i] == 'u')
            sqlite3_bind_int64(statement, i + 1, (sqlite3_int64)va_arg(values, uint64_t));
        else if (types[i] == 'd')
            sqlite3_bind_double(statement, i + 1, va_arg(values, double));
        else
            sqlite3_bind_text(statement, i + 1, va_arg(values, const char *), -1, SQLITE_TRANSIENT);
    }
    va_end(values);
}

static bool run(struct sqlite_store *s, enum statement which)
{
    sqlite3_stmt *statement = s->statements[which];
    int code = sqlite3_step(statement);
    sqlite3_reset(statement);
    return code == SQLITE_DONE;
}

/* A single statement is a transaction of its own. */
static int run_alone(struct sqlite_store *s, enum statement which, char error[STORE_ERROR_BYTES])
{
    return run(s, which) ? 0 : fail_write(s, error);
}

/* ---- writing ---- */

static int put_link(struct store *store, const struct store_link *link, char error[STORE_ERROR_BYTES])
{
    struct sqlite_store *s = (struct sqlite_store *)store;
    bind(s->statements[PUT_LINK], "sudssu", link->name, (uint64_t)link->drained, link->capacity_ratio,
         link->by, link->reason, link->at_ns);
    return run_alone(s, PUT_LINK, error);
}

static int delete_link(struct store *store, const char *name, char error[STORE_ERROR_BYTES])
{
    struct sqlite_store *s = (struct sqlite_store *)store;
    bind(s->statements[DELETE_LINK], "s", name);
    return run_alone(s, DELETE_LINK, error);
}

static int put_priority(struct store *store, const struct store_priority *priority,
                        char error[STORE_ERROR_BYTES])
{
    struct sqlite_store *s = (struct sqlite_store *)store;
    bind(s->statements[PUT_PRIORITY], "uu", priority->identity, (uint64_t)priority->priority);
    return run_alone(s, PUT_PRIORITY, error);
}

static int put_epoch(struct store *store, uint64_t epoch, char error[STORE_ERROR_BYTES])
{
    struct sqlite_store *s = (struct sqlite_store *)store;
    bind(s->statements[PUT_EPOCH], "u", epoch);
    return run_alone(s, PUT_EPOCH, error);
}

static int put_paths(struct store *store, const struct store_path *paths, unsigned count,
                     char error[STORE_ERROR_BYTES])
{
    struct sqlite_store *s = (struct sqlite_store *)store;
    bool done = run(s, BEGIN);
    for (unsigned i = 0; done && i < count; i++) {
        bind(s->statements[PUT_PATH], "uuu", (uint64_t)paths[i].source_leaf,
             (uint64_t)paths[i].destination_leaf, (uint64_t)paths[i].spine);
        done = run(s, PUT_PATH);
    }
    return done && run(s, COMMIT) ? 0 : fail_write(s, error);
}

static bool add_event(struct sqlite_store *s, const struct store_event *e)
{
    bind(s->statements[ADD_EVENT], "uuusssuss", e->sequence, e->at_ns, (uint64_t)e->level, e->kind, e->link,
         e->host, e->job, e->text, e->evidence);
    return run(s, ADD_EVENT);
}

static int add_events(struct store *store, const struct store_event *events, unsigned count,
                      char error[STORE_ERROR_BYTES])
{
    struct sqlite_store *s = (struct sqlite_store *)store;
    bool done = run(s, BEGIN);
    for (unsigned i = 0; done && i < count; i++)
        done = add_event(s, &events[i]);
    if (done && count > 0 && events[count - 1].sequence > STORE_EVENTS_KEPT) {
        bind(s->statements[DROP_EVENTS], "u", events[count - 1].sequence - STORE_EVENTS_KEPT);
        done = run(s, DROP_EVENTS);
    }
    return done && run(s, COMMIT) ? 0 : fail_write(s, error);
}

static void close_store(struct store *store)
{
    struct sqlite_store *s = (struct sqlite_store *)store;
    for (int i = 0; i < STATEMENTS; i++)
        sqlite3_finalize(s->statements[i]);
    sqlite3_close(s->database);
    free(s);
}

static const struct store_operations operations = {.put_link = put_link,
                                                   .delete_link = delete_link,
                                                   .put_priority = put_priority,
                                                   .put_paths = put_paths,
                                                   .put_epoch = put_epoch,
                                                   .add_events = add_events,
                                                   .load = store_sqlite_load,
                                                   .close = close_store};

/* ---- opening ---- */

/* The first column of the first row, as a number or a text; false if there is none. */
static bool ask(struct sqlite_store *s, const char *text, int64_t *number, char *word, size_t word_bytes)
{
    sqlite3_stmt *statement;
    bool found = sqlite3_prepare_v2(s->database, text, -1, &statement, NULL) == SQLITE_OK &&
                 sqlite3_step(statement) == SQLITE_ROW;
    if (found && number != NULL)
        *number = sqlite3_column_int64(statement, 0);
    if (found && word != NULL)
        store_sqlite_copy_text(word, word_bytes, statement, 0);
    sqlite3_finalize(statement);
    return found;
}

static int check_contents(struct sqlite_store *s, const char *file, char error[STORE_ERROR_BYTES])
{
    int64_t application, schema, tables;
    char verdict[64];
    if (!ask(s, "PRAGMA quick_check(1)", NULL, verdict, sizeof(verdict)) ||
        !ask(s, "PRAGMA application_id", &application, NULL, 0) ||
        !ask(s, "PRAGMA user_version", &schema, NULL, 0) ||
        !ask(s, "SELECT count(*) FROM sqlite_master", &tables, NULL, 0))
        return store_sqlite_fail_read(s, file, error);
    if (strcmp(verdict, "ok") != 0)
        return fail(error, -EUCLEAN,
                    "store %s is damaged (%s); restore it from a copy, or move it away to begin anew", file,
                    verdict);
    if (tables == 0 && application == 0)
        return sqlite3_exec(s->database, schema_text, NULL, NULL, NULL) == SQLITE_OK
                   ? 0
                   : store_sqlite_fail_read(s, file, error);
    if (application != APPLICATION)
        return fail(error, -EUCLEAN, "store %s is another program's database; name another file", file);
    if (schema != SCHEMA)
        return fail(error, -EPROTO, "store %s has schema %" PRId64 ", this weft knows %d; upgrade weft", file,
                    schema, SCHEMA);
    return 0;
}

static int prepare_statements(struct sqlite_store *s, const char *file, char error[STORE_ERROR_BYTES])
{
    for (int i = 0; i < STATEMENTS; i++) {
        if (sqlite3_prepare_v3(s->database, statement_texts[i], -1, SQLITE_PREPARE_PERSISTENT,
                               &s->statements[i], NULL) != SQLITE_OK)
            return store_sqlite_fail_read(s, file, error);
    }
    return 0;
}

/* An immediate transaction takes the lock, which exclusive mode then keeps, and shows whether the file can be
 * written. */
static const char mode_text[] = "PRAGMA locking_mode = EXCLUSIVE;"
                                "PRAGMA journal_mode = WAL;"
                                "PRAGMA synchronous = FULL;"
                                "BEGIN IMMEDIATE;"
                                "COMMIT;";

static int open_database(struct sqlite_store *s, const char *file, char error[STORE_ERROR_BYTES])
{
    int flags = SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE | SQLITE_OPEN_NOMUTEX;
    if (sqlite3_open_v2(file, &s->database, flags, NULL) != SQLITE_OK)
        return store_sqlite_fail_read(s, file, error);
    sqlite3_extended_result_codes(s->database, 1);
    if (sqlite3_db_readonly(s->database, "main") == 1)
        return fail(error, -EIO, "store %s is read-only; %s", file, remedy(SQLITE_READONLY));
    if (sqlite3_exec(s->database, mode_text, NULL, NULL, NULL) != SQLITE_OK)
        return store_sqlite_fail_read(s, file, error);
    int result = check_contents(s, file, error);
    return result == 0 ? prepare_statements(s, file, error) : result;
}

int store_sqlite_open(const char *file, struct store **store, char error[STORE_ERROR_BYTES])
{
    struct sqlite_store *s = calloc(1, sizeof(*s));
    if (s == NULL)
        return fail(error, -ENOMEM, "store %s: out of memory", file);
    s->store.operations = &operations;
    int result = open_database(s, file, error);
    if (result != 0) {
        close_store(&s->store);
        return result;
    }
    *store = &s->store;
    return 0;
}
