/* SPDX-License-Identifier: BSD-3-Clause */
/* Any bytes at all as batches of timing records, for a localiser in the middle of its work: they are refused
 * and counted, or taken, and what it says in the end names only components that the fabric has. */
#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "control/localiser/localiser.h"
#include "tests/fuzz/fuzz.h"

enum {
    LEAVES = 3,
    SPINES = 2,
    PORTS = 6
};
#define STEP_NS 300000000ull

static uint32_t address_of(unsigned port)
{
    return 10u << 24 | (port + 1);
}

static struct localiser *create(void)
{
    struct localiser_port ports[PORTS];
    struct localiser_config config;
    char error[LOCALISER_ERROR_BYTES];
    struct localiser *l;
    for (unsigned i = 0; i < PORTS; i++)
        ports[i] = (struct localiser_port){.address = address_of(i), .leaf = i / 2};
    struct localiser_fabric fabric = {
        .leaf_count = LEAVES, .spine_count = SPINES, .port_count = PORTS, .ports = ports};
    localiser_config_default(&config);
    config.records_max = 4096;
    int result = localiser_create(&fabric, &config, &l, error);
    assert(result == 0);
    return l;
}

/* Made believable in most fields, or nothing but the gate would ever be tried. */
static void mend(struct timing_record *r, uint8_t port)
{
    r->kind = (uint8_t)(1 + r->kind % (TIMING_KINDS - 1));
    r->flags &= TIMING_FLAGS_ALL;
    r->reserved = 0;
    r->communicator %= 4;
    r->sequence %= 64;
    r->rank_count = r->rank_count % 16 + 1;
    r->rank %= r->rank_count;
    r->peer_rank %= r->rank_count;
    r->path %= SPINES + 1;
    r->source = address_of(r->source % PORTS);
    r->destination = address_of(r->destination % PORTS);
    *(r->kind == TIMING_RECEIVED ? &r->destination : &r->source) = address_of(port % PORTS);
}

static void drain(struct localiser *l, uint64_t now_ns)
{
    struct verdict v;
    struct probe_request p;
    char text[VERDICT_TEXT_BYTES];
    localiser_tick(l, now_ns);
    while (localiser_next_verdict(l, &v)) {
        assert(v.kind < VERDICT_KINDS && v.component_count <= VERDICT_COMPONENTS_MAX);
        for (uint32_t i = 0; i < v.component_count; i++)
            assert(v.components[i].spine < SPINES && v.components[i].place < PORTS);
        verdict_explain(&v, text);
        assert(strlen(text) < sizeof(text));
    }
    while (localiser_next_probe(l, &p))
        assert(p.source != 0 && (p.path < SPINES || p.path == TIMING_PATH_NONE));
}

static void send_as_batch(struct localiser *l, const uint8_t *bytes, size_t length, uint64_t now_ns)
{
    struct timing_view view;
    char error[TIMING_ERROR_BYTES];
    if (timing_batch_check(bytes, length, address_of(0), &view, error) == 0)
        localiser_take_batch(l, &view, now_ns);
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t length)
{
    struct localiser *l = create();
    struct localiser_counters counters;
    uint64_t now_ns = 1, records = 0;
    send_as_batch(l, bytes, length, now_ns);
    while (length > sizeof(struct timing_record)) {
        struct timing_record r;
        memcpy(&r, bytes + 1, sizeof(r));
        localiser_take_record(l, r.source, &r, now_ns);
        mend(&r, bytes[0]);
        localiser_take_record(l, address_of(bytes[0] % PORTS), &r, now_ns);
        if (bytes[0] & 0x80)
            drain(l, now_ns += STEP_NS);
        size_t taken =
            1 + sizeof(struct timing_record) / 4; /* the next one overlaps it: more from few bytes */
        bytes += taken;
        length -= taken;
        records += 2;
    }
    for (unsigned i = 0; i < 50; i++)
        drain(l, now_ns += STEP_NS);
    localiser_get_counters(l, &counters);
    assert(counters.records >= records);
    localiser_destroy(l);
    return 0;
}
