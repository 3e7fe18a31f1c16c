/* SPDX-License-Identifier: BSD-3-Clause */
#include "tools/sim/variant.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "tools/sim/memory.h"

static void add_link_down(struct experiment *e)
{
    struct sim_fault *fault = &e->faults[e->fault_count++];
    struct topology t;
    *fault = (struct sim_fault){.kind = SIM_FAULT_DOWN,
                                .at = EXPERIMENT_START_NS + VARIANT_LINK_DOWN_NS,
                                .until = NSEC_NEVER,
                                .converges_after_ns = NSEC_NEVER};
    topology_init(&t, &e->config.topology);
    bool found = topology_find_link(&t, "leaf0-spine0", &fault->up_link, &fault->down_link);
    topology_destroy(&t);
    assert(found);
}

void variant_make(const struct experiment *base, const struct variant *v, struct experiment *out)
{
    *out = *base;
    out->jobs = memory_take(base->job_count, sizeof(*out->jobs));
    out->faults = memory_take(base->fault_count + 1, sizeof(*out->faults));
    memcpy(out->jobs, base->jobs, base->job_count * sizeof(*out->jobs));
    memcpy(out->faults, base->faults, base->fault_count * sizeof(*out->faults));
    for (unsigned i = 0; i < out->job_count; i++) {
        struct experiment_job *j = &out->jobs[i];
        j->path_mode = v->path_mode >= 0 ? (enum path_mode)v->path_mode : j->path_mode;
        j->workload.bytes = v->bytes != 0 ? v->bytes : j->workload.bytes;
    }
    if (v->congestion != NULL)
        out->config.transport.congestion = v->congestion;
    if (v->link_down)
        add_link_down(out);
}

void variant_clear(struct experiment *e)
{
    free(e->jobs);
    free(e->faults);
}
