/* SPDX-License-Identifier: BSD-3-Clause */
#include "tools/bench/statistics.h"

#include <assert.h>
#include <stdlib.h>

static int statistics_compare(const void *left, const void *right)
{
    uint64_t a = *(const uint64_t *)left, b = *(const uint64_t *)right;
    return (a > b) - (a < b);
}

static uint64_t statistics_percentile(const uint64_t *sorted_ns, unsigned count, unsigned percent)
{
    uint64_t at_least = ((uint64_t)count * percent + 99) / 100;
    return sorted_ns[at_least - 1];
}

struct statistics statistics_of(uint64_t *values_ns, unsigned count)
{
    assert(count >= 1);
    qsort(values_ns, count, sizeof *values_ns, statistics_compare);
    return (struct statistics){.p50_ns = statistics_percentile(values_ns, count, 50),
                               .p99_ns = statistics_percentile(values_ns, count, 99),
                               .min_ns = values_ns[0],
                               .max_ns = values_ns[count - 1]};
}
