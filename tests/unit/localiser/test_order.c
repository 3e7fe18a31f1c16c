/* SPDX-License-Identifier: BSD-3-Clause */
#include "control/localiser/order.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "dataplane/transport/random.h"

static int compare(const void *a, const void *b)
{
    float x = *(const float *)a, y = *(const float *)b;
    return (x > y) - (x < y);
}

static void it_is_what_sorting_gives(void **state)
{
    (void)state;
    struct random_stream r = {.state = 1};
    for (unsigned run = 0; run < 20000; run++) {
        float values[40], sorted[40];
        size_t count = 1 + random_below(&r, 40);
        uint64_t range = 1 + random_below(&r, 60); /* small ones repeat */
        for (size_t i = 0; i < count; i++)
            values[i] = (float)random_below(&r, range);
        memcpy(sorted, values, sizeof(values));
        qsort(sorted, count, sizeof(float), compare);
        float expected = (sorted[(count - 1) / 2] + sorted[count / 2]) / 2;
        assert_true(order_median(values, count) == expected);
        size_t kept = 1 + random_below(&r, count);
        double sum = 0;
        for (size_t i = 0; i < kept; i++)
            sum += sorted[i];
        assert_true(order_mean_of_smallest(values, count, kept) == (float)(sum / (double)kept));
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(it_is_what_sorting_gives)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
