/* SPDX-License-Identifier: BSD-3-Clause */
/* Any bytes at all as a plan: plan_check() must read only what it is given, and what it accepts must be safe
 * to look up in. Length and checksum are made right first, or nothing but the header would ever be tried. */
#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "dataplane/formats/plan.h"
#include "tests/fuzz/fuzz.h"

#define ADDRESS 0x0a010001u

static void look_up_flows(const struct plan_view *v, const struct plan_communicator *c)
{
    assert(plan_find_communicator(v, c->identity, c->rank, c->shape) == c);
    for (uint32_t i = 0; i < c->flow_count; i++) {
        const struct plan_flow *f = &v->flows[c->first_flow + i];
        assert(plan_find_flow(v, c, f->peer_rank) == f);
        uint64_t share = 0;
        for (uint32_t k = 0; k < f->piece_count; k++) {
            assert(v->pieces[f->first_piece + k].spine < v->header->spine_count);
            share += v->pieces[f->first_piece + k].share;
        }
        assert(share == PLAN_SHARE_WHOLE);
    }
}

static void look_up(const struct plan_view *v)
{
    for (uint32_t i = 0; i < v->header->communicator_count; i++)
        look_up_flows(v, &v->communicators[i]);
    for (uint32_t i = 0; i < v->header->leaf_count; i++) {
        const uint8_t *weights = plan_find_weights(v, v->leaves[i].prefix);
        assert(weights == &v->weights[(size_t)i * v->header->spine_count]);
        for (uint32_t spine = 0; spine < v->header->spine_count; spine++)
            assert(weights[spine] <= PLAN_WEIGHT_FULL);
    }
}

static void mend(uint8_t *block, size_t bytes)
{
    struct plan_header header;
    memcpy(&header, block, sizeof(header));
    header.magic = PLAN_MAGIC;
    header.version = PLAN_VERSION;
    header.address = ADDRESS;
    header.bytes = (uint32_t)bytes;
    memcpy(block, &header, sizeof(header));
    header.checksum = plan_checksum(block, bytes);
    memcpy(block, &header, sizeof(header));
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t length)
{
    char error[PLAN_ERROR_BYTES];
    struct plan_view v;
    uint8_t *block = malloc(length + 1);
    assert(block != NULL);
    memcpy(block, bytes, length);
    if (plan_check(block, length, ADDRESS, &v, error) == 0)
        look_up(&v);
    if (length >= sizeof(struct plan_header)) {
        mend(block, length);
        if (plan_check(block, length, ADDRESS, &v, error) == 0)
            look_up(&v);
    }
    free(block);
    return 0;
}
