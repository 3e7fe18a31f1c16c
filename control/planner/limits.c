/* SPDX-License-Identifier: BSD-3-Clause */
#include "control/planner/limits.h"

#include <errno.h>
#include <stdlib.h>

#include "control/planner/link_time.h"

/* The items of a vertex on one side. */
struct vertex_load {
    uint64_t count;
    int64_t bytes, smallest, largest;
};

static struct vertex_load *measure(const struct colouring *c, enum planner_side side)
{
    struct vertex_load *loads = calloc(c->vertex_count, sizeof(*loads));
    for (uint32_t i = 0; loads != NULL && i < c->item_count; i++) {
        const struct colour_item *item = &c->items[i];
        struct vertex_load *load = &loads[item->vertex[side]];
        if (load->count++ == 0 || item->bytes < load->smallest)
            load->smallest = item->bytes;
        if (item->bytes > load->largest)
            load->largest = item->bytes;
        load->bytes += item->bytes;
    }
    return loads;
}

/* ---- equal items ---- */

/* a / x < b / y */
static bool ratio_is_less(uint64_t a, uint64_t x, uint64_t b, uint64_t y)
{
    return (unsigned __int128)a * y < (unsigned __int128)b * x;
}

static uint64_t total_rate(const uint64_t *rates, unsigned count)
{
    uint64_t total = 0;
    for (unsigned i = 0; i < count; i++)
        total += rates[i];
    return total;
}

/* The colour on which one more item ends first. */
static unsigned next_to_fill(const uint64_t *rates, const uint64_t *numbers, unsigned count)
{
    unsigned best = count;
    for (unsigned i = 0; i < count; i++) {
        if (rates[i] > 0 &&
            (best == count || ratio_is_less(numbers[i] + 1, rates[i], numbers[best] + 1, rates[best])))
            best = i;
    }
    return best;
}

/* Numbers of `items` equal items for each colour so that the last ends as early as it can (D'Hondt's rule),
 * raised to what every colour can carry until then. */
static void apportion(const uint64_t *rates, unsigned count, uint64_t items, uint64_t *numbers)
{
    uint64_t total = total_rate(rates, count), placed = 0;
    unsigned last = count;
    for (unsigned i = 0; i < count; i++) {
        numbers[i] = total ? (uint64_t)((unsigned __int128)items * rates[i] / total) : 0;
        placed += numbers[i];
        if (rates[i] > 0 &&
            (last == count || ratio_is_less(numbers[last], rates[last], numbers[i], rates[i])))
            last = i;
    }
    for (; placed < items && total > 0; placed++) {
        last = next_to_fill(rates, numbers, count);
        numbers[last]++;
    }
    for (unsigned i = 0; i < count && last < count; i++)
        numbers[i] = (uint64_t)((unsigned __int128)numbers[last] * rates[i] / rates[last]);
}

static void set_equal(struct colouring *c, enum planner_side side, uint32_t vertex,
                      const struct vertex_load *load, uint64_t accept_ps)
{
    const uint64_t *rates = &c->rates[side][(size_t)vertex * c->colour_count];
    uint64_t numbers[PLANNER_SPINES_MAX], placeable = 0;
    apportion(rates, c->colour_count, load->count, numbers);
    for (unsigned colour = 0; colour < c->colour_count; colour++) {
        int64_t fair = (int64_t)numbers[colour] * load->largest;
        int64_t limit = bytes_within(accept_ps, rates[colour], fair);
        colouring_set_limit(c, side, vertex, colour, limit);
        placeable += load->largest ? (uint64_t)(limit / load->largest) : numbers[colour];
    }
    uint64_t excess = load->count > placeable ? load->count - placeable : 0;
    colouring_set_limit(c, side, vertex, c->excess, (int64_t)excess * load->largest);
}

/* ---- unequal items ---- */

static void set_unequal(struct colouring *c, enum planner_side side, uint32_t vertex,
                        const struct vertex_load *load, uint64_t accept_ps)
{
    const uint64_t *rates = &c->rates[side][(size_t)vertex * c->colour_count];
    uint64_t total = total_rate(rates, c->colour_count);
    for (unsigned colour = 0; colour < c->colour_count && total > 0; colour++) {
        int64_t share = (int64_t)((__int128)load->bytes * rates[colour] / total);
        colouring_set_limit(c, side, vertex, colour,
                            bytes_within(accept_ps, rates[colour], share + load->largest));
    }
    colouring_set_limit(c, side, vertex, c->excess, ROOM_UNLIMITED);
}

int limits_set_fair(struct colouring *c, uint64_t accept_ps)
{
    for (enum planner_side side = SIDE_OUT; side < SIDES; side++) {
        struct vertex_load *loads = measure(c, side);
        if (loads == NULL)
            return -ENOMEM;
        for (uint32_t v = 0; v < c->vertex_count; v++) {
            if (loads[v].smallest == loads[v].largest)
                set_equal(c, side, v, &loads[v], accept_ps);
            else
                set_unequal(c, side, v, &loads[v], accept_ps);
        }
        free(loads);
    }
    return 0;
}

static void set_times(struct colouring *c, uint64_t ps, int64_t excess_bytes)
{
    uint64_t rate = 0; /* most links have that of the one before */
    int64_t bytes = 0;
    for (enum planner_side side = SIDE_OUT; side < SIDES; side++) {
        for (uint32_t v = 0; v < c->vertex_count; v++) {
            for (unsigned colour = 0; colour < c->colour_count; colour++) {
                if (colouring_rate(c, side, v, colour) != rate) {
                    rate = colouring_rate(c, side, v, colour);
                    bytes = bytes_within(ps, rate, ROOM_UNLIMITED);
                }
                colouring_set_limit(c, side, v, colour, bytes);
            }
            colouring_set_limit(c, side, v, c->excess, excess_bytes);
        }
    }
}

void limits_set_accepted(struct colouring *c, uint64_t accept_ps)
{
    set_times(c, accept_ps, ROOM_UNLIMITED);
}

void limits_set_budget(struct colouring *c, uint64_t budget_ps)
{
    set_times(c, budget_ps, -1);
}
