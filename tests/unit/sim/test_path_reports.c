/* SPDX-License-Identifier: BSD-3-Clause */
/* Whom dead paths accuse: the link that explains them, both where nothing tells, none for an unreachable
 * host. */
#include "tests/unit/sim/unit.h"

#include <string.h>

#include "tools/sim/path_reports.h"

enum {
    LEAVES = 4,
    SPINES = 3,
    HOSTS = 2 /* of a leaf */
};

static struct topology topology;
static struct path_reports *reports;
static bool accused[LEAVES * SPINES];

static int begin(void **state)
{
    (void)state;
    const struct link_config link = {.rate_bytes_per_s = 1000000, .delay_ns = 500};
    const struct topology_config config = {
        .shape = {.pods = 1, .leaves = LEAVES, .spines = SPINES, .hosts = HOSTS},
        .host_link = link,
        .fabric_link = link};
    topology_init(&topology, &config);
    reports = path_reports_create(&topology);
    memset(accused, 0, sizeof(accused));
    return 0;
}

static int end(void **state)
{
    (void)state;
    path_reports_destroy(reports);
    topology_destroy(&topology);
    return 0;
}

static void report(uint32_t host, uint32_t other, unsigned path, bool dead)
{
    path_reports_note(reports,
                      &(struct path_report){.host = host, .other = other, .path = path, .dead = dead});
}

static unsigned count_accused(void)
{
    unsigned count = 0;
    for (unsigned i = 0; i < LEAVES * SPINES; i++)
        count += accused[i];
    return count;
}

static void test_the_link_that_explains_them_all(void **state)
{
    (void)state;
    report(0, 2, 1, true);
    report(5, 1, 1, true);
    report(1, 7, 1, true);
    assert_true(path_reports_judge(reports, accused));
    assert_true(accused[0 * SPINES + 1]);
    assert_int_equal(count_accused(), 1);
    assert_false(path_reports_judge(reports, accused));
}

static void test_both_where_nothing_tells(void **state)
{
    (void)state;
    report(0, 2, 2, true);
    assert_true(path_reports_judge(reports, accused));
    assert_true(accused[0 * SPINES + 2] && accused[1 * SPINES + 2]);
    assert_int_equal(count_accused(), 2);
}

static void test_two_links_of_one_spine(void **state)
{
    (void)state;
    report(0, 2, 0, true);
    report(0, 4, 0, true);
    report(6, 2, 0, true);
    report(6, 4, 0, true);
    assert_true(path_reports_judge(reports, accused));
    assert_int_equal(count_accused(), 2);
}

static void test_alive_again(void **state)
{
    (void)state;
    report(0, 2, 2, true);
    assert_true(path_reports_judge(reports, accused));
    report(0, 2, 2, false);
    assert_true(path_reports_judge(reports, accused));
    assert_int_equal(count_accused(), 0);
}

static void test_no_link_for_a_host_that_cannot_be_reached(void **state)
{
    (void)state;
    for (unsigned path = 0; path < SPINES; path++)
        report(0, 2, path, true);
    assert_false(path_reports_judge(reports, accused));
    report(0, 4, 1, true);
    path_reports_forget_host(reports, 4);
    assert_false(path_reports_judge(reports, accused));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_the_link_that_explains_them_all, begin, end),
        cmocka_unit_test_setup_teardown(test_both_where_nothing_tells, begin, end),
        cmocka_unit_test_setup_teardown(test_two_links_of_one_spine, begin, end),
        cmocka_unit_test_setup_teardown(test_alive_again, begin, end),
        cmocka_unit_test_setup_teardown(test_no_link_for_a_host_that_cannot_be_reached, begin, end),
    };
    return cmocka_run_group_tests(tests, 0, 0);
}
