/* SPDX-License-Identifier: BSD-3-Clause */
/* Lone packets for diagnosis: an agent sends them over one path, beside whatever messages there are, and says
 * how long each took there and back (API.md, `time` and `timed`). That tells a link of reduced rate from one
 * that others load without end. What an agent does not say in time is given up, as is what no agent can do.
 */
#include "control/core/diagnosis_state.h"

enum {
    LONE_OVER_MS = 1000 /* a set is spread over so long: a training step, or a good part of one */
};
#define GIVE_UP_NS 60000000000ull /* the localiser has long gone on without it */

/* One record for each packet; those that did not come back are lost. */
static void tell(struct core *core, const struct probe_request *q, const struct core_timed *timed,
                 uint64_t now_ns)
{
    for (uint32_t i = 0; i < q->repeats; i++) {
        bool lost = i >= timed->count;
        diagnosis_tell_probe(core, q,
                             &(struct timing_record){.at_ns = now_ns,
                                                     .step = i,
                                                     .network_ns = lost ? 0 : timed->round_trips_ns[i],
                                                     .retransmits = lost ? q->packets : 0});
    }
}

static void remove_old(struct diagnosis *d, uint64_t now_ns)
{
    for (unsigned i = 0; i < d->timing_count;) {
        if (now_ns < d->timings[i].asked_ns + GIVE_UP_NS)
            i++;
        else
            d->timings[i] = d->timings[--d->timing_count];
    }
}

static bool can_be_asked(const struct core *core, uint32_t port, const struct probe_request *q)
{
    return port != TOPOLOGY_NONE && core->agents[port] != NULL && core->agents[port]->present &&
           q->path < core->map->spine_count && q->repeats <= CORE_ROUND_TRIPS_MAX &&
           core->diagnosis->timing_count < TIMINGS_MAX;
}

void diagnosis_ask_lone(struct core *core, const struct probe_request *q, uint64_t now_ns)
{
    struct diagnosis *d = core->diagnosis;
    uint32_t port = fabric_map_port(core->map, q->source);
    remove_old(d, now_ns);
    if (can_be_asked(core, port, q))
        d->timings[d->timing_count++] = (struct lone_timing){.request = *q, .port = port, .asked_ns = now_ns};
    else
        tell(core, q, &(struct core_timed){.count = 0}, now_ns);
}

unsigned diagnosis_take_wishes(struct core *core, uint32_t port,
                               struct core_timing_wish wishes[CORE_TIMINGS_MAX])
{
    struct diagnosis *d = core->diagnosis;
    unsigned count = 0;
    for (unsigned i = 0; i < d->timing_count && count < CORE_TIMINGS_MAX; i++) {
        struct lone_timing *t = &d->timings[i];
        if (t->told || t->port != port)
            continue;
        t->told = true;
        wishes[count++] = (struct core_timing_wish){.number = t->request.number,
                                                    .peer = t->request.destination,
                                                    .spine = core->map->spine_addresses[t->request.path],
                                                    .packets = t->request.repeats,
                                                    .over_ms = LONE_OVER_MS};
    }
    return count;
}

void diagnosis_on_timed(struct core *core, uint32_t port, const struct core_timed *timed, uint64_t now_ns)
{
    struct diagnosis *d = core->diagnosis;
    for (unsigned i = 0; i < d->timing_count; i++) {
        struct lone_timing t = d->timings[i];
        if (t.port != port || !t.told || t.request.number != timed->number)
            continue;
        d->timings[i] = d->timings[--d->timing_count];
        tell(core, &t.request, timed, now_ns);
        return;
    }
}
