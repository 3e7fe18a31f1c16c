/* SPDX-License-Identifier: BSD-3-Clause */
/* Reads an application's submission ring. Everything in it is hostile: an entry is copied once, the copy is
 * checked, the copy is used. A batch that does not pass ends the application's session, because nothing that
 * follows it in the ring can be trusted to begin where it should. */
#ifndef WEFT_DAEMON_SUBMISSION_H
#define WEFT_DAEMON_SUBMISSION_H

#include <stdbool.h>
#include <stdint.h>

#include "dataplane/daemon/communicator_table.h"
#include "dataplane/daemon/region_table.h"
#include "dataplane/formats/app_queue.h"
#include "dataplane/transport/transport.h"

struct submission_source {
    struct app_queue *queue; /* shared with the application */
    uint32_t head;           /* ours; the shared copy is never read back */
    uint32_t owner;          /* session slot, as the region table names it */
    const struct region_table *regions;
    const struct communicator_table *communicators;
};

struct submission_batch {
    bool receive;
    bool cancelled;                    /* the communicator is closed: its flows end at once */
    struct communicator *communicator; /* NULL when cancelled */
    enum step_shape shape;
    uint16_t operation; /* what the application says that it is; nothing is decided by it */
    uint32_t step;
    uint64_t sequence;
    unsigned count;
    struct flow_request flows[APP_BATCH_FLOWS_MAX]; /* region REGION_NONE where bytes is 0 */
};

/* What is wrong with a batch, for the operator. */
struct submission_fault {
    const char *what; /* a constant; NULL: nothing */
    uint64_t value;   /* the offending one */
    uint32_t entry;   /* ring position */
};

enum submission_status {
    SUBMISSION_EMPTY,
    SUBMISSION_BATCH,
    SUBMISSION_MALFORMED
};

/* True when the application has published something that was not taken. */
bool submission_is_waiting(const struct submission_source *source);
/* Reads the next batch and leaves it in the ring. */
enum submission_status submission_read(const struct submission_source *source, struct submission_batch *batch,
                                       struct submission_fault *fault);
/* Gives the entries of that batch back to the application. */
void submission_take(struct submission_source *source, const struct submission_batch *batch);

#endif
