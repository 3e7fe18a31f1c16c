/* SPDX-License-Identifier: BSD-3-Clause */
/* The messages in progress, going out and coming in: their pools, their names, their ends. */
#ifndef WEFT_TRANSPORT_MESSAGE_H
#define WEFT_TRANSPORT_MESSAGE_H

#include "dataplane/transport/state.h"

enum {
    NAME_INDEX_BITS = 20
}; /* of a name; the rest is the generation of the index */

static inline uint32_t name_index(uint32_t name)
{
    return name & ((1u << NAME_INDEX_BITS) - 1);
}

/* NULL when the pool is empty. All fields zero but the name. */
struct outgoing *outgoing_take(struct transport *t);
struct incoming *incoming_take(struct transport *t);
/* The message of that name if it is still in progress, else NULL. */
static inline struct outgoing *outgoing_by_name(const struct transport *t, uint32_t name)
{
    if (name_index(name) >= t->outgoing_count)
        return NULL;
    struct outgoing *m = &t->outgoing[name_index(name)];
    return m->used && !m->done && m->name == name ? m : NULL;
}

static inline struct incoming *incoming_by_name(const struct transport *t, uint32_t name)
{
    if (name_index(name) >= t->config.messages_max)
        return NULL;
    struct incoming *m = &t->incoming[name_index(name)];
    return m->used && !m->done && m->name == name ? m : NULL;
}

void outgoing_release(struct transport *t, struct outgoing *m);
void incoming_release(struct transport *t, struct incoming *m);

/* Puts a submitted message on its communicator's list: `communicator`, `owner`, `owner_handle` are set from
 * there. Its peer is awaited (session.h) until its end. */
void outgoing_join(struct transport *t, struct outgoing *m, uint32_t communicator);
void incoming_join(struct transport *t, struct incoming *m, uint32_t communicator);

/* The message has ended: no piece, credit or name of it remains in use; its event waits to be taken. */
void outgoing_end(struct transport *t, struct outgoing *m, enum event_status status);
void incoming_end(struct transport *t, struct incoming *m, enum event_status status);
/* Chunks of it have become whole: they are reported before its end. */
void incoming_report_chunks(struct transport *t, struct incoming *m);

/* Bytes that are missing of each of its CHUNKS_MAX chunks; used if chunk_bytes is not 0. */
static inline uint32_t *incoming_chunks(const struct transport *t, const struct incoming *m)
{
    return &t->chunk_missing_bytes[(size_t)(m - t->incoming) * CHUNKS_MAX];
}

static inline uint32_t outgoing_index(const struct transport *t, const struct outgoing *m)
{
    return (uint32_t)(m - t->outgoing);
}

static inline uint32_t incoming_index(const struct transport *t, const struct incoming *m)
{
    return (uint32_t)(m - t->incoming);
}

#endif
