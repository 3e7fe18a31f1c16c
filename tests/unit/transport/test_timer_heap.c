/* SPDX-License-Identifier: BSD-3-Clause */
#include "dataplane/transport/timer_heap.h"

#include <string.h>

#include "dataplane/transport/random.h"
#include "tests/unit/transport/unit.h"

enum {
    OWNERS = 64,
    A = 0,
    B,
    C
};

struct heap_memory {
    struct timer_slot slots[OWNERS + TIMER_SLOTS_SPARE];
    uint32_t positions[OWNERS];
};

static void begin(struct timer_heap *heap, struct heap_memory *memory)
{
    memset(memory, 0, sizeof(*memory));
    timer_heap_init(heap, memory->slots, memory->positions, OWNERS);
}

static uint32_t take_first(struct timer_heap *heap)
{
    uint32_t first = timer_heap_first(heap);
    if (first != TIMER_OWNER_NONE)
        timer_heap_cancel(heap, first);
    return first;
}

static void test_empty_heap_is_never_due(void **state)
{
    (void)state;
    struct heap_memory memory;
    struct timer_heap heap;
    begin(&heap, &memory);
    assert_int_equal(timer_heap_first(&heap), TIMER_OWNER_NONE);
    assert_true(timer_heap_next_at(&heap) == NSEC_NEVER);
    assert_true(timer_heap_at(&heap, A) == NSEC_NEVER);
}

static void test_deadline_moves_both_ways(void **state)
{
    (void)state;
    struct heap_memory memory;
    struct timer_heap heap;
    begin(&heap, &memory);
    timer_heap_set(&heap, A, 100);
    timer_heap_set(&heap, B, 200);
    timer_heap_set(&heap, C, 300);
    timer_heap_set(&heap, C, 50);
    assert_int_equal(timer_heap_first(&heap), C);
    timer_heap_set(&heap, C, 250);
    timer_heap_set(&heap, A, 260);
    assert_int_equal(timer_heap_next_at(&heap), 200);
    assert_int_equal(timer_heap_at(&heap, A), 260);
    assert_int_equal(take_first(&heap), B);
    assert_int_equal(take_first(&heap), C);
    assert_int_equal(take_first(&heap), A);
    assert_int_equal(take_first(&heap), TIMER_OWNER_NONE);
}

static void test_never_and_cancel_unset(void **state)
{
    (void)state;
    struct heap_memory memory;
    struct timer_heap heap;
    begin(&heap, &memory);
    timer_heap_cancel(&heap, A);
    timer_heap_set(&heap, A, 7);
    assert_true(timer_heap_is_set(&heap, A));
    timer_heap_set(&heap, A, NSEC_NEVER);
    assert_false(timer_heap_is_set(&heap, A));
    timer_heap_cancel(&heap, A);
    assert_int_equal(timer_heap_first(&heap), TIMER_OWNER_NONE);
}

static void test_equal_deadlines_come_in_order_of_setting(void **state)
{
    (void)state;
    struct heap_memory memory;
    struct timer_heap heap;
    begin(&heap, &memory);
    heap.next_order = UINT32_MAX - OWNERS / 2; /* more than 32 bits */
    for (unsigned i = 0; i < OWNERS; i++)
        timer_heap_set(&heap, (i * 29) % OWNERS, 1000);
    timer_heap_set(&heap, 0, 999);
    timer_heap_set(&heap, 0, 1000); /* set anew: now the youngest */
    for (unsigned i = 1; i < OWNERS; i++)
        assert_int_equal(take_first(&heap), (i * 29) % OWNERS);
    assert_int_equal(take_first(&heap), 0);
}

/* The plain way to find what the heap must find: lowest deadline, then lowest age. */
static uint32_t first_by_scan(const nsec_t *at, const uint64_t *age)
{
    uint32_t best = TIMER_OWNER_NONE;
    for (uint32_t i = 0; i < OWNERS; i++) {
        if (at[i] == NSEC_NEVER)
            continue;
        if (best == TIMER_OWNER_NONE || at[i] < at[best] || (at[i] == at[best] && age[i] < age[best]))
            best = i;
    }
    return best;
}

static void test_agrees_with_a_scan_under_random_use(void **state)
{
    (void)state;
    struct heap_memory memory;
    struct timer_heap heap;
    nsec_t deadlines[OWNERS];
    uint64_t age[OWNERS] = {0};
    struct random_stream random = {.state = 42};
    begin(&heap, &memory);
    for (unsigned i = 0; i < OWNERS; i++)
        deadlines[i] = NSEC_NEVER;
    for (uint64_t turn = 1; turn < 20000; turn++) {
        uint32_t owner = (uint32_t)random_below(&random, OWNERS), action = (uint32_t)random_below(&random, 8);
        nsec_t at = turn / 8 + random_below(&random, 50);
        if (action == 0) {
            timer_heap_cancel(&heap, owner);
            deadlines[owner] = NSEC_NEVER;
        } else if (action < 4) {
            uint32_t first = take_first(&heap);
            if (first != TIMER_OWNER_NONE)
                deadlines[first] = NSEC_NEVER;
        } else if (deadlines[owner] != at) {
            age[owner] = turn;
            deadlines[owner] = at;
            timer_heap_set(&heap, owner, at);
        }
        assert_int_equal(timer_heap_first(&heap), first_by_scan(deadlines, age));
        assert_true(timer_heap_at(&heap, owner) == deadlines[owner]);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_empty_heap_is_never_due),
        cmocka_unit_test(test_deadline_moves_both_ways),
        cmocka_unit_test(test_never_and_cancel_unset),
        cmocka_unit_test(test_equal_deadlines_come_in_order_of_setting),
        cmocka_unit_test(test_agrees_with_a_scan_under_random_use),
    };
    return cmocka_run_group_tests(tests, 0, 0);
}
