/* SPDX-License-Identifier: BSD-3-Clause */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "control/topology/hostlist.h"

static char joined[4096];

static int join(const char *name, void *context)
{
    unsigned *count = context;
    if (++*count < 100) {
        strcat(joined, name);
        strcat(joined, " ");
    }
    return 0;
}

static void expect(const char *list, const char *names)
{
    const char *problem = NULL;
    unsigned count = 0;
    joined[0] = '\0';
    if (hostlist_expand(list, strlen(list), join, &count, &problem) != 0)
        fail_msg("%s: %s", list, problem);
    assert_string_equal(joined, names);
}

static void expect_problem(const char *list, const char *what)
{
    const char *problem = NULL;
    unsigned count = 0;
    assert_int_equal(hostlist_expand(list, strlen(list), join, &count, &problem), -EINVAL);
    if (!problem || !strstr(problem, what))
        fail_msg("%s: expected ... %s, but it is: %s", list, what, problem);
}

static void names_and_ranges(void **state)
{
    (void)state;
    expect("login", "login ");
    expect("a,b,c", "a b c ");
    expect("host[0-3]", "host0 host1 host2 host3 ");
    expect("n[1,3,5-6]x,z", "n1x n3x n5x n6x z ");
    expect("n[9-11]", "n9 n10 n11 ");
    expect("n[4294967]", "n4294967 ");
}

static void zeros_are_kept(void **state)
{
    (void)state;
    expect("n[008-011]", "n008 n009 n010 n011 ");
    expect("n[0-1,00-01]", "n0 n1 n00 n01 ");
}

static void the_last_bracket_counts_fastest(void **state)
{
    (void)state;
    expect("r[1-2]n[0-1]", "r1n0 r1n1 r2n0 r2n1 ");
    expect("r[1-2,4]n[7]k", "r1n7k r2n7k r4n7k ");
}

static void what_is_no_list_is_refused(void **state)
{
    (void)state;
    expect_problem("", "empty");
    expect_problem("a,,b", "empty");
    expect_problem("a,", "empty");
    expect_problem("a[1-2", "without its ]");
    expect_problem("a1-2]", "without its [");
    expect_problem("a[]", "wanted inside");
    expect_problem("a[1-]", "wanted inside");
    expect_problem("a[-1]", "wanted inside");
    expect_problem("a[x]", "wanted inside");
    expect_problem("a[1-2-3]", "only numbers");
    expect_problem("a[[1]]", "wanted inside");
    expect_problem("a[3-1]", "ends before");
    expect_problem("a[1234567890]", "9 digits");
    expect_problem("a[0-12345678901]", "9 digits");
}

static void size_is_limited(void **state)
{
    (void)state;
    const char *problem;
    unsigned count = 0;
    assert_int_equal(hostlist_expand("a[0-65535]", 10, join, &count, &problem), 0);
    assert_int_equal(count, 65536);
    expect_problem("a[0-65536]", "65536 names");
    expect_problem("a[0-999999999]b[0-999999999]c[0-999999999]", "65536 names");
    expect_problem("a23456789012345678901234567890123456789012345678901234567890123[1]", "63 characters");
    expect_problem("a234567890123456789012345678901234567890123456789012345678901234", "63 characters");
    expect("a23456789012345678901234567890123456789012345678901234567890123",
           "a23456789012345678901234567890123456789012345678901234567890123 ");
}

static int stop(const char *name, void *context)
{
    (void)name, (void)context;
    return -7;
}

static void a_visit_can_end_the_walk(void **state)
{
    (void)state;
    const char *problem = NULL;
    assert_int_equal(hostlist_expand("a[0-9],b", 8, stop, NULL, &problem), -7);
    assert_null(problem);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(names_and_ranges),
        cmocka_unit_test(zeros_are_kept),
        cmocka_unit_test(the_last_bracket_counts_fastest),
        cmocka_unit_test(what_is_no_list_is_refused),
        cmocka_unit_test(size_is_limited),
        cmocka_unit_test(a_visit_can_end_the_walk),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
