/* SPDX-License-Identifier: BSD-3-Clause */
#include "tests/unit/client/fake_fabric.h"

#include <stdlib.h>
#include <string.h>

static uint32_t fabric_random(struct fake_fabric *fabric)
{
    fabric->random = fabric->random * 6364136223846793005ull + 1442695040888963407ull;
    return (uint32_t)(fabric->random >> 33);
}

static unsigned flow_chunks(const struct fake_flow *f, uint64_t bytes)
{
    return f->flow.chunk_bytes == 0 || bytes == 0
               ? 1
               : (unsigned)((bytes + f->flow.chunk_bytes - 1) / f->flow.chunk_bytes);
}

static void flow_end(struct fake_fabric *fabric, struct fake_flow *f, enum app_status status, uint64_t bytes)
{
    fake_session_complete(
        f->communicator->session,
        &(struct app_completion){.kind = f->is_send ? APP_COMPLETION_SENT : APP_COMPLETION_RECEIVED,
                                 .status = status,
                                 .cookie = f->flow.cookie,
                                 .bytes = bytes,
                                 .rank = f->communicator->dead_rank});
    if (f->match != NULL)
        f->match->match = NULL;
    TAILQ_REMOVE(&fabric->flows, f, link);
    free(f);
}

static bool flows_meet(const struct fake_flow *a, const struct fake_flow *b)
{
    return a->is_send != b->is_send && a->communicator->identity == b->communicator->identity &&
           a->communicator->rank == b->flow.peer_rank && b->communicator->rank == a->flow.peer_rank &&
           a->flow.tag == b->flow.tag;
}

bool fake_fabric_tag_in_use(const struct fake_fabric *fabric, const struct fake_flow *flow)
{
    const struct fake_flow *other;
    TAILQ_FOREACH(other, &fabric->flows, link)
    if (other->communicator == flow->communicator && other->is_send == flow->is_send &&
        other->flow.peer_rank == flow->flow.peer_rank && other->flow.tag == flow->flow.tag)
        return true;
    return false;
}

void fake_fabric_add_flow(struct fake_fabric *fabric, const struct fake_flow *flow)
{
    struct fake_flow *added = malloc(sizeof(*added));
    *added = *flow;
    added->match = NULL;
    if (fabric_random(fabric) % 2)
        TAILQ_INSERT_HEAD(&fabric->flows, added, link);
    else
        TAILQ_INSERT_TAIL(&fabric->flows, added, link);
    if (added->communicator->dead) {
        flow_end(fabric, added, APP_STATUS_PEER_DEAD, 0);
        return;
    }
    struct fake_flow *other;
    TAILQ_FOREACH(other, &fabric->flows, link)
    if (other->match == NULL && flows_meet(added, other)) {
        added->match = other;
        other->match = added;
        return;
    }
}

/* Copies one chunk that has not been copied, chosen at random. */
static void receive_move_chunk(struct fake_fabric *fabric, struct fake_flow *receive, uint64_t bytes)
{
    unsigned chunks = flow_chunks(receive, bytes), chunk = fabric_random(fabric) % chunks;
    while (receive->chunks_moved >> chunk & 1)
        chunk = (chunk + 1) % chunks;
    uint64_t size = chunks == 1 ? bytes : receive->flow.chunk_bytes, start = chunk * size;
    if (bytes > 0)
        memcpy(receive->memory + start, receive->match->memory + start,
               bytes - start < size ? bytes - start : size);
    receive->chunks_moved |= 1ull << chunk;
    if (receive->flow.chunk_bytes != 0)
        fake_session_complete(receive->communicator->session,
                              &(struct app_completion){.kind = APP_COMPLETION_CHUNK,
                                                       .cookie = receive->flow.cookie,
                                                       .chunk = chunk});
}

/* One step of one message: a chunk, or its end on one of the two sides. */
static void receive_step(struct fake_fabric *fabric, struct fake_flow *receive)
{
    struct fake_flow *send = receive->match;
    uint64_t bytes = send->flow.bytes;
    if (bytes > receive->flow.bytes) {
        flow_end(fabric, receive, APP_STATUS_TRUNCATED, bytes);
        flow_end(fabric, send, APP_STATUS_TRUNCATED, bytes);
        return;
    }
    receive_move_chunk(fabric, receive, bytes);
    if (receive->chunks_moved != ~0ull >> (64 - flow_chunks(receive, bytes)))
        return;
    flow_end(fabric, receive, APP_STATUS_OK, bytes);
    send->chunks_moved = 1; /* delivered: the sender learns of it at some later step */
}

static bool flow_step(struct fake_fabric *fabric, struct fake_flow *f)
{
    if (f->is_send && f->chunks_moved)
        flow_end(fabric, f, APP_STATUS_OK, f->flow.bytes);
    else if (!f->is_send && f->match != NULL)
        receive_step(fabric, f);
    else
        return false;
    return true;
}

/* A step ends the flow itself and at most its match: the list is begun anew after each, and skipped into at
 * random. */
bool fake_fabric_move(struct fake_fabric *fabric)
{
    unsigned skip = fabric_random(fabric) % 8;
    struct fake_flow *f, *last = NULL;
    TAILQ_FOREACH(f, &fabric->flows, link)
    {
        bool can_move = f->is_send ? f->chunks_moved != 0 : f->match != NULL;
        if (!can_move)
            continue;
        last = f;
        if (skip-- == 0)
            break;
    }
    return last != NULL && flow_step(fabric, last);
}

static void fabric_end_flows(struct fake_fabric *fabric, const struct fake_communicator *communicator,
                             enum app_status status)
{
    struct fake_flow *f = TAILQ_FIRST(&fabric->flows);
    while (f != NULL) {
        struct fake_flow *next = TAILQ_NEXT(f, link);
        if (f->communicator == communicator)
            flow_end(fabric, f, status, 0);
        f = next;
    }
}

void fake_fabric_kill_rank(struct fake_fabric *fabric, uint64_t identity, uint32_t rank)
{
    struct fake_communicator *c;
    LIST_FOREACH(c, &fabric->communicators, link)
    {
        if (c->identity != identity || c->rank == rank || c->dead)
            continue;
        c->dead = true;
        c->dead_rank = rank;
        fabric_end_flows(fabric, c, APP_STATUS_PEER_DEAD);
        fake_session_complete(c->session, &(struct app_completion){.kind = APP_COMPLETION_ABORTED,
                                                                   .status = APP_STATUS_PEER_DEAD,
                                                                   .cookie = c->handle,
                                                                   .rank = rank});
    }
}

static bool fabric_has_flows(const struct fake_fabric *fabric, const struct fake_communicator *communicator)
{
    const struct fake_flow *f;
    TAILQ_FOREACH(f, &fabric->flows, link)
    if (f->communicator == communicator)
        return true;
    return false;
}

void fake_fabric_close(struct fake_fabric *fabric, struct fake_communicator *communicator)
{
    if (fabric_has_flows(fabric, communicator))
        fake_fabric_kill_rank(fabric, communicator->identity, communicator->rank);
    fabric_end_flows(fabric, communicator, APP_STATUS_CANCELLED);
    LIST_REMOVE(communicator, link);
    free(communicator);
}
