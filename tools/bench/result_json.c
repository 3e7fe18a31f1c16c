/* SPDX-License-Identifier: BSD-3-Clause */
#include <jansson.h>

#include "tools/bench/result.h"

/* A ratio, or null where there is none. */
static json_t *result_json_ratio(double ratio)
{
    return ratio > 0 ? json_real(ratio) : json_null();
}

static json_t *result_json_links(const struct bench_result *result)
{
    json_t *links = json_array();
    for (unsigned i = 0; i < result->fabric->link_count; i++)
        json_array_append_new(links, json_pack("{s:s, s:b, s:I, s:I}", "name", result->fabric->links[i].name,
                                               "up", result->links[i].up, "up_bytes",
                                               (json_int_t)result->links[i].up_bytes, "down_bytes",
                                               (json_int_t)result->links[i].down_bytes));
    return links;
}

static json_t *result_json_base(const struct bench_result *result)
{
    const struct bench_options *options = result->options;
    return json_pack(
        "{s:s, s:s, s:s, s:s, s:s, s:i, s:I, s:I, s:i, s:I, s:I, s:I, s:I, s:f, s:f, s:o}", "collective",
        collective_names[options->collective], "algorithm", options_algorithms[options->algorithm], "type",
        options_types[options->type], "reduction", options_reductions[options->reduction], "mode",
        options_modes[options->mode], "ranks", (int)result->ranks, "size_bytes",
        (json_int_t)result->shape.bytes, "count", (json_int_t)result->shape.count, "iterations",
        (int)options->iterations, "completion_p50_ns", (json_int_t)result->completion.p50_ns,
        "completion_p99_ns", (json_int_t)result->completion.p99_ns, "completion_min_ns",
        (json_int_t)result->completion.min_ns, "completion_max_ns", (json_int_t)result->completion.max_ns,
        "algorithm_bandwidth_bps", result->algorithm_bandwidth_bps, "bus_bandwidth_bps",
        result->bus_bandwidth_bps, "verified", options->check ? json_boolean(result->verified) : json_null());
}

static void result_json_add_lab(json_t *json, const struct bench_result *result)
{
    const struct bench_fault *fault = &result->options->fault;
    json_object_set_new(json, "placement", json_string(result->options->placement_text));
    json_object_set_new(json, "bound_ns",
                        result->bound.time_s > 0 ? json_integer((json_int_t)(result->bound.time_s * 1e9))
                                                 : json_null());
    json_object_set_new(json, "bound_ratio", result_json_ratio(result->bound_ratio));
    json_object_set_new(json, "imbalance", result_json_ratio(result->imbalance));
    json_object_set_new(json, "over_even_spread", result_json_ratio(result->over_even_spread));
    json_object_set_new(json, "marked_packets", json_integer((json_int_t)result->marked_packets));
    json_object_set_new(json, "dropped_packets", json_integer((json_int_t)result->dropped_packets));
    json_object_set_new(json, "links", result_json_links(result));
    if (result->options->jobs > 1)
        json_object_set_new(json, "jobs",
                            json_pack("{s:i, s:f, s:f, s:f}", "count", (int)result->options->jobs,
                                      "bus_bandwidth_mean_bps", result->jobs.mean_bps,
                                      "bus_bandwidth_worst_bps", result->jobs.worst_bps,
                                      "bus_bandwidth_best_bps", result->jobs.best_bps));
    if (result->fault_injected)
        json_object_set_new(json, "fault",
                            json_pack("{s:s, s:s, s:s?, s:I, s:I}", "link", fault->link, "kind", fault->kind,
                                      "value", fault->value, "at_ms", (json_int_t)fault->at_ms, "stall_ns",
                                      (json_int_t)result->stall_ns));
}

char *result_json_text(const struct bench_result *result)
{
    json_t *json = result_json_base(result);
    if (result->fabric != NULL)
        result_json_add_lab(json, result);
    char *text = json_dumps(json, JSON_COMPACT | JSON_REAL_PRECISION(10));
    json_decref(json);
    return text;
}
