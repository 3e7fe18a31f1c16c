/* SPDX-License-Identifier: BSD-3-Clause */
/* Events are shown once they are kept, and shown all the same when they cannot be. */
#include "tests/unit/control/fabric.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "control/core/journal.h"

/* Keeps the sequences that it is given, or fails. */
struct memory_store {
    struct store store;
    bool fails;
    uint64_t kept, last;
};

static int keep(struct store *store, const struct store_event *events, unsigned count,
                char error[STORE_ERROR_BYTES])
{
    struct memory_store *m = (struct memory_store *)store;
    if (m->fails) {
        snprintf(error, STORE_ERROR_BYTES, "the disk is full");
        return -EIO;
    }
    for (unsigned i = 0; i < count; i++) {
        assert_int_equal(events[i].sequence, m->last + 1);
        m->last = events[i].sequence;
    }
    m->kept += count;
    return 0;
}

static const struct store_operations keeping = {.add_events = keep};

static void add(struct journal *j, uint64_t now_ns)
{
    journal_add(j, now_ns, &(struct happening){.kind = "link_up", .link = "leaf0-spine0"}, "it is up");
}

static unsigned shown(const struct journal *j)
{
    const struct store_event *events;
    return journal_after(j, 0, &events, UINT32_MAX);
}

static void test_events_are_kept_before_they_are_shown(void **state)
{
    (void)state;
    struct memory_store m = {.store = {&keeping}};
    struct journal j;
    const struct store_event *events;
    assert_int_equal(journal_create(&j, &m.store), 0);
    add(&j, 100);
    add(&j, 200);
    assert_int_equal(shown(&j), 0);
    assert_int_equal(j.flush_ns, 100 + JOURNAL_BATCH_NS);
    journal_flush(&j, j.flush_ns);
    assert_int_equal(m.kept, 2);
    assert_int_equal(shown(&j), 2);
    assert_int_equal(j.flush_ns, UINT64_MAX);
    assert_int_equal(journal_after(&j, 1, &events, 10), 1);
    assert_int_equal(events[0].sequence, 2);
    assert_string_equal(events[0].link, "leaf0-spine0");
    assert_int_equal(journal_after(&j, 2, &events, 10), 0);
    journal_destroy(&j);
}

static void test_a_store_that_fails_is_made_up_for(void **state)
{
    (void)state;
    struct memory_store m = {.store = {&keeping}, .fails = true};
    struct journal j;
    const struct store_event *events;
    assert_int_equal(journal_create(&j, &m.store), 0);
    add(&j, 0);
    journal_flush(&j, 10);
    assert_int_equal(shown(&j), 2);
    journal_after(&j, 1, &events, 1);
    assert_string_equal(events[0].kind, "store_failed");
    assert_int_equal(j.flush_ns, 10 + JOURNAL_RETRY_NS);
    journal_flush(&j, j.flush_ns);
    assert_int_equal(shown(&j), 2); /* said once */
    m.fails = false;
    add(&j, 20);
    journal_flush(&j, j.flush_ns);
    assert_int_equal(m.kept, 3);
    journal_destroy(&j);
}

static void test_only_the_newest_stay_in_memory(void **state)
{
    (void)state;
    struct memory_store m = {.store = {&keeping}};
    struct journal j;
    const struct store_event *events;
    assert_int_equal(journal_create(&j, &m.store), 0);
    for (unsigned i = 0; i < 5 * CORE_EVENTS_KEPT; i++) {
        add(&j, i);
        if (i % 100 == 0)
            journal_flush(&j, i);
    }
    journal_flush(&j, 0);
    assert_int_equal(m.kept, 5 * CORE_EVENTS_KEPT);
    assert_true(shown(&j) >= CORE_EVENTS_KEPT);
    assert_int_equal(journal_after(&j, 5 * CORE_EVENTS_KEPT - 3, &events, 10), 3);
    journal_destroy(&j);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_events_are_kept_before_they_are_shown),
        cmocka_unit_test(test_a_store_that_fails_is_made_up_for),
        cmocka_unit_test(test_only_the_newest_stay_in_memory),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
