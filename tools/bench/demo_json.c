/* SPDX-License-Identifier: BSD-3-Clause */
#include <jansson.h>

#include "tools/bench/demo.h"

static json_t *demo_json_cell(const struct demo_cell *cell)
{
    return json_pack("{s:f, s:f, s:I, s:f, s:b}", "imbalance", cell->imbalance, "bus_bandwidth_bps",
                     cell->bus_bandwidth_bps, "completion_p50_ns", (json_int_t)cell->completion_p50_ns,
                     "bound_ratio", cell->bound_ratio, "verified", cell->verified);
}

static json_t *demo_json_modes(const struct demo *demo)
{
    json_t *modes = json_object();
    for (unsigned mode = 0; mode < DEMO_MODES; mode++) {
        json_t *json = json_object();
        for (unsigned collective = 0; collective < DEMO_COLLECTIVES; collective++)
            json_object_set_new(json, collective_names[demo_collectives[collective]],
                                demo_json_cell(&demo->cells[collective][mode]));
        json_object_set_new(modes, options_modes[demo_modes[mode]], json);
    }
    return modes;
}

char *demo_json_text(const struct demo *demo)
{
    const struct demo_fault *fault = &demo->fault;
    json_t *json = json_pack("{s:o, s:{s:s, s:s, s:I, s:I, s:I, s:b}}", "modes", demo_json_modes(demo),
                             "fault", "link", fault->link, "kind", "down", "at_ms", (json_int_t)fault->at_ms,
                             "completion_ns", (json_int_t)fault->completion_ns, "stall_ns",
                             (json_int_t)fault->stall_ns, "verified", fault->verified);
    char *text = json_dumps(json, JSON_COMPACT | JSON_REAL_PRECISION(10));
    json_decref(json);
    return text;
}
