/* SPDX-License-Identifier: BSD-3-Clause */
/* Any bytes as a fabric, a demand, options and changes of links: the planner refuses them with a line, or its
 * judge accepts the plan, and the plan that is revised from it.
 *
 * Input: the head below; then a byte for each link's weight; then demands of five bytes; then changes of
 * three. */
#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "control/planner/explain.h"
#include "tests/fuzz/fuzz.h"

enum {
    LEAVES_MAX = 8,
    SPINES_MAX = 16,
    PORTS_MAX = 4, /* of a leaf */
    CORES_MAX = 4,
    DEMANDS_MAX = 24,
    CHANGES_MAX = 4,
    LINKS_MAX = LEAVES_MAX * SPINES_MAX * CORES_MAX
};

struct head {
    uint8_t leaves, spines, ports, pods, cores, demands, changes, accept;
    uint32_t piece_bytes_min, granule_bytes, budget_ns, moves_per_cent;
};

/* What is left of the input; zeroes after its end. */
struct input {
    const uint8_t *at;
    size_t length;
};

static void take(struct input *in, void *to, size_t bytes)
{
    size_t taken = bytes < in->length ? bytes : in->length;
    memset(to, 0, bytes);
    memcpy(to, in->at, taken);
    in->at += taken;
    in->length -= taken;
}

static uint8_t take_byte(struct input *in)
{
    uint8_t byte;
    take(in, &byte, 1);
    return byte;
}

/* Mostly usable rates; some not. */
static uint64_t rate_of(uint8_t byte)
{
    return byte == 255 ? 1 : planner_weighted_rate(25000000000, 8 - byte % 9);
}

static int make_fabric(struct input *in, const struct head *h, struct planner_fabric **fabric, char *error)
{
    static uint64_t links[4][LINKS_MAX];
    static struct planner_port ports[LEAVES_MAX * PORTS_MAX];
    static uint32_t pods[LEAVES_MAX];
    struct planner_fabric_config config = {.leaf_count = h->leaves % (LEAVES_MAX + 1),
                                           .spine_count = h->spines % (SPINES_MAX + 1),
                                           .ports = ports,
                                           .up_bytes_per_s = links[0],
                                           .down_bytes_per_s = links[1],
                                           .pod_count = h->pods % 4,
                                           .core_count = h->cores % (CORES_MAX + 1),
                                           .leaf_pods = pods,
                                           .core_up_bytes_per_s = links[2],
                                           .core_down_bytes_per_s = links[3]};
    config.port_count = config.leaf_count * (h->ports % (PORTS_MAX + 1));
    for (uint32_t i = 0; i < config.port_count; i++)
        ports[i] = (struct planner_port){i / (h->ports % (PORTS_MAX + 1)), rate_of(h->accept)};
    for (uint32_t i = 0; i < config.leaf_count; i++)
        pods[i] = config.pod_count ? i % config.pod_count : 0;
    for (unsigned i = 0; i < 4 * LINKS_MAX; i++)
        links[i % 4][i / 4] =
            in->length > 0 && i / 4 < LEAVES_MAX * SPINES_MAX ? rate_of(take_byte(in)) : rate_of(0);
    return planner_fabric_create(&config, fabric, error);
}

static uint32_t take_demands(struct input *in, const struct head *h, struct planner_demand *demands)
{
    uint32_t count = h->demands % (DEMANDS_MAX + 1),
             ports = h->leaves % (LEAVES_MAX + 1) * (h->ports % (PORTS_MAX + 1));
    for (uint32_t i = 0; i < count; i++) {
        uint8_t bytes[5];
        take(in, bytes, sizeof(bytes));
        demands[i] = (struct planner_demand){.source_port = bytes[0] % (ports + 1),
                                             .destination_port = bytes[1] % (ports + 1),
                                             .bytes = (uint64_t)bytes[2] << bytes[3] % 48,
                                             .job = bytes[4] % 3};
        if (bytes[0] != 255 && ports > 0) {
            demands[i].source_port %= ports;
            demands[i].destination_port %= ports;
        }
    }
    return count;
}

static void change_link(struct input *in, struct planner_fabric *fabric)
{
    uint8_t bytes[3];
    char error[PLANNER_ERROR_BYTES];
    take(in, bytes, sizeof(bytes));
    struct planner_link link = {.kind = bytes[0] % 4,
                                .place = bytes[0] / 4 % LEAVES_MAX,
                                .spine = bytes[1] % SPINES_MAX,
                                .core = bytes[1] / 64};
    planner_fabric_set_rate(fabric, &link, rate_of(bytes[2]), error);
}

static void judge(const struct planner_plan *plan, const struct planner_fabric *fabric)
{
    char error[PLANNER_ERROR_BYTES], text[512];
    int result = planner_plan_check(plan, fabric, error);
    assert(result == 0);
    (void)result;
    uint32_t count;
    planner_plan_demands(plan, &count);
    for (uint32_t i = 0; i < count; i++)
        planner_explain_flow_text(plan, i, text, sizeof(text));
}

static void revise(struct input *in, const struct head *h, struct planner_plan *plan,
                   struct planner_fabric *fabric)
{
    char error[PLANNER_ERROR_BYTES];
    struct planner_plan *next;
    for (unsigned i = 0; i < h->changes % (CHANGES_MAX + 1); i++) {
        change_link(in, fabric);
        if (planner_plan_revise(plan, fabric, &next, error) != 0)
            break;
        judge(next, fabric);
        planner_plan_destroy(plan);
        plan = next;
    }
    planner_plan_destroy(plan);
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t length)
{
    static const uint32_t priorities[3] = {1, 5, 0};
    struct input in = {.at = bytes, .length = length};
    struct planner_demand demands[DEMANDS_MAX];
    struct planner_fabric *fabric;
    struct planner_plan *plan;
    struct head h;
    char error[PLANNER_ERROR_BYTES] = "";
    take(&in, &h, sizeof(h));
    if (make_fabric(&in, &h, &fabric, error) != 0) {
        assert(error[0] != '\0');
        return 0;
    }
    const struct planner_options options = {.piece_bytes_min = h.piece_bytes_min,
                                            .granule_bytes = h.granule_bytes,
                                            .accept_per_mille = h.accept,
                                            .moves_per_cent = h.moves_per_cent,
                                            .budget_ns = h.budget_ns};
    const struct planner_demands all = {.demands = demands,
                                        .count = take_demands(&in, &h, demands),
                                        .job_priorities = priorities,
                                        .job_count = 3};
    if (planner_plan_create(fabric, &all, &options, &plan, error) == 0) {
        judge(plan, fabric);
        revise(&in, &h, plan, fabric);
    } else {
        assert(error[0] != '\0');
    }
    planner_fabric_destroy(fabric);
    return 0;
}
