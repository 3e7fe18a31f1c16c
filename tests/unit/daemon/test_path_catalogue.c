/* SPDX-License-Identifier: BSD-3-Clause */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "dataplane/daemon/path_catalogue.h"

static void spines_are_numbered_by_address_and_keep_their_numbers(void **state)
{
    (void)state;
    struct spine_list spines = {0};
    assert_int_equal(spine_list_find_or_add(&spines, 30), 0);
    assert_int_equal(spine_list_find_or_add(&spines, 10), 1);
    assert_int_equal(spine_list_find_or_add(&spines, 20), 2);
    assert_int_equal(spine_list_find_or_add(&spines, 10), 1);
    spine_list_number(&spines);
    assert_int_equal(spines.path[0], 2);
    assert_int_equal(spines.path[1], 0);
    assert_int_equal(spines.path[2], 1);
    assert_int_equal(spine_list_find_or_add(&spines, 5), 3);
    spine_list_number(&spines);
    assert_int_equal(spines.path[3], 3);
    assert_int_equal(spines.path[0], 2);
}

static void a_full_spine_list_takes_no_more(void **state)
{
    (void)state;
    struct spine_list spines = {0};
    for (unsigned i = 0; i < CATALOGUE_SPINES_MAX; i++)
        assert_int_equal(spine_list_find_or_add(&spines, 100 + i), (int)i);
    assert_int_equal(spine_list_find_or_add(&spines, 1), -1);
    assert_int_equal(spine_list_find_or_add(&spines, 163), 63);
}

static bool learn(struct path_catalogue *catalogue, uint16_t port, unsigned spine)
{
    return path_catalogue_learn(
        catalogue, (struct learned_port){.port = port, .spine = (uint8_t)spine, .heard_at = port});
}

static struct spine_list two_spines(void)
{
    struct spine_list spines = {0};
    spine_list_find_or_add(&spines, 1);
    spine_list_find_or_add(&spines, 2);
    spine_list_number(&spines);
    return spines;
}

static void publishes_only_changes(void **state)
{
    (void)state;
    struct spine_list spines = two_spines();
    struct path_catalogue catalogue = {0};
    assert_false(learn(&catalogue, 500, 1));
    assert_true(path_catalogue_publish(&catalogue, &spines));
    assert_int_equal(catalogue.published_count, 2);
    assert_int_equal(catalogue.published[0].source_port, 0);
    assert_int_equal(catalogue.published[1].source_port, 500);
    assert_false(path_catalogue_publish(&catalogue, &spines));
    learn(&catalogue, 400, 1);
    assert_false(path_catalogue_publish(&catalogue, &spines));
}

static void a_spine_was_heard_when_its_last_port_was(void **state)
{
    (void)state;
    struct path_catalogue catalogue = {0};
    assert_int_equal(path_catalogue_heard_at(&catalogue, 0), 0);
    learn(&catalogue, 501, 0);
    learn(&catalogue, 500, 0);
    learn(&catalogue, 502, 1);
    assert_int_equal(path_catalogue_heard_at(&catalogue, 0), 501);
    learn(&catalogue, 501, 1); /* has moved */
    assert_int_equal(path_catalogue_heard_at(&catalogue, 0), 500);
}

static void a_port_that_moves_is_replaced_by_its_spare(void **state)
{
    (void)state;
    struct spine_list spines = two_spines();
    struct path_catalogue catalogue = {0};
    learn(&catalogue, 500, 0);
    learn(&catalogue, 501, 0);
    learn(&catalogue, 502, 1);
    path_catalogue_publish(&catalogue, &spines);
    assert_true(learn(&catalogue, 500, 1));
    assert_true(path_catalogue_publish(&catalogue, &spines));
    assert_int_equal(catalogue.published[0].source_port, 501);
    assert_int_equal(catalogue.published[1].source_port, 502);
    assert_true(learn(&catalogue, 501, 1));
    assert_true(path_catalogue_publish(&catalogue, &spines));
    assert_int_equal(catalogue.published[0].source_port, 0);
}

static void surplus_ports_make_room(void **state)
{
    (void)state;
    struct path_catalogue catalogue = {0};
    for (unsigned i = 0; i < CATALOGUE_PORTS_MAX; i++)
        learn(&catalogue, (uint16_t)(1000 + i), i / CATALOGUE_PORTS_PER_SPINE);
    assert_int_equal(catalogue.port_count, CATALOGUE_PORTS_MAX);
    assert_true(learn(&catalogue, 1000, 9));
    assert_true(learn(&catalogue, 1001, 9));
    assert_false(learn(&catalogue, 5000, 0));
    assert_true(path_catalogue_knows(&catalogue, 5000));
    assert_true(path_catalogue_spines(&catalogue, 1) == UINT64_MAX);
    assert_true(path_catalogue_spines(&catalogue, 2) == (UINT64_MAX & ~1ull));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(spines_are_numbered_by_address_and_keep_their_numbers),
        cmocka_unit_test(a_full_spine_list_takes_no_more),
        cmocka_unit_test(publishes_only_changes),
        cmocka_unit_test(a_spine_was_heard_when_its_last_port_was),
        cmocka_unit_test(a_port_that_moves_is_replaced_by_its_spare),
        cmocka_unit_test(surplus_ports_make_room),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
