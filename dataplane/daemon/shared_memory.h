/* SPDX-License-Identifier: BSD-3-Clause */
/* Memory that an application and the daemon both map: a memfd, sealed so that no application can shrink it
 * under the worker, and filled at once so that memory running out is an error here and not a signal there. */
#ifndef WEFT_DAEMON_SHARED_MEMORY_H
#define WEFT_DAEMON_SHARED_MEMORY_H

#include <stdint.h>

struct shared_memory {
    void *base;
    uint64_t bytes; /* whole pages */
    int descriptor; /* to hand over; -1 after shared_memory_close() */
};

/* Zeroed. 0 or negative errno. */
int shared_memory_create(struct shared_memory *m, const char *name, uint64_t bytes);
/* The mapping stays. */
void shared_memory_close(struct shared_memory *m);
void shared_memory_destroy(struct shared_memory *m);

#endif
