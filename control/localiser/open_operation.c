/* SPDX-License-Identifier: BSD-3-Clause */
#include "control/localiser/open_operation.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

static uint32_t bucket_of(uint64_t communicator, uint64_t sequence)
{
    uint64_t mixed = (communicator ^ sequence * 0x9e3779b97f4a7c15ull) * 0xbf58476d1ce4e5b9ull;
    return (uint32_t)(mixed >> 32) % OPERATION_BUCKETS;
}

void open_operation_free(struct open_operation *o)
{
    free(o->samples);
    free(o->ended);
    free(o);
}

void open_operations_clear(struct open_operations *t)
{
    for (uint32_t i = 0; i < t->count; i++)
        open_operation_free(t->open[i]);
    *t = (struct open_operations){0};
}

static struct open_operation *open_new(struct open_operations *t, const struct timing_record *record)
{
    struct open_operation *o = t->count < OPERATIONS_MAX ? calloc(1, sizeof(*o)) : NULL;
    if (o == NULL)
        return NULL;
    struct open_operation **bucket = &t->buckets[bucket_of(record->communicator, record->sequence)];
    o->communicator = record->communicator;
    o->sequence = record->sequence;
    o->name = record->operation;
    o->next = *bucket;
    *bucket = o;
    t->open[t->count++] = o;
    return o;
}

struct open_operation *open_operation_find(struct open_operations *t, const struct timing_record *record)
{
    struct open_operation *o = t->buckets[bucket_of(record->communicator, record->sequence)];
    while (o != NULL && (o->communicator != record->communicator || o->sequence != record->sequence))
        o = o->next;
    return o != NULL ? o : open_new(t, record);
}

int open_operation_add(struct open_operations *t, struct open_operation *o, const struct sample *sample)
{
    if (o->count == o->capacity) {
        size_t wanted = o->capacity > 0 ? 2 * o->capacity : 64;
        struct sample *grown = realloc(o->samples, wanted * sizeof(*grown));
        if (grown == NULL)
            return -ENOMEM;
        o->samples = grown;
        o->capacity = wanted;
    }
    if (o->count == 0)
        o->first_reporter = sample->flow.source;
    o->corroborated |= sample->flow.source != o->first_reporter;
    o->samples[o->count++] = *sample;
    t->samples++;
    return 0;
}

void open_operation_note_end(struct open_operation *o, const struct timing_record *record)
{
    if (record->rank_count > o->rank_count)
        o->rank_count = record->rank_count;
    if (record->rank >= OPERATION_RANKS_MAX)
        return;
    if (record->rank >= o->ended_bits) {
        uint32_t wanted = (record->rank / 512 + 1) * 1024;
        uint8_t *grown = realloc(o->ended, wanted / 8);
        if (grown == NULL)
            return;
        memset(grown + o->ended_bits / 8, 0, (wanted - o->ended_bits) / 8);
        o->ended = grown;
        o->ended_bits = wanted;
    }
    uint8_t bit = (uint8_t)(1u << record->rank % 8), *byte = &o->ended[record->rank / 8];
    o->ended_count += !(*byte & bit);
    *byte |= bit;
}

bool open_operation_is_complete(const struct open_operation *o)
{
    return o->rank_count > 0 && o->ended_count >= o->rank_count;
}

struct open_operation *open_operation_take(struct open_operations *t, uint32_t index)
{
    struct open_operation *o = t->open[index];
    struct open_operation **link = &t->buckets[bucket_of(o->communicator, o->sequence)];
    while (*link != o)
        link = &(*link)->next;
    *link = o->next;
    t->count--;
    memmove(&t->open[index], &t->open[index + 1], (t->count - index) * sizeof(t->open[0]));
    t->samples -= o->count;
    return o;
}
