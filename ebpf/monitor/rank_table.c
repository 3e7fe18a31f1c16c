/* SPDX-License-Identifier: BSD-3-Clause */
#include "ebpf/monitor/rank_table.h"

static struct rank_entry *find(struct rank_table *table, const struct timing_record *r)
{
    for (unsigned i = 0; i < RANK_TABLE_MAX; i++) {
        struct rank_entry *entry = &table->ranks[i];
        if (entry->heard != 0 && entry->communicator == r->communicator && entry->rank == r->rank &&
            entry->address == r->source)
            return entry;
    }
    return NULL;
}

static struct rank_entry *add(struct rank_table *table, const struct timing_record *r)
{
    struct rank_entry *oldest = &table->ranks[0];
    for (unsigned i = 1; i < RANK_TABLE_MAX; i++)
        if (table->ranks[i].heard < oldest->heard)
            oldest = &table->ranks[i];
    *oldest = (struct rank_entry){
        .communicator = r->communicator, .address = r->source, .rank = r->rank, .rank_count = r->rank_count};
    return oldest;
}

static void note_rank(struct rank_table *table, const struct timing_record *r)
{
    struct rank_entry *entry = find(table, r);
    if (r->kind == TIMING_CLOSED) {
        if (entry)
            entry->heard = 0;
        return;
    }
    if (!entry)
        entry = add(table, r);
    entry->heard = ++table->clock;
    if (r->kind == TIMING_ENTERED && r->sequence >= entry->entered)
        entry->entered = r->sequence + 1;
    if (r->kind == TIMING_ENDED && r->sequence >= entry->ended)
        entry->ended = r->sequence + 1;
}

static struct operation_entry *operation_of(struct rank_table *table, const struct timing_record *r)
{
    unsigned operation = r->operation < RANK_OPERATIONS ? r->operation : APP_OPERATION_NONE;
    for (unsigned i = 0; i < RANK_PORTS_MAX; i++) {
        struct port_entry *port = &table->ports[i];
        if (!port->heard)
            port->address = r->source;
        port->heard = true;
        if (port->address == r->source)
            return &port->operations[operation];
    }
    return NULL;
}

static unsigned bucket_of(uint64_t ns)
{
    unsigned bucket = 0;
    while (bucket < TIMING_BUCKETS && ns > 1000ull << bucket)
        bucket++;
    return bucket;
}

static void note_operation(struct rank_table *table, const struct timing_record *r)
{
    struct operation_entry *operation = operation_of(table, r);
    if (!operation)
        return;
    if (r->kind == TIMING_ENTERED) {
        operation->entered++;
        operation->enqueue_only += (r->flags & TIMING_ENQUEUE_ONLY) != 0;
        return;
    }
    operation->ended++;
    operation->failed += (r->flags & TIMING_FAILED) != 0;
    operation->sum_ns += r->network_ns;
    if (bucket_of(r->network_ns) < TIMING_BUCKETS)
        operation->buckets[bucket_of(r->network_ns)]++;
}

void rank_table_take(struct rank_table *table, const struct timing_record *r)
{
    if (r->kind == TIMING_ENTERED || r->kind == TIMING_ENDED)
        note_operation(table, r);
    bool of_rank = r->kind == TIMING_ENTERED || r->kind == TIMING_ENDED || r->kind == TIMING_OPENED ||
                   r->kind == TIMING_CLOSED;
    if (of_rank && !(r->flags & TIMING_ENQUEUE_ONLY))
        note_rank(table, r);
}
