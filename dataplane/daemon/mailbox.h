/* SPDX-License-Identifier: BSD-3-Clause */
/* Fixed-size entries from one thread to one other, without locks and without waiting: between the main thread
 * and a worker. Neither end allocates after creation. */
#ifndef WEFT_DAEMON_MAILBOX_H
#define WEFT_DAEMON_MAILBOX_H

#include <stdbool.h>

struct mailbox;

/* `entries` is a power of two, `entry_bytes` a multiple of 4; NULL when memory is short. */
struct mailbox *mailbox_create(const char *name, unsigned entries, unsigned entry_bytes);
void mailbox_destroy(struct mailbox *m);
/* Copies the entry in; false when the mailbox is full. */
bool mailbox_put(struct mailbox *m, const void *entry);
/* Copies the oldest entry out; false when there is none. */
bool mailbox_take(struct mailbox *m, void *entry);
bool mailbox_is_empty(const struct mailbox *m);

#endif
