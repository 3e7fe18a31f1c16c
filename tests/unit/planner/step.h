/* SPDX-License-Identifier: BSD-3-Clause */
/* Fabrics and steps of collectives on them, for tests and benchmarks of the planner. Memory that is short
 * ends the program. */
#ifndef WEFT_TESTS_UNIT_PLANNER_STEP_H
#define WEFT_TESTS_UNIT_PLANNER_STEP_H

#include "control/planner/planner.h"

struct step_fabric {
    uint32_t leaves, spines, ports; /* of a leaf */
    uint32_t pods, cores;           /* 0: two tiers; leaves are those of all pods */
    uint64_t rate_bytes_per_s;      /* of links between switches; 0: 400 Gb/s */
    uint32_t port_speedup;          /* ports are so many times as fast as these links; 0: once */
};

enum step_pattern {
    STEP_RING,            /* port i to i + 1 */
    STEP_RING_RANDOM,     /* ranks placed at random */
    STEP_PERMUTATION,     /* every port to a random one, which gets nothing else */
    STEP_EXCHANGE,        /* port i to i xor `argument` */
    STEP_ALL_TO_ALL,      /* every port to all others */
    STEP_ALL_TO_ALL_SOME, /* `argument` of the ports, chosen at random */
    STEP_RANDOM           /* `argument` flows between random ports */
};

struct step {
    struct step_fabric shape;
    struct planner_fabric *fabric;
    struct planner_demand *demands;
    uint32_t count, capacity;
    uint64_t random; /* state */
};

void step_open(struct step *s, const struct step_fabric *shape, uint64_t seed);
void step_close(struct step *s);
void step_add(struct step *s, uint32_t from, uint32_t to, uint64_t bytes, uint32_t job);
/* Adds the flows of the pattern, all of `bytes`. */
void step_fill(struct step *s, enum step_pattern pattern, uint32_t argument, uint64_t bytes);
uint64_t step_random(struct step *s, uint64_t bound);
/* Both directions of the link. */
void step_set_link(struct step *s, uint32_t leaf, unsigned spine, uint64_t rate_bytes_per_s);
void step_set_core_link(struct step *s, uint32_t pod, unsigned spine, unsigned core,
                        uint64_t rate_bytes_per_s);
struct planner_demands step_demands(const struct step *s);
uint32_t step_leaf_of(const struct step *s, uint32_t port);

#endif
