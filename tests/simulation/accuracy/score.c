/* SPDX-License-Identifier: BSD-3-Clause */
#include "tests/simulation/accuracy/score.h"

#include <stdlib.h>

static bool is_host(const struct component *c)
{
    return c->kind == COMPONENT_TX || c->kind == COMPONENT_RX;
}

static bool is_link(const struct component *c)
{
    return c->kind == COMPONENT_UP || c->kind == COMPONENT_DOWN;
}

/* Hosts and links are named without a direction: acks come back over the other one, so a fault shows on both,
 * and what is acted on is the whole. */
static bool is_same(const struct truth *t, const struct component *c)
{
    if (t->host)
        return is_host(c) && c->place == t->component.place;
    return (t->component.kind == c->kind || (is_link(&t->component) && is_link(c))) &&
           t->component.place == c->place && t->component.spine == c->spine;
}

static int truth_of(const struct judgement *j, const struct verdict *v)
{
    for (unsigned i = 0; i < j->truth_count; i++)
        if ((j->truths[i].kinds >> v->kind & 1) &&
            (v->component_count == 0 || is_same(&j->truths[i], &v->components[0])))
            return (int)i;
    return -1;
}

void score_take(struct score *s, struct judgement *j, const struct verdict *v, uint32_t step)
{
    if (v->state == VERDICT_SUSPECTED)
        j->tie = true;
    if (v->state != VERDICT_CONFIRMED)
        return;
    int truth = truth_of(j, v);
    if (truth < 0) {
        s->wrong++;
        s->host_wrong +=
            v->component_count == 1 && j->truth_count > 0 && is_host(&v->components[0]) != j->truths[0].host;
        return;
    }
    s->right++;
    if (j->named[truth])
        return;
    j->named[truth] = true;
    if (!j->truths[truth].optional && s->step_count < SCORE_RUNS_MAX)
        s->steps[s->step_count++] = step;
}

bool judgement_is_complete(const struct judgement *j)
{
    for (unsigned i = 0; i < j->truth_count; i++)
        if (!j->named[i])
            return false;
    return true;
}

void score_end_run(struct score *s, const struct judgement *j)
{
    bool all = true;
    s->runs++;
    for (unsigned i = 0; i < j->truth_count; i++) {
        if (j->truths[i].optional)
            continue;
        s->injected++;
        s->named += j->named[i];
        all &= j->named[i];
    }
    s->ties += j->tie && !all;
}

static int compare_steps(const void *a, const void *b)
{
    uint32_t x = *(const uint32_t *)a, y = *(const uint32_t *)b;
    return (x > y) - (x < y);
}

uint32_t score_steps_percentile(struct score *s, unsigned percent)
{
    if (s->step_count == 0)
        return 0;
    qsort(s->steps, s->step_count, sizeof(s->steps[0]), compare_steps);
    return s->steps[(uint64_t)(s->step_count - 1) * percent / 100];
}

void score_add(struct score *sum, const struct score *s)
{
    sum->runs += s->runs;
    sum->injected += s->injected;
    sum->named += s->named;
    sum->right += s->right;
    sum->wrong += s->wrong;
    sum->host_wrong += s->host_wrong;
    sum->ties += s->ties;
}
