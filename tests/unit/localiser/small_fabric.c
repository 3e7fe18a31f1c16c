/* SPDX-License-Identifier: BSD-3-Clause */
#include "tests/unit/localiser/small_fabric.h"

#include <stdlib.h>

void small_fabric_create(struct small_fabric *f, const struct localiser_config *config)
{
    char error[LOCALISER_ERROR_BYTES];
    *f = (struct small_fabric){0};
    for (uint32_t i = 0; i < SMALL_PORTS; i++)
        f->ports[i] = (struct localiser_port){.address = 10u << 24 | (i / SMALL_HOSTS + 1) << 16 |
                                                         (i % SMALL_HOSTS + 1),
                                              .leaf = i / SMALL_HOSTS};
    struct localiser_fabric fabric = {.leaf_count = SMALL_LEAVES,
                                      .spine_count = SMALL_SPINES,
                                      .port_count = SMALL_PORTS,
                                      .ports = f->ports};
    if (localiser_create(&fabric, config, &f->localiser, error) != 0)
        abort();
}

void small_fabric_destroy(struct small_fabric *f)
{
    localiser_destroy(f->localiser);
}

uint32_t small_fabric_leaf(const struct small_fabric *f, uint32_t address)
{
    for (uint32_t i = 0; i < SMALL_PORTS; i++)
        if (f->ports[i].address == address)
            return f->ports[i].leaf;
    abort();
}

uint64_t small_fabric_now(const struct small_fabric *f)
{
    return (f->step + 1) * SMALL_STEP_MS * 1000000ull;
}

struct timing_record small_fabric_message(const struct small_fabric *f, uint32_t source, uint32_t destination)
{
    uint32_t spine = (source * 3 + destination) % SMALL_SPINES;
    uint64_t wobble = (source * 31 + destination * 17 + f->step * 7) % 11; /* percent */
    return (struct timing_record){
        .communicator = 5,
        .sequence = f->step,
        .bytes = 1 << 20,
        .network_ns = 100000 + wobble * 1000,
        .minimum_rtt_ns = 20000,
        .source = f->ports[source].address,
        .destination = f->ports[destination].address,
        .rank = source,
        .peer_rank = destination,
        .rank_count = SMALL_PORTS,
        .packets = 257,
        .path = f->ports[source].leaf == f->ports[destination].leaf ? TIMING_PATH_NONE : (uint16_t)spine,
        .operation = 4,
        .kind = TIMING_SENT,
        .pieces = 1};
}

void small_fabric_tell(struct small_fabric *f, const struct timing_record *record)
{
    struct timing_record r = *record;
    if (f->change == NULL || f->change(f->context, &r))
        localiser_take_record(f->localiser, r.kind == TIMING_RECEIVED ? r.destination : r.source, &r,
                              small_fabric_now(f));
}

static void tell_rank(struct small_fabric *f, uint32_t port, enum timing_kind kind)
{
    struct timing_record r = small_fabric_message(f, port, port);
    r.kind = (uint8_t)kind;
    r.bytes = 0;
    r.network_ns = kind == TIMING_ENDED ? 1000000 + (port * 7 + f->step * 3) % 5 * 2000 : 0;
    r.at_ns = small_fabric_now(f) + (kind == TIMING_ENDED ? 2000000 : 0);
    small_fabric_tell(f, &r);
}

void small_fabric_step(struct small_fabric *f)
{
    for (uint32_t i = 0; i < SMALL_PORTS; i++)
        tell_rank(f, i, TIMING_ENTERED);
    for (uint32_t i = 0; i < SMALL_PORTS; i++)
        for (uint32_t k = 0; k < SMALL_PORTS; k++) {
            struct timing_record r = small_fabric_message(f, i, k);
            if (i != k)
                small_fabric_tell(f, &r);
        }
    for (uint32_t i = 0; i < SMALL_PORTS; i++)
        tell_rank(f, i, TIMING_ENDED);
    localiser_tick(f->localiser, small_fabric_now(f) + 300000000);
    localiser_tick(f->localiser, small_fabric_now(f) + 900000000);
    f->step++;
}

bool small_fabric_await(struct small_fabric *f, unsigned steps, struct verdict *verdict)
{
    for (unsigned i = 0; i < steps; i++) {
        if (localiser_next_verdict(f->localiser, verdict))
            return true;
        small_fabric_step(f);
    }
    return localiser_next_verdict(f->localiser, verdict);
}
