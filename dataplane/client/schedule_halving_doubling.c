/* SPDX-License-Identifier: BSD-3-Clause */
/* Halving-doubling: log2 n exchanges with ever other partners instead of the ring's n - 1 steps.
 *
 * Reduce-scatter halves: partners at distance p/2, p/4, ..., 1 split the range they both hold, each keeps and
 * adds up its half. All-gather doubles: partners at distance 1, 2, ..., p/2 swap the ranges they hold.
 * All-reduce is the one after the other.
 *
 * Where n is no power of two, p is the largest one below it, and the first 2(n - p) ranks form pairs, even
 * with odd: the odd one folds its data into the even one first and gets its result from it last. The p
 * *positions* that remain hold ranges of adjacent ranks, so every range is one run of memory.
 *
 * Steps, of every rank alike: fold (if there are pairs), halvings, doublings, unfold (if there are pairs).
 */
#include "dataplane/client/schedule_parts.h"

struct halving {
    uint32_t positions; /* p */
    unsigned levels;    /* log2 p */
    uint32_t pairs;     /* n - p */
    uint32_t position;  /* of this rank, or of the one it folds into */
    bool paired;
    bool folded; /* this is the odd one of a pair */
};

static struct halving halving_of(const struct schedule_problem *p)
{
    unsigned levels = 31 - (unsigned)__builtin_clz(p->rank_count);
    uint32_t positions = 1u << levels, pairs = p->rank_count - positions;
    bool paired = p->rank < 2 * pairs;
    return (struct halving){.positions = positions,
                            .levels = levels,
                            .pairs = pairs,
                            .position = paired ? p->rank / 2 : p->rank - pairs,
                            .paired = paired,
                            .folded = paired && p->rank % 2 == 1};
}

/* The first rank at a position; also, for the position past the last, the rank count. */
static uint32_t halving_rank(const struct halving *h, uint32_t position)
{
    return position < h->pairs ? 2 * position : position + h->pairs;
}

/* What `count` positions from `first` hold, as a run of the vector of all. */
static struct schedule_run halving_run(const struct schedule_problem *p, const struct halving *h,
                                       uint32_t first, uint32_t count)
{
    if (p->operation == APP_OPERATION_ALL_REDUCE)
        return partition_run(p, p->count, h->positions, first, count);
    uint32_t first_rank = halving_rank(h, first), end_rank = halving_rank(h, first + count);
    return partition_run(p, p->count * p->rank_count, p->rank_count, first_rank, end_rank - first_rank);
}

static struct schedule_run halving_whole(const struct schedule_problem *p, const struct halving *h)
{
    return halving_run(p, h, 0, h->positions);
}

static struct schedule_run halving_rank_block(const struct schedule_problem *p, uint32_t rank)
{
    return partition_run(p, p->count * p->rank_count, p->rank_count, rank, 1);
}

/* The range that is kept at a halving. */
static uint32_t halving_kept_first(const struct halving *h, unsigned level)
{
    uint32_t distance = h->positions >> (level + 1);
    return h->position & ~(distance - 1);
}

static struct schedule_run halving_kept(const struct schedule_problem *p, const struct halving *h,
                                        unsigned level)
{
    return halving_run(p, h, halving_kept_first(h, level), h->positions >> (level + 1));
}

/* Sums are built up in `out`, or, where that is too short, at the start of scratch. */
static enum schedule_space halving_sum_space(const struct schedule_problem *p)
{
    return p->operation == APP_OPERATION_REDUCE_SCATTER ? SCHEDULE_SCRATCH : SCHEDULE_OUT;
}

/* Scratch: the sums of reduce-scatter, then what a fold brings, then what each halving brings. All of these
 * have their own place, since they may arrive before the one before has been added up. */
static uint64_t halving_fold_landing(const struct schedule_problem *p, const struct halving *h)
{
    return p->operation == APP_OPERATION_REDUCE_SCATTER ? round_up_to_cache_line(halving_whole(p, h).bytes)
                                                        : 0;
}

static uint64_t halving_landing(const struct schedule_problem *p, const struct halving *h, unsigned level)
{
    uint64_t offset = halving_fold_landing(p, h);
    if (p->in_place && h->paired)
        offset += round_up_to_cache_line(halving_whole(p, h).bytes);
    for (unsigned l = 0; l < level; l++)
        offset += round_up_to_cache_line(halving_kept(p, h, l).bytes);
    return offset;
}

/* A receive of `run` that is added to our own share of it. The first such has the sums to itself: it lands in
 * them and our share comes from `in`; later ones land in scratch. */
static struct schedule_receive halving_reducing_receive(const struct schedule_problem *p,
                                                        struct schedule_run run, bool first, uint64_t landing)
{
    struct schedule_place sum = place(halving_sum_space(p), run.offset);
    struct schedule_place scratch = place(SCHEDULE_SCRATCH, landing);
    return (struct schedule_receive){.into = first ? sum : scratch,
                                     .bytes = run.bytes,
                                     .reduces = true,
                                     .accumulator = sum,
                                     .operand = first ? place(SCHEDULE_IN, run.offset) : scratch};
}

static void halving_fold(const struct schedule_problem *p, const struct halving *h, struct schedule_step *out)
{
    if (!h->paired)
        return;
    bool gather = p->operation == APP_OPERATION_ALL_GATHER;
    struct schedule_run whole = halving_whole(p, h);
    struct schedule_run odd_block = gather ? halving_rank_block(p, p->rank | 1) : whole;
    if (h->folded) {
        step_add_send(
            out, &(struct schedule_send){.peer = p->rank - 1,
                                         .from = place(gather ? SCHEDULE_OUT : SCHEDULE_IN, odd_block.offset),
                                         .bytes = odd_block.bytes});
        return;
    }
    struct schedule_receive receive = {.into = place(SCHEDULE_OUT, odd_block.offset),
                                       .bytes = odd_block.bytes,
                                       .final_first = p->rank + 1,
                                       .final_count = 1};
    if (!gather)
        receive = halving_reducing_receive(p, whole, !p->in_place, halving_fold_landing(p, h));
    receive.peer = p->rank + 1;
    step_add_receive(out, &receive);
}

static void halving_exchange(const struct schedule_problem *p, const struct halving *h, unsigned level,
                             struct schedule_step *out)
{
    if (h->folded)
        return;
    uint32_t distance = h->positions >> (level + 1);
    uint32_t partner = halving_rank(h, h->position ^ distance);
    bool first = level == 0 && !h->paired && !p->in_place;
    bool last = level + 1 == h->levels;
    struct schedule_run give = halving_run(p, h, halving_kept_first(h, level) ^ distance, distance);
    struct schedule_receive receive =
        halving_reducing_receive(p, halving_kept(p, h, level), first, halving_landing(p, h, level));
    receive.peer = partner;
    receive.completes_reduction = last;
    receive.final_first = h->position;
    receive.final_count = last && p->operation == APP_OPERATION_ALL_REDUCE;
    step_add_send(
        out, &(struct schedule_send){.peer = partner,
                                     .from = place(first ? SCHEDULE_IN : halving_sum_space(p), give.offset),
                                     .bytes = give.bytes});
    step_add_receive(out, &receive);
}

static void doubling_exchange(const struct schedule_problem *p, const struct halving *h, unsigned level,
                              struct schedule_step *out)
{
    if (h->folded)
        return;
    uint32_t distance = 1u << level, held = h->position & ~(distance - 1), taken = held ^ distance;
    uint32_t partner = halving_rank(h, h->position ^ distance);
    bool by_rank = p->operation == APP_OPERATION_ALL_GATHER;
    struct schedule_run give = halving_run(p, h, held, distance), take = halving_run(p, h, taken, distance);
    uint32_t final_first = by_rank ? halving_rank(h, taken) : taken;
    uint32_t final_end = by_rank ? halving_rank(h, taken + distance) : taken + distance;
    step_add_send(out, &(struct schedule_send){
                           .peer = partner, .from = place(SCHEDULE_OUT, give.offset), .bytes = give.bytes});
    step_add_receive(out, &(struct schedule_receive){.peer = partner,
                                                     .into = place(SCHEDULE_OUT, take.offset),
                                                     .bytes = take.bytes,
                                                     .final_first = final_first,
                                                     .final_count = final_end - final_first});
}

static void halving_unfold(const struct schedule *s, const struct halving *h, struct schedule_step *out)
{
    const struct schedule_problem *p = &s->problem;
    if (!h->paired)
        return;
    bool scatter = p->operation == APP_OPERATION_REDUCE_SCATTER;
    struct schedule_run result = scatter ? halving_rank_block(p, p->rank | 1) : halving_whole(p, h);
    if (h->folded)
        step_add_receive(out, &(struct schedule_receive){.peer = p->rank - 1,
                                                         .into = place(SCHEDULE_OUT, 0),
                                                         .bytes = result.bytes,
                                                         .final_count = s->blocks});
    else
        step_add_send(out, &(struct schedule_send){.peer = p->rank + 1,
                                                   .from = place(halving_sum_space(p), result.offset),
                                                   .bytes = result.bytes});
}

static unsigned halving_levels(const struct schedule_problem *p, const struct halving *h)
{
    return p->operation == APP_OPERATION_ALL_GATHER ? 0 : h->levels;
}

static unsigned doubling_levels(const struct schedule_problem *p, const struct halving *h)
{
    return p->operation == APP_OPERATION_REDUCE_SCATTER ? 0 : h->levels;
}

static void halving_doubling_step(const struct schedule *s, unsigned lane, unsigned step,
                                  struct schedule_step *out)
{
    (void)lane;
    const struct schedule_problem *p = &s->problem;
    struct halving h = halving_of(p);
    unsigned folds = h.pairs > 0, halvings = halving_levels(p, &h), doublings = doubling_levels(p, &h);
    if (step < folds)
        halving_fold(p, &h, out);
    else if (step < folds + halvings)
        halving_exchange(p, &h, step - folds, out);
    else if (step < folds + halvings + doublings)
        doubling_exchange(p, &h, step - folds - halvings, out);
    else
        halving_unfold(s, &h, out);
}

static void halving_plan_ends(struct schedule *s)
{
    const struct schedule_problem *p = &s->problem;
    struct halving h = halving_of(p);
    if (p->operation == APP_OPERATION_ALL_GATHER)
        schedule_copy_own_block(s);
    if (p->operation == APP_OPERATION_REDUCE_SCATTER && !h.folded) {
        struct schedule_run own = halving_rank_block(p, p->rank);
        s->copy_after =
            (struct schedule_copy){place(SCHEDULE_SCRATCH, own.offset), place(SCHEDULE_OUT, 0), own.bytes};
    }
}

void schedule_plan_halving_doubling(struct schedule *s)
{
    const struct schedule_problem *p = &s->problem;
    struct halving h = halving_of(p);
    s->make_step = halving_doubling_step;
    s->shape = STEP_SHAPE_HALVING_DOUBLING;
    s->steps = halving_levels(p, &h) + doubling_levels(p, &h) + (h.pairs > 0 ? 2 : 0);
    s->message_bytes_max = halving_whole(p, &h).bytes;
    if (p->operation != APP_OPERATION_ALL_GATHER && !h.folded)
        s->scratch_bytes = halving_landing(p, &h, h.levels);
    s->out_count = p->operation == APP_OPERATION_ALL_GATHER ? p->count * p->rank_count : p->count;
    if (p->operation != APP_OPERATION_REDUCE_SCATTER)
        s->blocks = p->operation == APP_OPERATION_ALL_GATHER ? p->rank_count : h.positions;
    halving_plan_ends(s);
}
