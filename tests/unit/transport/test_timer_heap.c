/* SPDX-License-Identifier: BSD-3-Clause */
#include "dataplane/transport/timer_heap.h"

#include "dataplane/transport/random.h"
#include "tests/unit/transport/unit.h"

enum {
    NODES = 64
};

static struct timer_node *take_first(struct timer_heap *heap)
{
    struct timer_node *first = timer_heap_first(heap);
    if (first)
        timer_heap_cancel(heap, first);
    return first;
}

static void test_empty_heap_is_never_due(void **state)
{
    (void)state;
    struct timer_slot slots[1];
    struct timer_heap heap;
    timer_heap_init(&heap, slots, COUNT_OF(slots));
    assert_null(timer_heap_first(&heap));
    assert_true(timer_heap_next_at(&heap) == NSEC_NEVER);
}

static void test_deadline_moves_both_ways(void **state)
{
    (void)state;
    struct timer_slot slots[3];
    struct timer_node a = {0}, b = {0}, c = {0};
    struct timer_heap heap;
    timer_heap_init(&heap, slots, COUNT_OF(slots));
    timer_heap_set(&heap, &a, 100);
    timer_heap_set(&heap, &b, 200);
    timer_heap_set(&heap, &c, 300);
    timer_heap_set(&heap, &c, 50);
    assert_ptr_equal(timer_heap_first(&heap), &c);
    timer_heap_set(&heap, &c, 250);
    timer_heap_set(&heap, &a, 260);
    assert_int_equal(timer_heap_next_at(&heap), 200);
    assert_ptr_equal(take_first(&heap), &b);
    assert_ptr_equal(take_first(&heap), &c);
    assert_ptr_equal(take_first(&heap), &a);
    assert_null(take_first(&heap));
}

static void test_never_and_cancel_unset(void **state)
{
    (void)state;
    struct timer_slot slots[1];
    struct timer_node a = {0};
    struct timer_heap heap;
    timer_heap_init(&heap, slots, COUNT_OF(slots));
    timer_heap_cancel(&heap, &a);
    timer_heap_set(&heap, &a, 7);
    assert_true(timer_node_is_set(&a));
    timer_heap_set(&heap, &a, NSEC_NEVER);
    assert_false(timer_node_is_set(&a));
    timer_heap_cancel(&heap, &a);
    assert_null(timer_heap_first(&heap));
}

static void test_equal_deadlines_come_in_order_of_setting(void **state)
{
    (void)state;
    struct timer_slot slots[NODES];
    struct timer_node nodes[NODES] = {0};
    struct timer_heap heap;
    timer_heap_init(&heap, slots, NODES);
    heap.next_order = UINT32_MAX - NODES / 2; /* across the wrap */
    for (unsigned i = 0; i < NODES; i++)
        timer_heap_set(&heap, &nodes[(i * 29) % NODES], 1000);
    timer_heap_set(&heap, &nodes[0], 999);
    timer_heap_set(&heap, &nodes[0], 1000); /* set anew: now the youngest */
    for (unsigned i = 1; i < NODES; i++)
        assert_ptr_equal(take_first(&heap), &nodes[(i * 29) % NODES]);
    assert_ptr_equal(take_first(&heap), &nodes[0]);
}

/* The plain way to find what the heap must find: lowest deadline, then lowest age. */
static int first_by_scan(const struct timer_node *nodes, const uint64_t *age)
{
    int best = -1;
    for (int i = 0; i < NODES; i++) {
        if (!timer_node_is_set(&nodes[i]))
            continue;
        if (best < 0 || nodes[i].at < nodes[best].at || (nodes[i].at == nodes[best].at && age[i] < age[best]))
            best = i;
    }
    return best;
}

static void test_agrees_with_a_scan_under_random_use(void **state)
{
    (void)state;
    struct timer_slot slots[NODES];
    struct timer_node nodes[NODES] = {0};
    uint64_t age[NODES] = {0};
    struct random_stream random = {.state = 42};
    struct timer_heap heap;
    timer_heap_init(&heap, slots, NODES);
    for (uint64_t turn = 1; turn < 20000; turn++) {
        unsigned i = random_below(&random, NODES);
        nsec_t at = turn / 8 + random_below(&random, 50);
        unsigned action = random_below(&random, 8);
        if (action == 0) {
            timer_heap_cancel(&heap, &nodes[i]);
        } else if (action < 4) {
            take_first(&heap);
        } else if (!timer_node_is_set(&nodes[i]) || nodes[i].at != at) {
            age[i] = turn;
            timer_heap_set(&heap, &nodes[i], at);
        }
        int best = first_by_scan(nodes, age);
        assert_ptr_equal(timer_heap_first(&heap), best < 0 ? NULL : &nodes[best]);
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
