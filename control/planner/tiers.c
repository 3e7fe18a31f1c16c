/* SPDX-License-Identifier: BSD-3-Clause */
#include "control/planner/tiers.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "control/planner/link_time.h"
#include "control/planner/placement.h"

int draft_reserve(struct draft *d, uint32_t count)
{
    d->pieces = malloc((count + 1ul) * sizeof(*d->pieces));
    d->capacity = d->pieces != NULL ? count + 1 : 0;
    return d->pieces != NULL ? 0 : -ENOMEM;
}

struct planner_piece *draft_add(struct draft *d, const struct planner_piece *piece)
{
    if (d->count == d->capacity) {
        uint32_t capacity = d->capacity ? d->capacity * 2 : 1024;
        struct planner_piece *grown = realloc(d->pieces, capacity * sizeof(*grown));
        if (grown == NULL)
            return NULL;
        d->pieces = grown;
        d->capacity = capacity;
    }
    d->pieces[d->count] = *piece;
    return &d->pieces[d->count++];
}

/* ---- the order in which pieces choose ---- */

static int compare_claims(const void *a, const void *b, void *context)
{
    const struct draft *d = context;
    uint32_t x = *(const uint32_t *)a, y = *(const uint32_t *)b;
    const struct planner_piece *left = &d->pieces[x], *right = &d->pieces[y];
    uint32_t left_priority = plan_priority(d->plan, left->demand);
    uint32_t right_priority = plan_priority(d->plan, right->demand);
    if (left_priority != right_priority)
        return left_priority > right_priority ? -1 : 1;
    if (left->bytes != right->bytes)
        return left->bytes > right->bytes ? -1 : 1;
    return x < y ? -1 : x > y;
}

static bool claims_like(const struct draft *d, uint32_t x, uint32_t y)
{
    return d->pieces[x].bytes == d->pieces[y].bytes &&
           plan_priority(d->plan, d->pieces[x].demand) == plan_priority(d->plan, d->pieces[y].demand);
}

/* The pieces are listed ascending. Most claim as much as the one in the middle, and are in order already:
 * only the others are sorted. -ENOMEM. */
static int order_claims(struct draft *d, uint32_t *pieces, uint32_t count)
{
    uint32_t *others = malloc((count + 1ul) * sizeof(*others)), other_count = 0, kept = 0;
    uint32_t pivot = count > 0 ? pieces[count / 2] : 0;
    if (others == NULL)
        return -ENOMEM;
    for (uint32_t i = 0; i < count; i++) {
        if (claims_like(d, pieces[i], pivot))
            pieces[kept++] = pieces[i];
        else
            others[other_count++] = pieces[i];
    }
    qsort_r(others, other_count, sizeof(*others), compare_claims, d);
    uint32_t before = 0;
    while (before < other_count && compare_claims(&others[before], &pivot, d) < 0)
        before++;
    memmove(&pieces[before], pieces, kept * sizeof(*pieces));
    memcpy(pieces, others, before * sizeof(*pieces));
    memcpy(&pieces[before + kept], &others[before], (other_count - before) * sizeof(*pieces));
    free(others);
    return 0;
}

/* ---- one colouring ---- */

/* The pieces of a colouring: item i is pieces[i]. */
struct tier {
    struct draft *draft;
    struct colouring *colouring;
    uint32_t *pieces;
    uint32_t count;
    bool cores; /* its colours are cores of `spine`; else spines */
    unsigned spine;
};

static uint32_t vertex_of(const struct tier *t, const struct planner_piece *piece, enum planner_side side)
{
    uint32_t leaf = plan_end_leaf(t->draft->plan, piece->demand, side);
    return t->cores ? t->draft->plan->fabric->leaf_pods[leaf] : leaf;
}

/* Pieces become items; those that still can be where they were are. */
static int add_items(struct tier *t)
{
    for (uint32_t i = 0; i < t->count; i++) {
        struct planner_piece *piece = &t->draft->pieces[t->pieces[i]];
        uint32_t item = colouring_add(t->colouring, vertex_of(t, piece, SIDE_OUT),
                                      vertex_of(t, piece, SIDE_IN), (int64_t)piece->bytes, piece->demand);
        if (item == ITEM_NONE)
            return -ENOMEM;
        uint16_t colour = t->cores ? piece->core : piece->spine;
        if (t->draft->mends && colour < t->colouring->colour_count &&
            colouring_is_live(t->colouring, &t->colouring->items[item], colour))
            colouring_put(t->colouring, item, colour);
    }
    return 0;
}

static int place(const struct tier *t)
{
    const struct planner_options *options = &t->draft->plan->options;
    const struct placement p = {.colouring = t->colouring,
                                .accept_ps = t->draft->accept_ps,
                                .piece_bytes_min = options->piece_bytes_min,
                                .granule_bytes = options->granule_bytes};
    return t->draft->mends ? placement_mend(&p, options->moves_per_cent) : placement_make(&p);
}

/* A piece that was there before: cut into others; or with a colour, perhaps a new one, and perhaps smaller.
 */
static void collect_old(const struct tier *t, struct planner_piece *piece, const struct colour_item *item)
{
    piece->bytes = (uint64_t)item->bytes;
    if (item->colour == COLOUR_NONE)
        piece->demand = NO_DEMAND;
    else if (t->cores)
        piece->core = item->colour;
    else if (piece->spine != item->colour)
        *piece = (struct planner_piece){piece->bytes, piece->demand, item->colour, NO_CORE};
}

/* Items become pieces again. */
static int collect(const struct tier *t)
{
    const struct colouring *c = t->colouring;
    for (uint32_t i = 0; i < t->count; i++)
        collect_old(t, &t->draft->pieces[t->pieces[i]], &c->items[i]);
    for (uint32_t i = t->count; i < c->item_count; i++) {
        const struct colour_item *item = &c->items[i];
        struct planner_piece piece = {.bytes = (uint64_t)item->bytes,
                                      .demand = item->owner,
                                      .spine = t->cores ? (uint16_t)t->spine : item->colour,
                                      .core = t->cores ? item->colour : NO_CORE};
        if (draft_add(t->draft, &piece) == NULL)
            return -ENOMEM;
    }
    return 0;
}

static void drop_cut_pieces(struct draft *d)
{
    uint32_t kept = 0;
    for (uint32_t i = 0; i < d->count; i++) {
        if (d->pieces[i].demand != NO_DEMAND)
            d->pieces[kept++] = d->pieces[i];
    }
    d->count = kept;
}

/* Lists the pieces that the colouring is about, in the order in which they choose. */
static int list_pieces(struct tier *t)
{
    struct draft *d = t->draft;
    t->pieces = malloc((d->count ? d->count : 1) * sizeof(*t->pieces));
    if (t->pieces == NULL)
        return -ENOMEM;
    for (uint32_t i = 0; i < d->count; i++) {
        const struct planner_piece *piece = &d->pieces[i];
        if (!t->cores || (piece->spine == t->spine && plan_crosses_cores(d->plan, piece->demand)))
            t->pieces[t->count++] = i;
    }
    return order_claims(d, t->pieces, t->count);
}

static int colour_tier(struct tier *t, struct colouring_shape *shape, void (*prepare)(const struct tier *))
{
    int result = list_pieces(t);
    shape->item_count = t->count;
    if (result == 0)
        result = colouring_create(shape, &t->colouring);
    if (result == 0 && prepare != NULL)
        prepare(t);
    if (result == 0)
        result = add_items(t);
    if (result == 0)
        result = place(t);
    if (result == 0)
        result = collect(t);
    colouring_destroy(t->colouring);
    free(t->pieces);
    return result;
}

/* ---- leaves and spines ---- */

/* What crosses a spine to another pod must find its way on from there. */
static void limit_pods(const struct tier *t)
{
    const struct planner_fabric *f = t->draft->plan->fabric;
    for (uint32_t pod = 0; pod < f->pod_count; pod++) {
        for (unsigned spine = 0; spine < f->spine_count; spine++) {
            for (enum planner_side side = SIDE_OUT; side < SIDES; side++) {
                int64_t bytes = 0;
                for (unsigned core = 0; core < f->core_count; core++)
                    bytes += bytes_within(t->draft->accept_ps,
                                          f->core_rates[side][fabric_core_index(f, pod, spine, core)],
                                          ROOM_UNLIMITED / PLANNER_CORES_MAX);
                colouring_set_group_limit(t->colouring, side, pod, spine, bytes);
            }
        }
    }
}

int tiers_colour_spines(struct draft *d)
{
    const struct planner_fabric *f = d->plan->fabric;
    struct colouring_shape shape = {.vertex_count = f->leaf_count,
                                    .colour_count = f->spine_count,
                                    .rates = {f->rates[SIDE_OUT], f->rates[SIDE_IN]},
                                    .groups = {.group_of = f->leaf_pods,
                                               .group_count = f->pod_count,
                                               .links = f->core_count,
                                               .rates = {f->core_rates[SIDE_OUT], f->core_rates[SIDE_IN]}}};
    struct tier t = {.draft = d};
    int result = colour_tier(&t, &shape, limit_pods);
    drop_cut_pieces(d);
    return result;
}

/* ---- pods and cores ---- */

/* The rates of one spine's links to its cores: [pod * core_count + core]. */
static uint64_t *rates_of_spine(const struct planner_fabric *f, enum planner_side side, unsigned spine)
{
    uint64_t *rates = calloc((size_t)f->pod_count * f->core_count, sizeof(*rates));
    for (uint32_t pod = 0; rates != NULL && pod < f->pod_count; pod++)
        memcpy(&rates[(size_t)pod * f->core_count], &f->core_rates[side][fabric_core_index(f, pod, spine, 0)],
               f->core_count * sizeof(*rates));
    return rates;
}

static int colour_cores_of(struct draft *d, unsigned spine)
{
    const struct planner_fabric *f = d->plan->fabric;
    uint64_t *up = rates_of_spine(f, SIDE_OUT, spine), *down = rates_of_spine(f, SIDE_IN, spine);
    struct colouring_shape shape = {
        .vertex_count = f->pod_count, .colour_count = f->core_count, .rates = {up, down}};
    struct tier t = {.draft = d, .cores = true, .spine = spine};
    int result = up != NULL && down != NULL ? colour_tier(&t, &shape, NULL) : -ENOMEM;
    free(up);
    free(down);
    return result;
}

int tiers_colour_cores(struct draft *d)
{
    const struct planner_fabric *f = d->plan->fabric;
    int result = 0;
    for (unsigned spine = 0; spine < f->spine_count && f->pod_count > 0 && result == 0; spine++) {
        result = colour_cores_of(d, spine);
        drop_cut_pieces(d);
    }
    return result;
}
