/* SPDX-License-Identifier: BSD-3-Clause */
/* Priority flow admission: greedy, then a search of exchanges.
 *
 * A flow is worth its bytes times its job's priority. Flows are admitted in the order of three rules (most
 * worth a byte, then the largest; then the smallest; most worth), and the best outcome is kept. Then, while
 * that gains: one or two admitted flows are put out, and whatever fits now comes in. The search ends after a
 * bounded number of exchanges, so large demands, for which the grain of single flows matters little, get
 * little more than the greedy answer.
 */
#include "control/planner/admission.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "control/planner/admission_state.h"
#include "control/planner/limits.h"
#include "control/planner/refuse.h"

enum {
    PATH_PAIRS = 4, /* of an alternating path: many flows will find none */
    PATH_VERTICES = 256,
    EXCHANGE_TRIES_MAX = 1 << 17, /* flows that are looked at by all exchanges together */
    EXCHANGE_BYTES_MAX = 1 << 28  /* copied by them */
};

/* ---- greedy ---- */

static int try_all_in(struct admission *a)
{
    for (uint32_t i = 0; i < a->count; i++) {
        if (admission_try_in(a, i) < 0)
            return -ENOMEM;
    }
    return 0;
}

static int compare_numbers(uint64_t a, uint64_t b)
{
    return a > b ? -1 : a < b;
}

static int by_density_largest(const void *a, const void *b)
{
    const struct claim *x = a, *y = b;
    int order = compare_numbers(x->priority, y->priority);
    order = order ? order : compare_numbers(x->bytes, y->bytes);
    return order ? order : compare_numbers(y->demand, x->demand);
}

static int by_density_smallest(const void *a, const void *b)
{
    const struct claim *x = a, *y = b;
    int order = compare_numbers(x->priority, y->priority);
    order = order ? order : compare_numbers(y->bytes, x->bytes);
    return order ? order : compare_numbers(y->demand, x->demand);
}

static int by_value(const void *a, const void *b)
{
    const struct claim *x = a, *y = b;
    int order = compare_numbers(x->value, y->value);
    return order ? order : compare_numbers(y->demand, x->demand);
}

/* The claims' order becomes the rule's; which claims are in is known by demand afterwards. */
static int admit_by(struct admission *a, int (*rule)(const void *, const void *))
{
    qsort(a->claims, a->count, sizeof(*a->claims), rule);
    admission_empty(a);
    return try_all_in(a);
}

static int admit_greedily(struct admission *a)
{
    int (*const rules[])(const void *, const void *) = {by_value, by_density_smallest, by_density_largest};
    uint64_t best_value = 0;
    unsigned best = 0;
    for (unsigned i = 0; i < 3; i++) {
        if (admit_by(a, rules[i]) != 0)
            return -ENOMEM;
        if (a->now.value > best_value) {
            best_value = a->now.value;
            best = i;
        }
    }
    int result = best == 2 ? 0 : admit_by(a, rules[best]);
    return result != 0 ? result : admission_keep(a);
}

/* ---- exchanges ---- */

static uint32_t exchanges_max(const struct admission *a)
{
    const struct colouring *c = a->placement.colouring;
    size_t bytes = colouring_slot(c, c->vertex_count, 0) * 24 + c->item_count * sizeof(*c->items) + a->count +
                   a->plan->fabric->port_count * 16ul;
    size_t most = EXCHANGE_BYTES_MAX / (bytes + 1), tries = EXCHANGE_TRIES_MAX / (a->count + 1);
    return (uint32_t)(most < tries ? most : tries);
}

/* Without the two (or one, if they are the same), and with what fits then: 1 if that is better, and kept. */
static int exchange(struct admission *a, uint32_t one, uint32_t other)
{
    admission_put_out(a, one);
    if (other != one)
        admission_put_out(a, other);
    /* Those that were put out come last: their places are for others. */
    for (uint32_t i = 0; i < a->count; i++) {
        if (i != one && i != other && admission_try_in(a, i) < 0)
            return -ENOMEM;
    }
    if (admission_try_in(a, one) < 0 || admission_try_in(a, other) < 0)
        return -ENOMEM;
    if (a->now.value > a->best.value)
        return admission_keep(a) == 0 ? 1 : -ENOMEM;
    admission_go_back(a);
    return 0;
}

/* One round over all pairs; returns whether anything was gained, or -ENOMEM. */
static int search_round(struct admission *a, uint32_t *tries_left)
{
    int gained = 0;
    for (uint32_t i = 0; *tries_left != 0 && i < a->count; i++) {
        for (uint32_t j = i; *tries_left != 0 && j < a->count && a->now.in[i]; j++) {
            if (!a->now.in[j])
                continue;
            --*tries_left;
            int result = exchange(a, i, j);
            if (result < 0)
                return result;
            gained |= result;
        }
    }
    return gained;
}

static bool all_are_in(const struct admission *a)
{
    return memchr(a->now.in, 0, a->count) == NULL;
}

static int search(struct admission *a)
{
    uint32_t tries_left = all_are_in(a) ? 0 : exchanges_max(a);
    int gained = 1;
    while (gained == 1 && tries_left > 0)
        gained = search_round(a, &tries_left);
    return gained < 0 ? gained : 0;
}

/* ---- the plan ---- */

static int list_claims(struct admission *a)
{
    struct planner_plan *plan = a->plan;
    a->claims = calloc(plan->demand_count + 1ul, sizeof(*a->claims));
    if (a->claims == NULL)
        return -ENOMEM;
    for (uint32_t i = 0; i < plan->demand_count; i++) {
        uint32_t priority = plan_priority(plan, i);
        uint64_t bytes = plan->demands[i].bytes;
        priority = priority ? priority : 1;
        if (plan->stories[i].reason != PLANNER_REASON_UNROUTED)
            a->claims[a->count++] = (struct claim){i, priority, bytes, bytes * priority};
    }
    return admitted_create(a, &a->now) && admitted_create(a, &a->best) ? 0 : -ENOMEM;
}

static int open_links(struct admission *a)
{
    const struct planner_fabric *f = a->plan->fabric;
    const struct planner_options *o = &a->plan->options;
    const struct colouring_shape shape = {.vertex_count = f->leaf_count,
                                          .colour_count = f->spine_count,
                                          .rates = {f->rates[SIDE_OUT], f->rates[SIDE_IN]},
                                          .item_count = a->count};
    uint64_t budget_ps = o->budget_ns > UINT64_MAX / 1000 ? UINT64_MAX : o->budget_ns * 1000;
    a->placement = (struct placement){
        .accept_ps = budget_ps, .piece_bytes_min = o->piece_bytes_min, .granule_bytes = o->granule_bytes};
    int result = colouring_create(&shape, &a->placement.colouring);
    if (result == 0) {
        limits_set_budget(a->placement.colouring, budget_ps);
        a->placement.colouring->effort.pairs = PATH_PAIRS;
        a->placement.colouring->effort.vertices = PATH_VERTICES;
    }
    return result;
}

static void tell_deferred(struct admission *a)
{
    for (uint32_t i = 0; i < a->count; i++) {
        if (!a->best.in[i])
            a->plan->stories[a->claims[i].demand].reason = PLANNER_REASON_DEFERRED;
    }
}

static int adopt(struct admission *a, char *error)
{
    const struct colouring *c = a->placement.colouring;
    struct planner_piece *pieces = malloc((c->item_count + 1ul) * sizeof(*pieces));
    uint32_t count = 0;
    if (pieces == NULL)
        return planner_refuse_memory(error);
    for (uint32_t i = 0; i < c->item_count; i++) {
        const struct colour_item *item = &c->items[i];
        if (item->colour != COLOUR_NONE)
            pieces[count++] = (struct planner_piece){(uint64_t)item->bytes, item->owner, item->colour, 0};
    }
    tell_deferred(a);
    int result = plan_measure_bounds(a->plan, error);
    if (result == 0)
        result = plan_adopt_pieces(a->plan, pieces, count, error);
    free(pieces);
    return result;
}

int admission_make(struct planner_plan *plan, char *error)
{
    struct admission a = {.plan = plan};
    int result = list_claims(&a);
    if (result == 0)
        result = open_links(&a);
    if (result == 0)
        result = admit_greedily(&a);
    if (result == 0)
        result = search(&a);
    result = result == 0 ? adopt(&a, error) : planner_refuse_memory(error);
    colouring_destroy(a.placement.colouring);
    admitted_destroy(&a.now);
    admitted_destroy(&a.best);
    free(a.claims);
    return result;
}
