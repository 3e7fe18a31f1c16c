/* SPDX-License-Identifier: BSD-3-Clause */
/* The communicators of one application: handles, as its descriptors name them, to the transport's numbers.
 * Belongs to the worker.
 *
 * A handle is never given twice in a session, so a batch that was submitted before its communicator was
 * closed, and read after, is known for what it is.
 */
#ifndef WEFT_DAEMON_COMMUNICATOR_TABLE_H
#define WEFT_DAEMON_COMMUNICATOR_TABLE_H

#include <stdint.h>

#include "dataplane/formats/step_shape.h"

enum {
    SESSION_COMMUNICATORS_MAX = 64
};

struct command;

struct communicator {
    uint32_t handle; /* 0: free */
    uint32_t number; /* the transport's */
    uint64_t identity;
    uint32_t rank;
    uint32_t rank_count;
    uint32_t transfers;                 /* in progress */
    uint64_t demand_bytes[STEP_SHAPES]; /* of the longest flow that the main thread was told of, and 1 */
    struct command *close;              /* answered when the last transfer has ended; NULL: open */
};

struct communicator_table {
    struct communicator slots[SESSION_COMMUNICATORS_MAX];
    uint32_t last_handle;
};

/* A handle for the next communicator; 0 when the table is full. */
uint32_t communicator_table_next_handle(const struct communicator_table *table);
/* Takes the handle that communicator_table_next_handle() has just given. */
struct communicator *communicator_table_add(struct communicator_table *table, uint32_t handle);
void communicator_table_remove(struct communicator_table *table, struct communicator *communicator);

enum communicator_standing {
    COMMUNICATOR_OPEN,
    COMMUNICATOR_CLOSED, /* or closing */
    COMMUNICATOR_UNKNOWN /* never opened */
};
/* *communicator is only set when it is open. */
enum communicator_standing communicator_table_find(const struct communicator_table *table, uint32_t handle,
                                                   struct communicator **communicator);
/* The slot of a handle, open or closing; NULL when it is neither. */
struct communicator *communicator_table_slot(struct communicator_table *table, uint32_t handle);

#endif
