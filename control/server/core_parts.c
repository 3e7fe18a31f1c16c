/* SPDX-License-Identifier: BSD-3-Clause */
#include "control/server/core_parts.h"

#include <errno.h>
#include <stdlib.h>

#include "control/core/diagnosis.h"
#include "control/etcd/store_etcd.h"
#include "dataplane/process/log.h"

enum {
    ETCD_RETRY_MS = 1000
};
#define NSEC_PER_SEC  1000000000ull
#define NSEC_PER_MSEC 1000000ull

static int load_topology(struct core_parts *parts, const char *file)
{
    struct topology_error error;
    int result = topology_load(file, &parts->topology, &error);
    if (result != 0)
        log_error("%s", error.text);
    return result;
}

struct names {
    char *const *names;
    unsigned count;
    bool always;
};

static int add_overrides(struct core_parts *parts, const char *file, const struct names *names,
                         struct core_diagnosis_config *c)
{
    for (unsigned i = 0; i < names->count; i++) {
        uint32_t link = topology_link_by_name(parts->topology, names->names[i]);
        if (link == TOPOLOGY_NONE) {
            log_error("%s: diagnosis: the topology has no link %s", file, names->names[i]);
            return -EINVAL;
        }
        parts->overrides[c->override_count++] =
            (struct core_link_override){.link = link, .always = names->always};
    }
    return 0;
}

static int describe_diagnosis(struct core_parts *parts, const char *file, const struct control_diagnosis *d,
                              struct core_diagnosis_config *c)
{
    const struct names never = {d->never, d->never_count, false}, always = {d->always, d->always_count, true};
    parts->overrides = calloc(d->never_count + d->always_count + 1, sizeof(*parts->overrides));
    if (parts->overrides == NULL)
        return -ENOMEM;
    *c = (struct core_diagnosis_config){.dry_run = d->dry_run,
                                        .actions_max = d->actions_max,
                                        .actions_ns = d->actions_s * NSEC_PER_SEC,
                                        .clean_probes = d->clean_probes,
                                        .clean_ns = d->clean_s * NSEC_PER_SEC,
                                        .confidence_min = d->confidence_min,
                                        .hang_ns = d->hang_ms * NSEC_PER_MSEC,
                                        .overrides = parts->overrides};
    int result = add_overrides(parts, file, &never, c);
    return result == 0 ? add_overrides(parts, file, &always, c) : result;
}

static int open_store(struct core_parts *parts, const struct control_config *config)
{
    const struct control_state *state = &config->state;
    const struct etcd_place place = {.endpoints = state->etcd,
                                     .endpoint_count = state->etcd_count,
                                     .ca = state->ca,
                                     .certificate = state->certificate,
                                     .key = state->key,
                                     .prefix = state->prefix,
                                     .timeout_ms = state->timeout_ms,
                                     .retry_ms = ETCD_RETRY_MS};
    char error[STORE_ERROR_BYTES];
    int result = state->etcd_count > 0 ? store_etcd_open(&place, &parts->store, error)
                                       : store_sqlite_open(config->store, &parts->store, error);
    if (result != 0)
        log_error("%s", error);
    return result;
}

static int create_core(struct core_parts *parts, const char *file, const struct control_config *config,
                       uint64_t now_ns)
{
    struct core_error error;
    struct core_config core = {.topology = parts->topology,
                               .store = parts->store,
                               .leaf_prefix_bits = config->leaf_prefix_bits,
                               .lease_ns = config->lease_ms * NSEC_PER_MSEC,
                               .report_every_ns = config->report_every_ms * NSEC_PER_MSEC,
                               .plan_delay_ns = config->plan_delay_ms * NSEC_PER_MSEC,
                               .drained_uplinks_max = config->drained_uplinks_max};
    int result = describe_diagnosis(parts, file, &config->diagnosis, &core.diagnosis);
    if (result != 0)
        return result;
    result = core_create(&core, now_ns, &parts->core, &error);
    if (result != 0)
        log_error("%s: %s", error.code, error.text);
    return result;
}

int core_parts_create(struct core_parts *parts, const char *file, const struct control_config *config,
                      uint64_t now_ns)
{
    *parts = (struct core_parts){0};
    int result = load_topology(parts, config->topology);
    if (result == 0)
        result = open_store(parts, config);
    return result == 0 ? create_core(parts, file, config, now_ns) : result;
}

void core_parts_destroy(struct core_parts *parts)
{
    core_destroy(parts->core);
    if (parts->store != NULL)
        parts->store->operations->close(parts->store);
    topology_free(parts->topology);
    free(parts->overrides);
}
