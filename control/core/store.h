/* SPDX-License-Identifier: BSD-3-Clause */
/* What outlives the process: drains and overrides of links, priorities of jobs, the path catalogue, the
 * epoch, the log of events. A small interface, so that one file on a disk (store_sqlite.c) and a replicated
 * store can stand behind it.
 *
 * Every call is durable when it returns 0: killed at any moment, the process finds it again. -EIO with a line
 * in `error` when it cannot be kept (full disk, store gone): then the caller does not do what it was asked.
 */
#ifndef WEFT_CONTROL_STORE_H
#define WEFT_CONTROL_STORE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum {
    STORE_NAME_BYTES = 256, /* any link's name is kept whole: a drain is found again by it */
    STORE_WHO_BYTES = 64,
    STORE_REASON_BYTES = 160,
    STORE_TEXT_BYTES = 256,
    STORE_KIND_BYTES = 24,
    STORE_ERROR_BYTES = 256,
    STORE_EVENTS_KEPT = 65536
};

struct store;
struct store_visitor;

/* An operator's word on a link. Absent: up, at its nominal capacity. */
struct store_link {
    char name[STORE_NAME_BYTES];
    bool drained;
    double capacity_ratio; /* 1: nominal */
    char by[STORE_WHO_BYTES], reason[STORE_REASON_BYTES];
    uint64_t at_ns; /* since 1970 */
};

struct store_priority {
    uint64_t identity;
    unsigned priority;
};

/* A spine that hosts of one leaf have seen towards another. */
struct store_path {
    uint32_t source_leaf, destination_leaf; /* prefixes */
    uint32_t spine;                         /* address */
};

enum store_level {
    STORE_INFO,
    STORE_WARNING,
    STORE_ERROR
};

struct store_event {
    uint64_t sequence; /* the caller's; grows by one, for ever */
    uint64_t at_ns;    /* since 1970 */
    enum store_level level;
    char kind[STORE_KIND_BYTES]; /* API.md lists them */
    char link[STORE_NAME_BYTES], host[STORE_WHO_BYTES];
    uint64_t job; /* 0: none */
    char text[STORE_TEXT_BYTES];
    char *evidence; /* JSON, or NULL */
};

struct store_operations {
    int (*put_link)(struct store *store, const struct store_link *link, char error[STORE_ERROR_BYTES]);
    int (*delete_link)(struct store *store, const char *name, char error[STORE_ERROR_BYTES]);
    int (*put_priority)(struct store *store, const struct store_priority *priority,
                        char error[STORE_ERROR_BYTES]);
    int (*put_paths)(struct store *store, const struct store_path *paths, unsigned count,
                     char error[STORE_ERROR_BYTES]);
    /* The epoch that will be published next: written before it is used, so that none is given twice. */
    int (*put_epoch)(struct store *store, uint64_t epoch, char error[STORE_ERROR_BYTES]);
    /* All of them or none. Old events beyond STORE_EVENTS_KEPT are dropped. */
    int (*add_events)(struct store *store, const struct store_event *events, unsigned count,
                      char error[STORE_ERROR_BYTES]);
    /* What was kept, each handed to `visit` in order; events: the newest `events_max`, oldest first. */
    int (*load)(struct store *store, unsigned events_max, const struct store_visitor *visit,
                char error[STORE_ERROR_BYTES]);
    void (*close)(struct store *store);
};

struct store_visitor {
    void *context;
    void (*link)(void *context, const struct store_link *link);
    void (*priority)(void *context, const struct store_priority *priority);
    void (*path)(void *context, const struct store_path *path);
    void (*epoch)(void *context, uint64_t epoch);
    void (*event)(void *context, const struct store_event *event);
};

/* Begins every implementation's struct. */
struct store {
    const struct store_operations *operations;
};

/* A file (made if it is not there), or ":memory:". One process has it at a time. 0, or with `error`: -EIO
 * (cannot be read or written), -EBUSY (another process has it), -EUCLEAN (damaged, or not a store of weft: it
 * stays as it is), -EPROTO (a newer weft's), -ENOMEM. */
int store_sqlite_open(const char *file, struct store **store, char error[STORE_ERROR_BYTES]);

#endif
