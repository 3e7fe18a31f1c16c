/* SPDX-License-Identifier: BSD-3-Clause */
/* All ranks of a collective in memory. Each keeps exactly the rules that schedule.h states and is otherwise
 * as unfortunate as a seed can make it: messages arrive in any order, in pieces, and the sender learns late.
 */
#ifndef WEFT_TESTS_SCHEDULE_SIMULATOR_H
#define WEFT_TESTS_SCHEDULE_SIMULATOR_H

#include "dataplane/client/schedule.h"

struct simulated_rank {
    struct schedule schedule;
    void *in;
    void *out;
};

struct simulated_collective {
    enum weft_type type;
    enum weft_reduction reduction;
    uint32_t rank_count;
    struct simulated_rank *ranks;
    uint64_t seed;
};

/* Runs to the end; fails the test where ranks disagree about a message, where nothing can go on, or where a
 * place lies outside its buffer. */
void simulate_collective(struct simulated_collective *collective);

uint64_t simulator_random(uint64_t *state);

#endif
