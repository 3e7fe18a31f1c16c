/* SPDX-License-Identifier: BSD-3-Clause */
#include "dataplane/transport/match_table.h"

#include <string.h>

#include "dataplane/transport/random.h"
#include "tests/unit/transport/unit.h"

enum {
    KEYS = 500,
    SIZE = 1024
};

static struct packet_match key(uint32_t i)
{
    return (struct packet_match){
        .communicator = i % 3, .source_rank = i % 7, .destination_rank = i % 5, .tag = i};
}

/* Against an array that remembers the truth, over many insertions and removals. */
static void test_random_histories(void **state)
{
    (void)state;
    static struct match_entry entries[SIZE];
    static struct packet_match keys[KEYS];
    static bool present[KEYS];
    struct match_table table;
    struct random_stream random = {11};
    for (uint32_t i = 0; i < KEYS; i++)
        keys[i] = key(i);
    match_table_init(&table, entries, SIZE, (struct match_keys){keys, sizeof(keys[0])});
    for (unsigned step = 0; step < 50000; step++) {
        uint32_t i = (uint32_t)random_below(&random, KEYS), value;
        struct packet_match k = key(i);
        assert_int_equal(match_table_find(&table, &k, &value), present[i]);
        if (present[i]) {
            assert_int_equal(value, i);
            match_table_remove(&table, &k);
        } else {
            match_table_insert(&table, i);
        }
        present[i] = !present[i];
    }
}

static void test_every_part_of_the_name_counts(void **state)
{
    (void)state;
    static struct match_entry entries[8];
    struct match_table table;
    uint32_t value;
    struct packet_match k = {.communicator = 1, .source_rank = 2, .destination_rank = 3, .tag = 4}, other = k;
    const struct packet_match keys[] = {other, k};
    match_table_init(&table, entries, 8, (struct match_keys){keys, sizeof(keys[0])});
    match_table_insert(&table, 1);
    assert_true(match_table_find(&table, &k, &value));
    other.communicator++;
    assert_false(match_table_find(&table, &other, &value));
    other = k;
    other.source_rank++;
    assert_false(match_table_find(&table, &other, &value));
    other = k;
    other.destination_rank++;
    assert_false(match_table_find(&table, &other, &value));
    other = k;
    other.tag++;
    assert_false(match_table_find(&table, &other, &value));
    match_table_remove(&table, &other);
    assert_true(match_table_find(&table, &k, &value));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_random_histories),
        cmocka_unit_test(test_every_part_of_the_name_counts),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
