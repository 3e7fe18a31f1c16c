/* SPDX-License-Identifier: BSD-3-Clause */
/* Sends and receives in progress on one worker: what the transport's cookies stand for. Belongs to the
 * worker.
 */
#ifndef WEFT_DAEMON_TRANSFER_TABLE_H
#define WEFT_DAEMON_TRANSFER_TABLE_H

#include <stdint.h>

struct transfer {
    uint64_t cookie; /* the application's */
    uint32_t region; /* REGION_NONE: no bytes */
    uint32_t session;
    uint32_t handle; /* of the communicator */
    uint32_t next_free;
    /* What it is part of, as the application says: for timing alone. */
    uint64_t sequence;
    uint64_t plan_epoch; /* when it was submitted */
    uint32_t step;
    uint32_t peer_rank;
    uint16_t operation;
};

struct transfer_table {
    struct transfer *transfers;
    uint32_t capacity;
    uint32_t used;
    uint32_t first_free;
};

/* 0 or -ENOMEM. */
int transfer_table_create(struct transfer_table *table, uint32_t capacity);
void transfer_table_destroy(struct transfer_table *table);
/* There must be room: used < capacity. Returns the index. */
uint32_t transfer_table_add(struct transfer_table *table, const struct transfer *transfer);
void transfer_table_remove(struct transfer_table *table, uint32_t index);

#endif
