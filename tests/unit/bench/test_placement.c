/* SPDX-License-Identifier: BSD-3-Clause */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <errno.h>
#include <string.h>

#include "tools/bench/placement.h"

static struct fabric fabric;
static unsigned rank_hosts[64];

static void place(const char *text, unsigned ranks)
{
    struct placement placement;
    assert_int_equal(placement_parse(text, &placement), 0);
    placement_make(&placement, &fabric, ranks, rank_hosts);
}

static int make_fabric(void **state)
{
    (void)state;
    fabric.leaf_count = 2;
    fabric.host_count = 8;
    for (unsigned host = 0; host < 8; host++)
        fabric.hosts[host].leaf = host / 4;
    return 0;
}

static void block_keeps_neighbours_together(void **state)
{
    (void)state;
    place("block", 8);
    for (unsigned rank = 0; rank < 8; rank++)
        assert_int_equal(rank_hosts[rank], rank);
    place("block", 16);
    for (unsigned rank = 0; rank < 16; rank++)
        assert_int_equal(rank_hosts[rank], rank / 2);
    place("block", 3);
    assert_int_equal(rank_hosts[2], 2);
}

static void scattered_neighbours_are_on_different_leaves(void **state)
{
    (void)state;
    place("scattered", 19);
    for (unsigned rank = 0; rank + 1 < 19; rank++)
        assert_int_not_equal(fabric.hosts[rank_hosts[rank]].leaf, fabric.hosts[rank_hosts[rank + 1]].leaf);
    assert_int_equal(rank_hosts[0], 0);
    assert_int_equal(rank_hosts[1], 4);
    assert_int_equal(rank_hosts[2], 1);
    assert_int_equal(rank_hosts[8], 0);
}

static void random_uses_every_host_and_repeats_with_its_seed(void **state)
{
    (void)state;
    unsigned first[8], used[8] = {0};
    place("42", 8);
    memcpy(first, rank_hosts, sizeof first);
    for (unsigned rank = 0; rank < 8; rank++)
        used[first[rank]]++;
    for (unsigned host = 0; host < 8; host++)
        assert_int_equal(used[host], 1);
    place("42", 8);
    assert_memory_equal(first, rank_hosts, sizeof first);
    place("43", 8);
    assert_memory_not_equal(first, rank_hosts, sizeof first);
}

static void other_words_are_refused(void **state)
{
    (void)state;
    struct placement placement;
    const char *const wrong[] = {"", "blocks", "-1", "1x", "99999999999999999999999"};
    for (unsigned i = 0; i < sizeof wrong / sizeof *wrong; i++)
        assert_int_equal(placement_parse(wrong[i], &placement), -EINVAL);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(block_keeps_neighbours_together),
        cmocka_unit_test(scattered_neighbours_are_on_different_leaves),
        cmocka_unit_test(random_uses_every_host_and_repeats_with_its_seed),
        cmocka_unit_test(other_words_are_refused),
    };
    return cmocka_run_group_tests(tests, make_fabric, NULL);
}
