/* SPDX-License-Identifier: BSD-3-Clause */
/* Which bytes of a message have arrived, kept outside the transport to judge it: disjoint runs in order. */
#ifndef SIM_COVERAGE_H
#define SIM_COVERAGE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct coverage_run {
    uint64_t begin, end;
};

struct coverage {
    struct coverage_run *runs;
    size_t count, capacity;
};

/* Adds [begin, end); false when some of it was there already. */
bool coverage_add(struct coverage *c, uint64_t begin, uint64_t end);
/* Whether all of [begin, end) is there. */
bool coverage_contains(const struct coverage *c, uint64_t begin, uint64_t end);
void coverage_clear(struct coverage *c);

#endif
