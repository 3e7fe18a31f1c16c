/* SPDX-License-Identifier: BSD-3-Clause */
/* The judge of plans. It shares no code with what makes them but the arrays' layout. */
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "control/planner/plan_state.h"
#include "control/planner/refuse.h"

/* What the pieces add up to, counted anew. */
struct recount {
    uint64_t *loads[SIDES], *core_loads[SIDES];
};

static bool recount_take(struct recount *r, const struct planner_fabric *f)
{
    bool taken = true;
    for (int side = 0; side < SIDES; side++) {
        r->loads[side] = calloc(fabric_link_count(f), sizeof(uint64_t));
        r->core_loads[side] = calloc(fabric_core_link_count(f) + 1, sizeof(uint64_t));
        taken = taken && r->loads[side] && r->core_loads[side];
    }
    return taken;
}

static void recount_give(struct recount *r)
{
    for (int side = 0; side < SIDES; side++) {
        free(r->loads[side]);
        free(r->core_loads[side]);
    }
}

static int check_core(const struct planner_plan *plan, const struct planner_fabric *f, struct recount *r,
                      const struct planner_piece *piece, char *error)
{
    if (piece->core >= f->core_count)
        return planner_refuse(error, "flow %u has a piece on core %u, of which there are %u", piece->demand,
                              piece->core, f->core_count);
    for (int side = 0; side < SIDES; side++) {
        uint32_t pod = f->leaf_pods[plan_end_leaf(plan, piece->demand, side)];
        size_t link = fabric_core_index(f, pod, piece->spine, piece->core);
        if (f->core_rates[side][link] == 0)
            return planner_refuse(error, "flow %u has a piece on the dead link pod%u-spine%u-core%u",
                                  piece->demand, pod, piece->spine, piece->core);
        r->core_loads[side][link] += piece->bytes;
    }
    return 0;
}

static int check_piece(const struct planner_plan *plan, const struct planner_fabric *f, struct recount *r,
                       const struct planner_piece *piece, char *error)
{
    if (piece->spine >= f->spine_count)
        return planner_refuse(error, "flow %u has a piece on spine %u, of which there are %u", piece->demand,
                              piece->spine, f->spine_count);
    for (int side = 0; side < SIDES; side++) {
        uint32_t leaf = plan_end_leaf(plan, piece->demand, side);
        size_t link = fabric_link_index(f, leaf, piece->spine);
        if ((f->live_spines[side][leaf] >> piece->spine & 1) == 0)
            return planner_refuse(error, "flow %u has a piece on the dead link leaf%u-spine%u", piece->demand,
                                  leaf, piece->spine);
        r->loads[side][link] += piece->bytes;
    }
    bool cores = fabric_crosses_cores(f, plan_end_leaf(plan, piece->demand, SIDE_OUT),
                                      plan_end_leaf(plan, piece->demand, SIDE_IN));
    return cores ? check_core(plan, f, r, piece, error) : 0;
}

static int check_sizes(const struct planner_plan *plan, uint32_t demand, const struct planner_piece *pieces,
                       uint32_t count, char *error)
{
    uint64_t total = plan->demands[demand].bytes, sum = 0;
    for (uint32_t i = 0; i < count; i++) {
        if (pieces[i].demand != demand || pieces[i].bytes > total - sum)
            return planner_refuse(error, "flow %u has pieces of more than its %" PRIu64 " bytes", demand,
                                  total);
        if (count > 1 && pieces[i].bytes == 0)
            return planner_refuse(error, "flow %u has an empty piece", demand);
        sum += pieces[i].bytes;
    }
    if (sum != total)
        return planner_refuse(error, "flow %u has %" PRIu64 " bytes, its pieces %" PRIu64, demand, total,
                              sum);
    return 0;
}

static int check_demand(const struct planner_plan *plan, const struct planner_fabric *f, struct recount *r,
                        uint32_t demand, char *error)
{
    uint32_t count;
    const struct planner_piece *pieces = planner_plan_pieces(plan, demand, &count);
    if ((count > 0) != plan_needs_path(plan, demand))
        return planner_refuse(error, "flow %u has %u pieces, and is said to be %s", demand, count,
                              planner_reason_text(plan->stories[demand].reason));
    int result = count > 0 ? check_sizes(plan, demand, pieces, count, error) : 0;
    for (uint32_t i = 0; i < count && result == 0; i++)
        result = check_piece(plan, f, r, &pieces[i], error);
    return result;
}

static int check_loads(const struct planner_plan *plan, const struct recount *r, char *error)
{
    const struct planner_fabric *f = plan->fabric;
    for (int side = 0; side < SIDES; side++) {
        if (memcmp(r->loads[side], plan->loads[side], fabric_link_count(f) * sizeof(uint64_t)) != 0 ||
            memcmp(r->core_loads[side], plan->core_loads[side],
                   fabric_core_link_count(f) * sizeof(uint64_t)) != 0)
            return planner_refuse(error, "the plan's loads of links are not those of its pieces");
    }
    return 0;
}

static bool fits(const struct planner_plan *plan, const struct planner_fabric *f)
{
    return f->leaf_count == plan->fabric->leaf_count && f->spine_count == plan->fabric->spine_count &&
           f->port_count == plan->fabric->port_count && f->pod_count == plan->fabric->pod_count &&
           f->core_count == plan->fabric->core_count;
}

int planner_plan_check(const struct planner_plan *plan, const struct planner_fabric *fabric,
                       char error[PLANNER_ERROR_BYTES])
{
    struct recount r;
    if (!fits(plan, fabric))
        return planner_refuse(error, "the plan is for another fabric: make a new one");
    bool taken = recount_take(&r, fabric);
    int result = taken ? 0 : planner_refuse_memory(error);
    for (uint32_t i = 0; i < plan->demand_count && result == 0; i++)
        result = check_demand(plan, fabric, &r, i, error);
    if (result == 0)
        result = check_loads(plan, &r, error);
    recount_give(&r);
    return result;
}
