/* SPDX-License-Identifier: BSD-3-Clause */
#include "control/planner/plan_block.h"

#include <stdlib.h>
#include <string.h>

#include "control/planner/fabric_state.h"
#include "control/planner/plan_state.h"
#include "control/planner/refuse.h"

/* A flow that has pieces. */
struct entry {
    uint32_t port; /* that sends it */
    uint32_t demand;
    unsigned step;
    struct plan_block_flow flow;
};

struct leaf {
    uint32_t prefix, number;
};

struct plan_blocks {
    struct plan_blocks_config config;
    struct entry *entries; /* by port, communicator, rank, shape and peer: as blocks have them */
    uint32_t entry_count;
    struct leaf *leaves; /* those with ports, by prefix */
    uint32_t leaf_count;
    uint64_t hash;
};

/* ---- order ---- */

static int compare(uint64_t a, uint64_t b)
{
    return a < b ? -1 : a > b;
}

/* Same port and table. */
static int compare_tables(const struct entry *a, const struct entry *b)
{
    int order = compare(a->port, b->port);
    order = order ? order : compare(a->flow.identity, b->flow.identity);
    order = order ? order : compare(a->flow.source_rank, b->flow.source_rank);
    return order ? order : compare(a->flow.shape, b->flow.shape);
}

static int compare_entries(const void *left, const void *right)
{
    const struct entry *a = left, *b = right;
    int order = compare_tables(a, b);
    return order ? order : compare(a->flow.destination_rank, b->flow.destination_rank);
}

static int compare_leaves(const void *left, const void *right)
{
    const struct leaf *a = left, *b = right;
    return compare(a->prefix, b->prefix);
}

/* ---- reading what is planned ---- */

static int list_step(struct plan_blocks *b, unsigned number, char *error)
{
    const struct plan_block_step *step = &b->config.steps[number];
    uint32_t count, pieces;
    const struct planner_demand *demands = planner_plan_demands(step->plan, &count);
    for (uint32_t i = 0; i < count; i++) {
        planner_plan_pieces(step->plan, i, &pieces);
        if (pieces == 0)
            continue;
        if (demands[i].source_port >= b->config.fabric->port_count || step->flows[i].shape >= STEP_SHAPES)
            return planner_refuse(error, "flow %u of step %u is of another fabric, or of no known shape", i,
                                  number);
        b->entries[b->entry_count++] = (struct entry){demands[i].source_port, i, number, step->flows[i]};
    }
    return 0;
}

static int list_entries(struct plan_blocks *b, char *error)
{
    size_t most = 1;
    for (unsigned i = 0; i < b->config.step_count; i++)
        most += planner_plan_summary(b->config.steps[i].plan)->flows;
    b->entries = calloc(most, sizeof(*b->entries));
    if (b->entries == NULL)
        return planner_refuse_memory(error);
    int result = 0;
    for (unsigned i = 0; i < b->config.step_count && result == 0; i++)
        result = list_step(b, i, error);
    qsort(b->entries, b->entry_count, sizeof(*b->entries), compare_entries);
    for (uint32_t i = 1; i < b->entry_count && result == 0; i++) {
        if (compare_entries(&b->entries[i - 1], &b->entries[i]) == 0)
            result = planner_refuse(error, "rank %u's flow to rank %u is planned twice",
                                    b->entries[i].flow.source_rank, b->entries[i].flow.destination_rank);
    }
    return result;
}

static uint32_t prefix_of(const struct plan_blocks *b, uint32_t port)
{
    return b->config.port_addresses[port] >> (32 - b->config.leaf_prefix_bits);
}

static int list_leaves(struct plan_blocks *b, char *error)
{
    const struct planner_fabric *f = b->config.fabric;
    b->leaves = calloc(f->port_count, sizeof(*b->leaves));
    if (b->leaves == NULL)
        return planner_refuse_memory(error);
    for (uint32_t i = 0; i < f->port_count; i++)
        b->leaves[i] = (struct leaf){prefix_of(b, i), f->ports[i].leaf};
    qsort(b->leaves, f->port_count, sizeof(*b->leaves), compare_leaves);
    for (uint32_t i = 0; i < f->port_count; i++) {
        struct leaf leaf = b->leaves[i], *last = b->leaf_count > 0 ? &b->leaves[b->leaf_count - 1] : NULL;
        if (last == NULL || last->prefix != leaf.prefix)
            b->leaves[b->leaf_count++] = leaf;
        else if (last->number != leaf.number)
            return planner_refuse(
                error, "leaves %u and %u have ports with the same first %u bits of their addresses",
                last->number, leaf.number, b->config.leaf_prefix_bits);
    }
    return 0;
}

static uint64_t hash_in(uint64_t hash, uint64_t value)
{
    for (unsigned i = 0; i < 8; i++) /* FNV-1a */
        hash = (hash ^ (value >> (8 * i) & 0xff)) * 0x100000001b3ull;
    return hash;
}

static uint64_t hash_entry(const struct plan_blocks *b, const struct entry *e, uint64_t hash)
{
    uint32_t count;
    const struct planner_piece *pieces =
        planner_plan_pieces(b->config.steps[e->step].plan, e->demand, &count);
    hash = hash_in(hash, e->flow.identity);
    hash = hash_in(hash, (uint64_t)e->flow.source_rank << 32 | e->flow.destination_rank);
    hash = hash_in(hash, (uint64_t)e->flow.shape << 32 | e->port);
    for (uint32_t i = 0; i < count; i++)
        hash = hash_in(hash_in(hash, pieces[i].spine), pieces[i].bytes);
    return hash;
}

static uint64_t hash_of(const struct plan_blocks *b)
{
    const struct planner_fabric *f = b->config.fabric;
    uint64_t hash = hash_in(0xcbf29ce484222325ull, b->config.epoch);
    for (uint32_t i = 0; i < b->entry_count; i++)
        hash = hash_entry(b, &b->entries[i], hash);
    for (size_t i = 0; i < fabric_link_count(f); i++)
        hash = hash_in(hash_in(hash, f->rates[SIDE_OUT][i]), f->rates[SIDE_IN][i]);
    return hash;
}

/* ---- life ---- */

static int check(const struct plan_blocks_config *c, char *error)
{
    if (c->fabric->pod_count > 0)
        return planner_refuse(
            error, "blocks name paths by one spine: a fabric of three tiers cannot be published yet");
    if (c->epoch == 0 || c->leaf_prefix_bits == 0 || c->leaf_prefix_bits > 32)
        return planner_refuse(error, "epoch %llu with leaf prefixes of %u bits: give 1 or more, and 1 to 32",
                              (unsigned long long)c->epoch, c->leaf_prefix_bits);
    return 0;
}

int plan_blocks_create(const struct plan_blocks_config *config, struct plan_blocks **blocks,
                       char error[PLANNER_ERROR_BYTES])
{
    int result = check(config, error);
    if (result != 0)
        return result;
    struct plan_blocks *b = calloc(1, sizeof(*b));
    if (b == NULL)
        return planner_refuse_memory(error);
    b->config = *config;
    result = list_entries(b, error);
    if (result == 0)
        result = list_leaves(b, error);
    if (result != 0) {
        plan_blocks_destroy(b);
        return result;
    }
    b->hash = hash_of(b);
    *blocks = b;
    return 0;
}

void plan_blocks_destroy(struct plan_blocks *b)
{
    if (b == NULL)
        return;
    free(b->entries);
    free(b->leaves);
    free(b);
}

uint64_t plan_blocks_hash(const struct plan_blocks *b)
{
    return b->hash;
}

/* ---- a block ---- */

/* The entries of a port: [from, to). */
struct range {
    uint32_t from, to;
};

static uint32_t first_entry_from(const struct plan_blocks *b, uint32_t port)
{
    uint32_t low = 0, high = b->entry_count;
    while (low < high) {
        uint32_t middle = low + (high - low) / 2;
        if (b->entries[middle].port < port)
            low = middle + 1;
        else
            high = middle;
    }
    return low;
}

static bool begins_table(const struct plan_blocks *b, struct range r, uint32_t entry)
{
    return entry == r.from || compare_tables(&b->entries[entry - 1], &b->entries[entry]) != 0;
}

static struct plan_header header_for(const struct plan_blocks *b, uint32_t port, struct range r)
{
    const struct plan_blocks_config *c = &b->config;
    struct plan_header h = {.magic = PLAN_MAGIC,
                            .version = PLAN_VERSION,
                            .leaf_prefix_bits = (uint16_t)c->leaf_prefix_bits,
                            .epoch = c->epoch,
                            .hash = b->hash,
                            .address = c->port_addresses[port],
                            .spine_count = c->fabric->spine_count,
                            .leaf_count = b->leaf_count,
                            .flow_count = r.to - r.from};
    for (uint32_t i = r.from; i < r.to; i++) {
        uint32_t pieces;
        planner_plan_pieces(c->steps[b->entries[i].step].plan, b->entries[i].demand, &pieces);
        h.piece_count += pieces;
        h.communicator_count += begins_table(b, r, i);
    }
    return h;
}

static void write_places(const struct plan_blocks *b, uint32_t port, const struct plan_view *v)
{
    const struct planner_fabric *f = b->config.fabric;
    struct plan_spine *spines = (struct plan_spine *)v->spines;
    struct plan_leaf *leaves = (struct plan_leaf *)v->leaves;
    uint8_t *weights = (uint8_t *)v->weights;
    for (uint32_t i = 0; i < f->spine_count; i++)
        spines[i].address = b->config.spine_addresses[i];
    for (uint32_t i = 0; i < b->leaf_count; i++) {
        leaves[i].prefix = b->leaves[i].prefix;
        planner_path_weights(f, f->ports[port].leaf, b->leaves[i].number,
                             &weights[(size_t)i * f->spine_count], f->spine_count);
    }
}

/* Pieces too small for a share of their own are part of the next. Returns how many were written. */
static uint32_t write_pieces(const struct plan_blocks *b, const struct entry *e, struct plan_piece *to)
{
    const struct planner_plan *plan = b->config.steps[e->step].plan;
    uint32_t shares[PLAN_SPINES_MAX], count, written = 0;
    const struct planner_piece *pieces = planner_plan_pieces(plan, e->demand, &count);
    planner_plan_shares(plan, e->demand, shares, PLAN_SPINES_MAX);
    for (uint32_t i = 0; i < count; i++) {
        if (shares[i] > 0)
            to[written++] = (struct plan_piece){.spine = pieces[i].spine, .share = shares[i]};
    }
    return written;
}

static void write_flows(const struct plan_blocks *b, struct range r, const struct plan_view *v)
{
    struct plan_communicator *table = (struct plan_communicator *)v->communicators - 1;
    struct plan_flow *flow = (struct plan_flow *)v->flows;
    struct plan_piece *pieces = (struct plan_piece *)v->pieces;
    uint32_t written = 0;
    for (uint32_t i = r.from; i < r.to; i++, flow++) {
        const struct entry *e = &b->entries[i];
        if (begins_table(b, r, i))
            *++table = (struct plan_communicator){.identity = e->flow.identity,
                                                  .rank = e->flow.source_rank,
                                                  .shape = e->flow.shape,
                                                  .first_flow = i - r.from};
        table->flow_count++;
        *flow = (struct plan_flow){.peer_rank = e->flow.destination_rank, .first_piece = written};
        flow->piece_count = write_pieces(b, e, &pieces[written]);
        written += flow->piece_count;
    }
}

int plan_blocks_write(const struct plan_blocks *b, uint32_t port, struct plan_header **block,
                      char error[PLANNER_ERROR_BYTES])
{
    if (port >= b->config.fabric->port_count)
        return planner_refuse(error, "there is no port %u: the fabric has %u", port,
                              b->config.fabric->port_count);
    struct range r = {first_entry_from(b, port), first_entry_from(b, port + 1)};
    struct plan_header h = header_for(b, port, r);
    size_t bytes = plan_bytes(&h);
    if (bytes == 0 || bytes > UINT32_MAX)
        return planner_refuse(error, "port %u has %u flows in %u pieces: too many for one plan", port,
                              h.flow_count, h.piece_count);
    *block = calloc(1, bytes);
    if (*block == NULL)
        return planner_refuse_memory(error);
    h.bytes = (uint32_t)bytes;
    **block = h;
    struct plan_view v = plan_lay_out(*block);
    write_places(b, port, &v);
    write_flows(b, r, &v);
    (*block)->checksum = plan_checksum(*block, bytes);
    return 0;
}
