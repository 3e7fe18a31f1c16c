/* SPDX-License-Identifier: BSD-3-Clause */
#include "control/core/plan_record.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

struct plan_record *plan_record_create(struct plan_table *tables, unsigned table_count, uint32_t flow_count)
{
    struct plan_record *r = calloc(1, sizeof(*r));
    uint8_t *spines = malloc(flow_count + 1);
    if (r == NULL || spines == NULL) {
        free(r);
        free(spines);
        return NULL;
    }
    memset(spines, FLOW_UNPLANNED, flow_count + 1);
    *r = (struct plan_record){
        .tables = tables, .table_count = table_count, .flow_count = flow_count, .spines = spines};
    return r;
}

void plan_record_adopt(struct plan_record *r)
{
    for (unsigned i = 0; !r->adopted && i < r->table_count; i++)
        geometry_keep(r->tables[i].geometry);
    r->adopted = true;
}

void plan_record_destroy(struct plan_record *r)
{
    if (r == NULL)
        return;
    for (unsigned i = 0; r->adopted && i < r->table_count; i++)
        geometry_release(r->tables[i].geometry);
    free(r->tables);
    free(r->spines);
    free(r->splits);
    free(r->pieces);
    free(r);
}

size_t plan_record_bytes(const struct plan_record *r)
{
    return sizeof(*r) + r->table_count * sizeof(*r->tables) + r->flow_count +
           r->split_capacity * sizeof(*r->splits) + r->piece_capacity * sizeof(*r->pieces);
}

/* ---- writing ---- */

static int make_room(struct plan_record *r, uint32_t pieces)
{
    if (r->split_count == r->split_capacity) {
        uint32_t capacity = r->split_capacity * 2 + 16;
        struct plan_split *more = reallocarray(r->splits, capacity, sizeof(*more));
        if (more == NULL)
            return -ENOMEM;
        r->splits = more;
        r->split_capacity = capacity;
    }
    if (r->piece_count + pieces > r->piece_capacity) {
        uint32_t capacity = r->piece_capacity * 2 + pieces + 32;
        struct plan_piece *more = reallocarray(r->pieces, capacity, sizeof(*more));
        if (more == NULL)
            return -ENOMEM;
        r->pieces = more;
        r->piece_capacity = capacity;
    }
    return 0;
}

int plan_record_set(struct plan_record *r, uint32_t flow, const struct plan_piece *pieces, uint32_t count)
{
    if (count <= 1) {
        r->spines[flow] = count == 1 ? (uint8_t)pieces[0].spine : FLOW_UNPLANNED;
        return 0;
    }
    if (make_room(r, count) != 0)
        return -ENOMEM;
    r->spines[flow] = FLOW_SPLIT;
    r->splits[r->split_count++] =
        (struct plan_split){.flow = flow, .first_piece = r->piece_count, .piece_count = count};
    memcpy(&r->pieces[r->piece_count], pieces, count * sizeof(*pieces));
    r->piece_count += count;
    return 0;
}

static int compare_splits(const void *a, const void *b)
{
    const struct plan_split *x = a, *y = b;
    return x->flow < y->flow ? -1 : x->flow > y->flow;
}

void plan_record_seal(struct plan_record *r)
{
    if (r->split_count > 0)
        qsort(r->splits, r->split_count, sizeof(*r->splits), compare_splits);
}

/* ---- reading ---- */

static const struct plan_split *find_split(const struct plan_record *r, uint32_t flow)
{
    uint32_t low = 0, high = r->split_count;
    while (low < high) {
        uint32_t middle = low + (high - low) / 2;
        if (r->splits[middle].flow < flow)
            low = middle + 1;
        else
            high = middle;
    }
    return &r->splits[low];
}

const struct plan_piece *plan_record_pieces(const struct plan_record *r, uint32_t flow,
                                            struct plan_piece *whole, uint32_t *count)
{
    if (r->spines[flow] == FLOW_SPLIT) {
        const struct plan_split *split = find_split(r, flow);
        *count = split->piece_count;
        return &r->pieces[split->first_piece];
    }
    *count = r->spines[flow] != FLOW_UNPLANNED;
    *whole = (struct plan_piece){.spine = r->spines[flow], .share = PLAN_SHARE_WHOLE};
    return whole;
}

const struct plan_table *plan_record_find(const struct plan_record *r, uint64_t identity,
                                          enum step_shape shape)
{
    unsigned low = 0, high = r->table_count;
    while (low < high) {
        unsigned middle = low + (high - low) / 2;
        const struct plan_table *t = &r->tables[middle];
        if (t->identity < identity || (t->identity == identity && t->pattern.shape < shape))
            low = middle + 1;
        else
            high = middle;
    }
    if (low == r->table_count || r->tables[low].identity != identity || r->tables[low].pattern.shape != shape)
        return NULL;
    return &r->tables[low];
}

void plan_record_describe(const struct plan_table *t, uint32_t rank, uint32_t index, struct core_flow *flow)
{
    uint32_t peer = step_pattern_peer(&t->pattern, rank, index);
    unsigned step = step_pattern_step(&t->pattern, rank, peer);
    *flow = (struct core_flow){.identity = t->identity,
                               .shape = t->pattern.shape,
                               .from_rank = rank,
                               .to_rank = peer,
                               .from_address = t->geometry->addresses[rank],
                               .to_address = t->geometry->addresses[peer],
                               .bytes = step_pattern_bytes(&t->pattern, step, t->flow_bytes)};
}

/* ---- comparing ---- */

struct comparison {
    const struct plan_record *from, *to;
    record_visitor visit;
    void *context;
    uint64_t count;
};

static void show(const struct comparison *c, const struct plan_table *table, uint32_t rank, uint32_t index,
                 const struct core_flow *pieces)
{
    struct core_flow before, after;
    plan_record_describe(table, rank, index, &before);
    after = before;
    before.pieces = pieces[0].pieces;
    before.piece_count = pieces[0].piece_count;
    after.pieces = pieces[1].pieces;
    after.piece_count = pieces[1].piece_count;
    c->visit(c->context, &before, &after);
}

static bool flow_differs(const struct comparison *c, uint32_t old_flow, uint32_t new_flow,
                         struct core_flow *pieces, struct plan_piece *wholes)
{
    uint8_t old_spine = c->from->spines[old_flow], new_spine = c->to->spines[new_flow];
    if (old_spine == new_spine && old_spine != FLOW_SPLIT)
        return false;
    pieces[0].pieces = plan_record_pieces(c->from, old_flow, &wholes[0], &pieces[0].piece_count);
    pieces[1].pieces = plan_record_pieces(c->to, new_flow, &wholes[1], &pieces[1].piece_count);
    return pieces[0].piece_count != pieces[1].piece_count ||
           memcmp(pieces[0].pieces, pieces[1].pieces, pieces[0].piece_count * sizeof(struct plan_piece)) != 0;
}

static void compare_tables(struct comparison *c, const struct plan_table *old, const struct plan_table *new)
{
    for (uint32_t rank = 0; rank < new->pattern.rank_count; rank++) {
        uint32_t first = step_pattern_first_flow(&new->pattern, rank);
        uint32_t count = step_pattern_first_flow(&new->pattern, rank + 1) - first;
        for (uint32_t i = 0; i < count; i++) {
            struct core_flow pieces[2];
            struct plan_piece wholes[2];
            if (!flow_differs(c, old->first_flow + first + i, new->first_flow + first + i, pieces, wholes))
                continue;
            c->count++;
            if (c->visit != NULL)
                show(c, new, rank, i, pieces);
        }
    }
}

static bool same_ranks(const struct plan_table *a, const struct plan_table *b)
{
    return a->geometry == b->geometry ||
           (a->geometry->rank_count == b->geometry->rank_count &&
            memcmp(a->geometry->addresses, b->geometry->addresses,
                   a->geometry->rank_count * sizeof(*a->geometry->addresses)) == 0);
}

uint64_t plan_record_diff(const struct plan_record *from, const struct plan_record *to, record_visitor visit,
                          void *context)
{
    struct comparison c = {.from = from, .to = to, .visit = visit, .context = context};
    for (unsigned i = 0; i < to->table_count; i++) {
        const struct plan_table *new = &to->tables[i];
        const struct plan_table *old = plan_record_find(from, new->identity, new->pattern.shape);
        if (old != NULL && same_ranks(old, new))
            compare_tables(&c, old, new);
    }
    return c.count;
}
