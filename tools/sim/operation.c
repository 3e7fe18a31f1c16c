/* SPDX-License-Identifier: BSD-3-Clause */
#include "tools/sim/operation.h"

#include <stdlib.h>

#include "tools/sim/memory.h"

void operation_table_init(struct operation_table *t, struct complaints *complaints, bool content)
{
    *t = (struct operation_table){.first_free = OPERATION_NONE,
                                  .last_free = OPERATION_NONE,
                                  .complaints = complaints,
                                  .content = content};
}

void operation_table_destroy(struct operation_table *t)
{
    for (size_t i = 0; i < t->count; i++)
        coverage_clear(&t->operations[i].coverage);
    free(t->operations);
}

static uint32_t take_new(struct operation_table *t)
{
    t->operations = memory_grow(t->operations, t->count, &t->capacity, sizeof(*t->operations));
    return (uint32_t)t->count++;
}

static uint32_t take_free(struct operation_table *t)
{
    uint32_t number = t->first_free;
    t->first_free = t->operations[number].next;
    if (t->first_free == OPERATION_NONE)
        t->last_free = OPERATION_NONE;
    return number;
}

uint32_t operation_take(struct operation_table *t)
{
    uint32_t number = t->first_free != OPERATION_NONE ? take_free(t) : take_new(t);
    t->operations[number] = (struct operation){.in_use = true};
    t->in_use++;
    return number;
}

void operation_give(struct operation_table *t, uint32_t number)
{
    struct operation *o = &t->operations[number];
    coverage_clear(&o->coverage);
    o->in_use = false;
    o->next = OPERATION_NONE;
    if (t->last_free == OPERATION_NONE)
        t->first_free = number;
    else
        t->operations[t->last_free].next = number;
    t->last_free = number;
    t->in_use--;
}

struct operation *operation_at(const struct operation_table *t, uint64_t number)
{
    return number < t->count && t->operations[number].in_use ? &t->operations[number] : NULL;
}

static bool is_inside(const struct operation *o, const struct payload *what)
{
    return what->offset >= o->base && what->offset + what->length <= o->base + o->bytes;
}

uint64_t operation_read(struct operation_table *t, const struct payload *what, nsec_t now)
{
    const struct operation *o = operation_at(t, what->region);
    if (o == NULL || !o->sends || o->host != what->host || !is_inside(o, what)) {
        complain(t->complaints, now, COMPLAINT_PLACE,
                 "host%u sends %u bytes at %llu of region %u: not its to send", what->host, what->length,
                 (unsigned long long)what->offset, what->region);
        return 0;
    }
    return t->content ? content_sum(o->message, what->offset - o->base, what->length) : 0;
}

static void check_content(struct operation_table *t, struct operation *o, const struct payload *what,
                          nsec_t now)
{
    uint64_t offset = what->offset - o->base;
    if (what->content != content_sum(o->message, offset, what->length))
        complain(t->complaints, now, COMPLAINT_CONTENT, "%u bytes at %llu of message %llx on host%u",
                 what->length, (unsigned long long)offset, (unsigned long long)o->message, what->host);
    if (!coverage_add(&o->coverage, offset, offset + what->length))
        complain(t->complaints, now, COMPLAINT_TWICE, "%u bytes at %llu of message %llx on host%u",
                 what->length, (unsigned long long)offset, (unsigned long long)o->message, what->host);
}

void operation_place(struct operation_table *t, const struct payload *what, nsec_t now)
{
    struct operation *o = operation_at(t, what->region);
    if (o == NULL || o->sends || o->host != what->host || !is_inside(o, what)) {
        complain(t->complaints, now, COMPLAINT_PLACE,
                 "%u bytes at %llu of region %u on host%u: no receive is there", what->length,
                 (unsigned long long)what->offset, what->region, what->host);
        return;
    }
    o->placed_bytes += what->length;
    if (t->content)
        check_content(t, o, what, now);
}

static void check_chunk(struct operation_table *t, struct operation *o, const struct event *event, nsec_t now)
{
    uint64_t begin = (uint64_t)event->chunk * o->chunk_bytes, end = begin + o->chunk_bytes;
    bool known = event->chunk < 64 && !(o->chunks_reported >> event->chunk & 1);
    if (!known || begin >= o->bytes)
        complain(t->complaints, now, COMPLAINT_OUTCOME,
                 "chunk %u of message %llx reported twice, or not of it", event->chunk,
                 (unsigned long long)o->message);
    else
        o->chunks_reported |= 1ull << event->chunk;
    if (t->content && !coverage_contains(&o->coverage, begin, end < o->bytes ? end : o->bytes))
        complain(t->complaints, now, COMPLAINT_MISSING, "chunk %u of message %llx on host%u", event->chunk,
                 (unsigned long long)o->message, o->host);
}

static void check_received(struct operation_table *t, const struct operation *o, const struct event *event,
                           nsec_t now)
{
    bool whole = t->content ? coverage_contains(&o->coverage, 0, o->bytes) : o->placed_bytes == o->bytes;
    if (event->bytes != o->bytes || !whole)
        complain(t->complaints, now, COMPLAINT_MISSING,
                 "message %llx on host%u: %llu of %llu bytes are there", (unsigned long long)o->message,
                 o->host, (unsigned long long)o->placed_bytes, (unsigned long long)o->bytes);
}

void operation_check_event(struct operation_table *t, uint32_t host, const struct event *event, nsec_t now)
{
    struct operation *o = operation_at(t, event->cookie);
    bool sends = event->kind == EVENT_SENT;
    if (o == NULL || o->host != host || o->sends != sends) {
        complain(t->complaints, now, COMPLAINT_OUTCOME,
                 "host%u reports operation %llu: ended already, or not its", host,
                 (unsigned long long)event->cookie);
        return;
    }
    if (event->kind == EVENT_CHUNK)
        check_chunk(t, o, event, now);
    else if (event->kind == EVENT_RECEIVED && event->status == EVENT_OK)
        check_received(t, o, event, now);
}
