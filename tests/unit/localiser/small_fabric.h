/* SPDX-License-Identifier: BSD-3-Clause */
/* A fabric of four leaves, four spines and four hosts a leaf for tests, and the records of its training
 * steps: every rank sends to every other, each message in the same time but for what a test does to it. */
#ifndef WEFT_TEST_SMALL_FABRIC_H
#define WEFT_TEST_SMALL_FABRIC_H

#include "control/localiser/localiser.h"

enum {
    SMALL_LEAVES = 4,
    SMALL_SPINES = 4,
    SMALL_HOSTS = 4,
    SMALL_PORTS = SMALL_LEAVES * SMALL_HOSTS,
    SMALL_STEP_MS = 1000
};

struct small_fabric {
    struct localiser *localiser;
    struct localiser_port ports[SMALL_PORTS];
    uint64_t step;
    /* May change a record before it is told; false: it is not told. */
    bool (*change)(void *context, struct timing_record *record);
    void *context;
};

void small_fabric_create(struct small_fabric *f, const struct localiser_config *config);
void small_fabric_destroy(struct small_fabric *f);
uint32_t small_fabric_leaf(const struct small_fabric *f, uint32_t address);
/* A message from port to port, as its sender would tell. */
struct timing_record small_fabric_message(const struct small_fabric *f, uint32_t source,
                                          uint32_t destination);
uint64_t small_fabric_now(const struct small_fabric *f);
void small_fabric_tell(struct small_fabric *f, const struct timing_record *record);
/* One training step. */
void small_fabric_step(struct small_fabric *f);
/* Steps until a verdict comes, at most `steps`; false: none came. */
bool small_fabric_await(struct small_fabric *f, unsigned steps, struct verdict *verdict);

#endif
