/* SPDX-License-Identifier: BSD-3-Clause */
#include "control/planner/admission_state.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "control/planner/link_time.h"

/* ---- memory ---- */

bool admitted_create(const struct admission *a, struct admitted *s)
{
    uint32_t ports = a->plan->fabric->port_count;
    s->in = calloc(a->count + 1ul, 1);
    s->port_room[SIDE_OUT] = calloc(ports, sizeof(int64_t));
    s->port_room[SIDE_IN] = calloc(ports, sizeof(int64_t));
    return s->in && s->port_room[SIDE_OUT] && s->port_room[SIDE_IN];
}

void admitted_destroy(struct admitted *s)
{
    free(s->in);
    free(s->port_room[SIDE_OUT]);
    free(s->port_room[SIDE_IN]);
    colouring_forget(&s->links);
}

static void copy_admitted(const struct admission *a, struct admitted *to, const struct admitted *from)
{
    uint32_t ports = a->plan->fabric->port_count;
    to->value = from->value;
    memcpy(to->in, from->in, a->count);
    for (int side = 0; side < SIDES; side++)
        memcpy(to->port_room[side], from->port_room[side], ports * sizeof(int64_t));
}

int admission_keep(struct admission *a)
{
    copy_admitted(a, &a->best, &a->now);
    return colouring_save(a->placement.colouring, &a->best.links);
}

void admission_go_back(struct admission *a)
{
    copy_admitted(a, &a->now, &a->best);
    colouring_restore(a->placement.colouring, &a->best.links);
}

/* ---- in and out ---- */

static void use_ports(struct admission *a, const struct planner_demand *d, int64_t bytes)
{
    a->now.port_room[SIDE_OUT][d->source_port] -= bytes;
    a->now.port_room[SIDE_IN][d->destination_port] -= bytes;
}

static bool ports_have_room(const struct admission *a, const struct planner_demand *d)
{
    return a->now.port_room[SIDE_OUT][d->source_port] >= (int64_t)d->bytes &&
           a->now.port_room[SIDE_IN][d->destination_port] >= (int64_t)d->bytes;
}

/* On links, whole or in pieces: 1, 0 or -ENOMEM. */
static int enter_links(struct admission *a, uint32_t demand)
{
    struct colouring *c = a->placement.colouring;
    uint32_t from = plan_end_leaf(a->plan, demand, SIDE_OUT), to = plan_end_leaf(a->plan, demand, SIDE_IN);
    if (from == to)
        return 1;
    uint32_t item = colouring_add(c, from, to, (int64_t)a->plan->demands[demand].bytes, demand);
    if (item == ITEM_NONE)
        return -ENOMEM;
    int result = colouring_insert(c, item) ? 1 : cutting_try(&a->placement, item);
    if (result == 0)
        colouring_truncate(c, item);
    return result;
}

int admission_try_in(struct admission *a, uint32_t claim)
{
    const struct planner_demand *d = &a->plan->demands[a->claims[claim].demand];
    if (a->now.in[claim] || !ports_have_room(a, d))
        return 0;
    int result = enter_links(a, a->claims[claim].demand);
    if (result != 1)
        return result;
    a->now.in[claim] = 1;
    a->now.value += a->claims[claim].value;
    use_ports(a, d, (int64_t)d->bytes);
    return 1;
}

void admission_put_out(struct admission *a, uint32_t claim)
{
    struct colouring *c = a->placement.colouring;
    const struct planner_demand *d = &a->plan->demands[a->claims[claim].demand];
    for (uint32_t i = 0; i < c->item_count; i++) {
        if (c->items[i].owner == a->claims[claim].demand && c->items[i].colour != COLOUR_NONE)
            colouring_take(c, i);
    }
    use_ports(a, d, -(int64_t)d->bytes);
    a->now.in[claim] = 0;
    a->now.value -= a->claims[claim].value;
}

void admission_empty(struct admission *a)
{
    const struct planner_fabric *f = a->plan->fabric;
    uint64_t budget_ps = a->placement.accept_ps;
    for (uint32_t i = 0; i < f->port_count; i++) {
        int64_t room = bytes_within(budget_ps, f->ports[i].rate_bytes_per_s, ROOM_UNLIMITED);
        a->now.port_room[SIDE_OUT][i] = a->now.port_room[SIDE_IN][i] = room;
    }
    memset(a->now.in, 0, a->count);
    a->now.value = 0;
    colouring_truncate(a->placement.colouring, 0);
}
