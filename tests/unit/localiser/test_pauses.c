/* SPDX-License-Identifier: BSD-3-Clause */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "control/localiser/pauses.h"
#include "dataplane/formats/timing.h"

static void take(struct pauses *p, uint64_t away_ns, uint64_t busy_ns)
{
    struct sample samples[] = {{.kind = TIMING_ENDED, .away_ns = away_ns, .network_ns = busy_ns},
                               {.kind = TIMING_SENT, .away_ns = 1000000, .network_ns = 1},
                               {.kind = TIMING_ENDED, .away_ns = away_ns, .network_ns = busy_ns}};
    struct open_operation o = {.samples = samples, .count = 3};
    pauses_take(p, &o);
}

static void unknown_until_a_rank_has_told(void **state)
{
    (void)state;
    struct pauses p = {0};
    assert_float_equal(pauses_share(&p), 1, 1e-9);
    take(&p, 0, 1000); /* the first of all: nobody knows how long it was away */
    assert_float_equal(pauses_share(&p), 1, 1e-9);
}

static void the_share_follows_what_ranks_do(void **state)
{
    (void)state;
    struct pauses p = {0};
    take(&p, 300, 100);
    assert_float_equal(pauses_share(&p), 0.75, 1e-9);
    for (unsigned i = 0; i < 200; i++)
        take(&p, 1, 399);
    assert_true(pauses_share(&p) < 0.01);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(unknown_until_a_rank_has_told),
        cmocka_unit_test(the_share_follows_what_ranks_do),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
