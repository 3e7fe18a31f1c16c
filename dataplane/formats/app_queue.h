/* SPDX-License-Identifier: BSD-3-Clause */
/* Shared memory between one application and the dataplane of its host: a submission ring and a completion
 * ring.
 *
 * The daemon makes the memory (a sealed memfd, so it cannot shrink under the daemon) and hands it over in the
 * answer to SESSION_ATTACH (session.h). Both rings have one producer and one consumer. Positions only grow,
 * modulo 2^32; slot = position & (entries - 1). The producer writes entries, then publishes `tail` with
 * release order; the consumer reads `tail` with acquire order, copies entries, then publishes `head` with
 * release order. Each side keeps its own trusted copy of the position it owns and of `entries`; nothing the
 * other side can write is believed: a descriptor is copied once, the copy is checked, the copy is used.
 *
 * Doorbells: before it sleeps, a consumer sets its `*_wanted` flag, issues a full barrier and looks at the
 * ring once more; a producer that publishes, issues a full barrier and then sees the flag set clears it and
 * writes 1 to the eventfd.
 */
#ifndef WEFT_FORMATS_APP_QUEUE_H
#define WEFT_FORMATS_APP_QUEUE_H

#include <assert.h>
#include <stdint.h>

#include "dataplane/formats/step_shape.h"

enum {
    APP_QUEUE_VERSION = 1,
    APP_SUBMISSION_ENTRIES = 4096,
    APP_COMPLETION_ENTRIES = 8192,
    APP_BATCH_FLOWS_MAX = 1024, /* flows in one batch; a larger step is submitted as several batches */
    APP_CHUNKS_MAX = 64         /* progress is reported for at most so many chunks of a receive */
};

/* What a submission entry asks for. A batch is one BATCH entry followed at once by its `flow_count` FLOW
 * entries, all of one direction; the client publishes tail only after the last of them. */
enum app_submission_kind {
    APP_SUBMIT_SEND_BATCH = 1,    /* the flows of one step that this rank sends, as one unit */
    APP_SUBMIT_RECEIVE_BATCH = 2, /* the receives of one step, as one unit */
    APP_SUBMIT_FLOW = 3           /* a member of the batch before it */
};

struct app_batch {
    uint32_t kind;         /* APP_SUBMIT_SEND_BATCH or APP_SUBMIT_RECEIVE_BATCH */
    uint32_t communicator; /* handle from SESSION_COMMUNICATOR_OPEN */
    uint32_t flow_count;   /* 1 .. APP_BATCH_FLOWS_MAX */
    uint32_t
        operation;     /* enum app_operation: what collective the step belongs to, for timing and diagnosis */
    uint64_t sequence; /* number of that operation on the communicator */
    uint32_t step;     /* step of the operation */
    uint32_t shape;    /* enum step_shape; of receives it means nothing */
    uint64_t unused[2];
};

struct app_flow {
    uint32_t kind;      /* APP_SUBMIT_FLOW */
    uint32_t peer_rank; /* to whom it is sent, or from whom it is received */
    uint64_t tag;    /* unique at any time for (communicator, source, destination): see client/wire_tag.h */
    uint64_t cookie; /* comes back in the completion */
    uint32_t region; /* region id from SESSION_REGION_CREATE */
    uint32_t chunk_bytes; /* receives: report each chunk of this size when it is whole; 0: no reports.
                             bytes / chunk_bytes must not exceed APP_CHUNKS_MAX */
    uint64_t offset;      /* in the region */
    uint64_t bytes;       /* length to send, or room to receive: 0 .. 4 GiB */
    uint64_t unused;
};

/* One submission ring entry. */
union app_submission {
    uint32_t kind;
    struct app_batch batch;
    struct app_flow flow;
    uint8_t bytes[64];
};

enum app_operation {
    APP_OPERATION_NONE = 0, /* plain send and receive */
    APP_OPERATION_ALL_REDUCE = 1,
    APP_OPERATION_REDUCE_SCATTER = 2,
    APP_OPERATION_ALL_GATHER = 3,
    APP_OPERATION_ALL_TO_ALL = 4,
    APP_OPERATION_BROADCAST = 5,
    APP_OPERATION_BARRIER = 6
};

enum app_completion_kind {
    APP_COMPLETION_SENT = 1,     /* every byte is in the receiver's memory; the buffer may be reused */
    APP_COMPLETION_RECEIVED = 2, /* the message is whole; bytes says how long it was */
    APP_COMPLETION_CHUNK = 3,    /* chunk number `chunk` of a receive is whole */
    APP_COMPLETION_ABORTED =
        4 /* the communicator in `cookie` (its handle) is dead: status and rank say why */
};

enum app_status {
    APP_STATUS_OK = 0,
    APP_STATUS_TRUNCATED =
        1, /* the message is longer than the room of the receive; nothing was transferred */
    APP_STATUS_PEER_DEAD = 2,   /* rank `rank` or its host is gone; the communicator is unusable */
    APP_STATUS_CANCELLED = 3,   /* the communicator was closed with this still in progress */
    APP_STATUS_NO_RESOURCES = 4 /* the dataplane's tables are full: remedy in the daemon's configuration */
};

struct app_completion {
    uint32_t kind;
    uint32_t status; /* enum app_status */
    uint64_t cookie;
    uint64_t bytes;
    uint32_t chunk;
    uint32_t rank; /* PEER_DEAD: the dead rank */
};

/* A ring's two positions on their own cache lines. */
struct app_ring_positions {
    uint32_t tail; /* producer: rw, consumer: ro */
    uint32_t pad_tail[15];
    uint32_t head; /* consumer: rw, producer: ro */
    uint32_t pad_head[15];
};

/* The whole shared mapping. */
struct app_queue {
    uint32_t version; /* dataplane: rw, application: ro */
    uint32_t reserved[15];
    struct app_ring_positions submission;
    struct app_ring_positions completion;
    uint32_t submission_doorbell_wanted; /* set by the dataplane, cleared by the application */
    uint32_t pad_submission[15];
    uint32_t completion_doorbell_wanted; /* set by the application, cleared by the dataplane */
    uint32_t pad_completion[15];
    union app_submission submissions[APP_SUBMISSION_ENTRIES];
    struct app_completion completions[APP_COMPLETION_ENTRIES];
};

static_assert(sizeof(struct app_batch) == 48, "app_batch");
static_assert(sizeof(struct app_flow) == 56, "app_flow");
static_assert(sizeof(union app_submission) == 64, "app_submission");
static_assert(sizeof(struct app_completion) == 32, "app_completion");
static_assert(sizeof(struct app_ring_positions) == 128, "app_ring_positions");

#endif
