/* SPDX-License-Identifier: BSD-3-Clause */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "control/localiser/stages.h"

enum {
    PORTS = 6,
    LEAF_PORTS = 2,
    SUSPECT = 2,
    COMMUNICATOR = 5,
    LONG_NS = 100000000, /* a message of a training step */
    SHORT_NS = 60000     /* one of a barrier */
};
static uint32_t port_leaf[PORTS];
static const struct flow_map map = {.shape = {.leaf_count = 3, .spine_count = 2, .port_count = PORTS},
                                    .port_leaf = port_leaf};
static struct evidence e;
static struct habits habits;
static struct open_operations operations;

static int create(void **state)
{
    (void)state;
    static struct localiser_config config;
    localiser_config_default(&config);
    for (uint32_t port = 0; port < PORTS; port++)
        port_leaf[port] = port / LEAF_PORTS;
    operations = (struct open_operations){0};
    return habits_create(&habits) != 0 ? -1 : evidence_create(&e, &map, &config);
}

static int destroy(void **state)
{
    (void)state;
    open_operations_clear(&operations);
    habits_destroy(&habits);
    evidence_destroy(&e);
    return 0;
}

/* What the suspect's messages tell; everybody else's data is ready at once, and no credit waits for it. */
struct entry {
    uint64_t message_ns, ready_ns, entry_to_ready_ns;
};

static void add_message(struct open_operation *o, uint32_t port, const struct entry *suspect)
{
    struct sample s = {.kind = TIMING_SENT,
                       .flow = {.source = port, .destination = (port + 1) % PORTS},
                       .bytes = 1 << 20,
                       .network_ns = suspect->message_ns,
                       .entry_to_ready_ns = 10000};
    if (port == SUSPECT) {
        s.ready_ns = suspect->ready_ns;
        s.entry_to_ready_ns = suspect->entry_to_ready_ns;
    }
    assert_int_equal(open_operation_add(&operations, o, &s), 0);
}

/* One operation, and its round. */
static bool suspect_looks_bad(uint64_t sequence, struct entry suspect)
{
    struct timing_record first = {.communicator = COMMUNICATOR, .sequence = sequence, .rank_count = PORTS};
    struct component sending = {.kind = COMPONENT_TX, .place = SUSPECT};
    struct open_operation *o = open_operation_find(&operations, &first);
    bool loaded;
    assert_non_null(o);
    for (uint32_t port = 0; port < PORTS; port++)
        add_message(o, port, &suspect);
    stages_judge(&e, habits_of(&habits, COMMUNICATOR), o);
    evidence_close_round(&e);
    return evidence_is_bad_now(&e, EVIDENCE_READY, component_number(&map.shape, &sending), &loaded);
}

static void data_that_credits_wait_for_is_its_hosts_fault(void **state)
{
    (void)state;
    struct entry late = {.message_ns = LONG_NS, .ready_ns = LONG_NS / 4, .entry_to_ready_ns = LONG_NS / 4};
    assert_true(suspect_looks_bad(1, late));
    late.ready_ns = LONG_NS / 100; /* not material */
    assert_false(suspect_looks_bad(2, late));
}

static void who_enters_late_finds_credits_that_wait_and_is_not_to_blame(void **state)
{
    (void)state;
    struct entry entered_late = {.message_ns = SHORT_NS, .ready_ns = LONG_NS, .entry_to_ready_ns = 10000};
    assert_false(suspect_looks_bad(1, entered_late));
    entered_late.entry_to_ready_ns = 0; /* nobody knows */
    assert_false(suspect_looks_bad(2, entered_late));
}

static void in_a_barrier_nothing_is_material_to_a_job_of_long_steps(void **state)
{
    (void)state;
    struct entry barrier = {
        .message_ns = SHORT_NS, .ready_ns = SHORT_NS / 2, .entry_to_ready_ns = 10000 + SHORT_NS / 2};
    struct entry step = {.message_ns = LONG_NS};
    assert_true(suspect_looks_bad(1, barrier)); /* it has no others */
    assert_false(suspect_looks_bad(2, step));
    assert_false(suspect_looks_bad(3, barrier));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(data_that_credits_wait_for_is_its_hosts_fault, create, destroy),
        cmocka_unit_test_setup_teardown(who_enters_late_finds_credits_that_wait_and_is_not_to_blame, create,
                                        destroy),
        cmocka_unit_test_setup_teardown(in_a_barrier_nothing_is_material_to_a_job_of_long_steps, create,
                                        destroy),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
