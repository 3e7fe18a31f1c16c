/* SPDX-License-Identifier: BSD-3-Clause */
/* The plan in force as one host port gets it: dataplane/formats/plan.h. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "control/core/core_state.h"

/* What has been written so far. */
struct block {
    struct core *core;
    uint32_t port;
    struct plan_header counts;  /* of everything, found by a first walk */
    struct plan_header *header; /* NULL during that walk */
    struct plan_view view;
};

/* ---- flows ---- */

static void add_flow(struct block *b, const struct plan_table *t, uint32_t rank, uint32_t index)
{
    struct plan_piece whole;
    uint32_t count, flow = t->first_flow + step_pattern_first_flow(&t->pattern, rank) + index;
    const struct plan_piece *pieces = plan_record_pieces(b->core->plan->record, flow, &whole, &count);
    if (count == 0)
        return;
    if (b->header != NULL) {
        struct plan_flow *f = (struct plan_flow *)&b->view.flows[b->counts.flow_count];
        *f = (struct plan_flow){.peer_rank = step_pattern_peer(&t->pattern, rank, index),
                                .first_piece = b->counts.piece_count,
                                .piece_count = count};
        memcpy((struct plan_piece *)&b->view.pieces[b->counts.piece_count], pieces, count * sizeof(*pieces));
    }
    b->counts.flow_count++;
    b->counts.piece_count += count;
}

static void add_rank(struct block *b, const struct plan_table *t, uint32_t rank)
{
    uint32_t first = b->counts.flow_count;
    uint32_t count =
        step_pattern_first_flow(&t->pattern, rank + 1) - step_pattern_first_flow(&t->pattern, rank);
    for (uint32_t i = 0; i < count; i++)
        add_flow(b, t, rank, i);
    if (b->header != NULL) {
        struct plan_communicator *c =
            (struct plan_communicator *)&b->view.communicators[b->counts.communicator_count];
        *c = (struct plan_communicator){.identity = t->identity,
                                        .rank = rank,
                                        .shape = t->pattern.shape,
                                        .first_flow = first,
                                        .flow_count = b->counts.flow_count - first};
    }
    b->counts.communicator_count++;
}

/* Tables ascend by (identity, shape), blocks by (identity, rank, shape): all tables of a job are walked for
 * each of its ranks that is at the port. */
static void add_job(struct block *b, const struct plan_table *tables, unsigned count)
{
    const struct geometry *g = tables[0].geometry;
    uint32_t first, ranks = geometry_ranks_at(g, b->port, &first);
    for (uint32_t k = first; k < first + ranks; k++) {
        for (unsigned i = 0; i < count; i++)
            add_rank(b, &tables[i], g->by_port[k]);
    }
}

static void add_jobs(struct block *b)
{
    const struct plan_record *r = b->core->plan->record;
    b->counts.communicator_count = b->counts.flow_count = b->counts.piece_count = 0;
    for (unsigned first = 0, end; first < r->table_count; first = end) {
        for (end = first + 1; end < r->table_count && r->tables[end].identity == r->tables[first].identity;)
            end++;
        add_job(b, &r->tables[first], end - first);
    }
}

/* ---- leaves ---- */

static void add_leaves(struct block *b)
{
    const struct fabric_map *m = b->core->map;
    uint32_t own = fabric_map_leaf(m, b->port);
    for (unsigned i = 0; i < m->spine_count; i++)
        ((struct plan_spine *)b->view.spines)[i].address = m->spine_addresses[i];
    for (uint32_t i = 0; i < m->prefix_count; i++) {
        uint8_t *weights = (uint8_t *)&b->view.weights[(size_t)i * m->spine_count];
        ((struct plan_leaf *)b->view.leaves)[i].prefix = m->prefixes[i].prefix;
        if (m->prefixes[i].leaf == own)
            memset(weights, PLAN_WEIGHT_FULL, m->spine_count);
        else
            planner_path_weights(b->core->plan->fabric, own, m->prefixes[i].leaf, weights, m->spine_count);
    }
}

/* ---- the block ---- */

static void fill_counts(struct block *b)
{
    const struct core_plan_info *info = &b->core->plan->record->info;
    b->counts = (struct plan_header){
        .magic = PLAN_MAGIC,
        .version = PLAN_VERSION,
        .leaf_prefix_bits = (uint16_t)b->core->map->leaf_prefix_bits,
        .epoch = info->epoch,
        .hash = info->hash,
        .address = topology_port(b->core->map->topology, b->port)->address,
        .spine_count = b->core->map->spine_count,
        .leaf_count = b->core->map->prefix_count,
    };
    add_jobs(b);
    b->counts.bytes = (uint32_t)plan_bytes(&b->counts);
}

static struct plan_header *make_block(struct core *core, uint32_t port)
{
    struct block b = {.core = core, .port = port};
    fill_counts(&b);
    b.header = b.counts.bytes > 0 ? calloc(1, b.counts.bytes) : NULL;
    if (b.header == NULL)
        return NULL;
    *b.header = b.counts;
    b.view = plan_lay_out(b.header);
    add_leaves(&b);
    add_jobs(&b);
    b.header->checksum = plan_checksum(b.header, b.header->bytes);
    return b.header;
}

int core_plan_block(struct core *core, uint32_t address, const struct plan_header **block)
{
    uint32_t port = fabric_map_port(core->map, address);
    if (port == TOPOLOGY_NONE)
        return -ENOENT;
    if (core->plan == NULL)
        return -EAGAIN;
    if (core->blocks[port] == NULL)
        core->blocks[port] = make_block(core, port);
    *block = core->blocks[port];
    return *block != NULL ? 0 : -ENOMEM;
}
