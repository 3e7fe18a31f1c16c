/* SPDX-License-Identifier: BSD-3-Clause */
/* What operators ask for: refused where it would hurt, kept before it is done, there after every restart. */
#include "tests/unit/control/fabric.h"

#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

static const struct fabric_shape shape = {.leaves = 2, .spines = 8, .hosts = 2};

static int act(struct fabric *f, const struct core_link_request *request, struct core_error *error)
{
    *error = (struct core_error){.code = ""};
    return core_link_act(f->core, request, f->now_ns, error);
}

static struct core_link_request drain(struct fabric *f, uint32_t leaf, uint32_t spine)
{
    return (struct core_link_request){
        .link = fabric_link(f, leaf, spine), .action = CORE_LINK_DRAIN, .by = "ann", .reason = "errors"};
}

static struct core_link_info info_of(struct fabric *f, uint32_t leaf, uint32_t spine)
{
    struct core_link_info info;
    core_link_info(f->core, fabric_link(f, leaf, spine), &info);
    return info;
}

static const uint8_t *weights(struct fabric *f)
{
    static uint8_t kept[PLAN_SPINES_MAX];
    struct plan_view view = fabric_block(f, 0);
    memcpy(kept, plan_find_weights(&view, 10 << 16 | 2 << 8), view.header->spine_count);
    return kept;
}

static void test_a_drain_is_planned_around_and_restored(void **state)
{
    (void)state;
    struct fabric f;
    struct core_error error;
    fabric_open(&f, shape, ":memory:");
    fabric_plan(&f);
    struct core_link_request request = drain(&f, 0, 3);
    assert_int_equal(act(&f, &request, &error), 0);
    assert_int_equal(fabric_events(&f, "link_drained"), 1); /* at once */
    assert_true(info_of(&f, 0, 3).drained);
    assert_string_equal(info_of(&f, 0, 3).by, "ann");
    assert_int_equal(fabric_plan(&f), 1);
    assert_int_equal(weights(&f)[3], 0);
    request.action = CORE_LINK_RESTORE;
    assert_int_equal(act(&f, &request, &error), 0);
    assert_int_equal(fabric_plan(&f), 1);
    assert_int_equal(weights(&f)[3], 8);
    assert_string_equal(info_of(&f, 0, 3).by, "");
    fabric_close(&f);
}

static void test_capacity_is_set_in_eighths(void **state)
{
    (void)state;
    struct fabric f;
    struct core_error error;
    fabric_open(&f, shape, ":memory:");
    struct core_link_request request = drain(&f, 0, 3);
    request.action = CORE_LINK_SET;
    request.capacity_ratio = 0.5;
    assert_int_equal(act(&f, &request, &error), 0);
    fabric_plan(&f);
    assert_int_equal(weights(&f)[3], 4);
    request.capacity_ratio = 1.5;
    assert_int_equal(act(&f, &request, &error), -EINVAL);
    assert_string_equal(error.code, "out_of_range");
    fabric_close(&f);
}

static void test_guard_rails(void **state)
{
    (void)state;
    struct fabric f;
    struct core_error error;
    fabric_open(&f, shape, ":memory:");
    struct core_link_request first = drain(&f, 0, 3), second = drain(&f, 0, 4), elsewhere = drain(&f, 1, 4);
    assert_int_equal(act(&f, &first, &error), 0);
    assert_int_equal(act(&f, &second, &error), -EPERM);
    assert_string_equal(error.code, "refused");
    assert_non_null(strstr(error.text, "force"));
    assert_false(info_of(&f, 0, 4).drained);
    second.action = CORE_LINK_SET; /* to nothing is the same */
    second.capacity_ratio = 0;
    assert_int_equal(act(&f, &second, &error), -EPERM);
    assert_int_equal(act(&f, &first, &error), 0); /* the same again takes nothing more away */
    assert_int_equal(act(&f, &elsewhere, &error), 0);
    second.force = true;
    assert_int_equal(act(&f, &second, &error), 0);
    struct core_link_request host = {.link = topology_link_by_name(f.topology, "leaf0-host0")};
    assert_int_equal(act(&f, &host, &error), -EPERM);
    struct core_link_request unknown = {.link = 9999};
    assert_int_equal(act(&f, &unknown, &error), -ENOENT);
    fabric_close(&f);
}

static void test_the_last_uplink_is_not_drained(void **state)
{
    (void)state;
    struct fabric f;
    struct core_error error;
    fabric_open(&f, (struct fabric_shape){.leaves = 2, .spines = 1, .hosts = 1}, ":memory:");
    struct core_link_request request = drain(&f, 0, 0);
    assert_int_equal(act(&f, &request, &error), -EPERM);
    assert_non_null(strstr(error.text, "no working uplink"));
    fabric_close(&f);
}

static void test_a_dry_run_does_nothing(void **state)
{
    (void)state;
    struct fabric f;
    struct core_error error;
    fabric_open(&f, shape, ":memory:");
    fabric_plan(&f);
    struct core_link_request request = drain(&f, 0, 3);
    request.dry_run = true;
    assert_int_equal(act(&f, &request, &error), 0);
    assert_false(info_of(&f, 0, 3).drained);
    assert_int_equal(fabric_plan(&f), 0);
    fabric_close(&f);
}

static void test_priorities(void **state)
{
    (void)state;
    struct fabric f;
    struct core_error error;
    struct core_job_info info;
    fabric_open(&f, shape, ":memory:");
    fabric_add_job(&f, 5, NULL, 0);
    fabric_report_all(&f);
    assert_int_equal(core_job_set_priority(f.core, 5, 8, "ann", f.now_ns, &error), -EINVAL);
    assert_int_equal(core_job_set_priority(f.core, 6, 7, "ann", f.now_ns, &error), -ENOENT);
    assert_string_equal(error.code, "unknown_job");
    core_job_info(f.core, 0, &info);
    assert_int_equal(info.priority, CORE_PRIORITY_DEFAULT);
    assert_int_equal(core_job_set_priority(f.core, 5, 7, "ann", f.now_ns, &error), 0);
    core_job_info(f.core, 0, &info);
    assert_int_equal(info.priority, 7);
    fabric_close(&f);
}

/* ---- a store that fails ---- */

static int refuse_link(struct store *store, const struct store_link *link, char error[STORE_ERROR_BYTES])
{
    (void)store;
    (void)link;
    snprintf(error, STORE_ERROR_BYTES, "the disk is full");
    return -EIO;
}

static int refuse_epoch(struct store *store, uint64_t epoch, char error[STORE_ERROR_BYTES])
{
    (void)store;
    (void)epoch;
    snprintf(error, STORE_ERROR_BYTES, "the disk is full");
    return -EIO;
}

static void test_what_cannot_be_kept_is_not_done(void **state)
{
    (void)state;
    struct fabric f;
    struct core_error error;
    fabric_open(&f, shape, ":memory:");
    fabric_plan(&f);
    const struct store_operations *real = f.store->operations;
    struct store_operations failing = *real;
    failing.put_link = refuse_link;
    failing.put_epoch = refuse_epoch;
    struct core_link_request request = drain(&f, 0, 3);
    f.store->operations = &failing;
    assert_int_equal(act(&f, &request, &error), -EIO);
    assert_string_equal(error.code, "store_failed");
    assert_false(info_of(&f, 0, 3).drained);
    failing.put_link = real->put_link;
    assert_int_equal(act(&f, &request, &error), 0);
    assert_int_equal(fabric_plan(&f), 0); /* the epoch cannot be kept: the old plan stays */
    assert_int_equal(core_epoch(f.core), 1);
    assert_int_equal(weights(&f)[3], 8);
    f.store->operations = real;
    fabric_pass(&f, SECOND);
    assert_int_equal(fabric_plan(&f), 1);
    assert_int_equal(core_epoch(f.core), 2);
    assert_int_equal(weights(&f)[3], 0);
    assert_true(fabric_events(&f, "store_failed") >= 1);
    assert_int_equal(fabric_events(&f, "plan_failed"), 1);
    fabric_close(&f);
}

/* ---- restarts ---- */

static char file[96];

static int make_file(void **state)
{
    static char folder[64];
    strcpy(folder, "/tmp/weft-core-XXXXXX");
    *state = folder;
    if (mkdtemp(folder) == NULL)
        return -1;
    snprintf(file, sizeof(file), "%s/state.db", folder);
    return 0;
}

static int remove_file(void **state)
{
    char log[128];
    snprintf(log, sizeof(log), "%s-wal", file);
    unlink(log);
    unlink(file);
    return rmdir(*state);
}

static void test_a_restart_finds_everything_again(void **state)
{
    (void)state;
    struct fabric f;
    struct core_error error;
    struct core_job_info job;
    const struct store_event *events;
    fabric_open(&f, shape, file);
    fabric_add_demand(fabric_add_job(&f, 5, NULL, 0), STEP_SHAPE_RING, MIB);
    fabric_report_all(&f);
    fabric_plan(&f);
    struct core_link_request request = drain(&f, 0, 3);
    assert_int_equal(act(&f, &request, &error), 0);
    assert_int_equal(core_job_set_priority(f.core, 5, 6, "ann", f.now_ns, &error), 0);
    fabric_plan(&f);
    uint64_t epoch = core_epoch(f.core);
    unsigned event_count = core_events(f.core, 0, &events, CORE_EVENTS_KEPT);
    fabric_restart(&f, file);
    assert_int_equal(core_epoch(f.core), 0);
    assert_int_equal(core_events(f.core, 0, &events, CORE_EVENTS_KEPT), event_count);
    fabric_report_all(&f);
    assert_int_equal(fabric_plan(&f), 0); /* not before all agents had the time to report */
    assert_true(info_of(&f, 0, 3).drained);
    core_job_info(f.core, 0, &job);
    assert_int_equal(job.priority, 6);
    fabric_pass(&f, 4 * SECOND);
    assert_int_equal(fabric_plan(&f), 1);
    assert_int_equal(core_epoch(f.core), epoch + 1);
    unsigned more = core_events(f.core, event_count, &events, CORE_EVENTS_KEPT);
    for (unsigned i = 0; i < more; i++)
        assert_int_equal(events[i].sequence, event_count + 1 + i);
    fabric_close(&f);
}

/* Drains and restores a link and publishes for ever; says each epoch on the pipe when hosts could see it. */
static void publish_for_ever(int out)
{
    struct fabric f;
    struct core_error error;
    fabric_open(&f, shape, file);
    fabric_pass(&f, 4 * SECOND);
    for (unsigned i = 0;; i++) {
        struct core_link_request request = drain(&f, 0, 3);
        request.action = info_of(&f, 0, 3).drained ? CORE_LINK_RESTORE : CORE_LINK_DRAIN;
        if (act(&f, &request, &error) != 0)
            _exit(1);
        fabric_plan(&f);
        uint64_t epoch = core_epoch(f.core);
        if (write(out, &epoch, sizeof(epoch)) != sizeof(epoch))
            _exit(1);
    }
}

static void test_no_epoch_is_given_twice(void **state)
{
    (void)state;
    uint64_t last = 0;
    for (unsigned round = 0; round < 10; round++) {
        int ends[2];
        uint64_t epoch;
        assert_int_equal(pipe(ends), 0);
        pid_t child = fork();
        if (child == 0)
            publish_for_ever(ends[1]);
        close(ends[1]);
        for (unsigned i = 0; i < 1 + round * 3; i++) {
            assert_int_equal(read(ends[0], &epoch, sizeof(epoch)), sizeof(epoch));
            assert_true(epoch > last);
            last = epoch;
        }
        kill(child, SIGKILL);
        waitpid(child, NULL, 0);
        while (read(ends[0], &epoch, sizeof(epoch)) == sizeof(epoch))
            last = epoch;
        close(ends[0]);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_a_drain_is_planned_around_and_restored),
        cmocka_unit_test(test_capacity_is_set_in_eighths),
        cmocka_unit_test(test_guard_rails),
        cmocka_unit_test(test_the_last_uplink_is_not_drained),
        cmocka_unit_test(test_a_dry_run_does_nothing),
        cmocka_unit_test(test_priorities),
        cmocka_unit_test(test_what_cannot_be_kept_is_not_done),
        cmocka_unit_test_setup_teardown(test_a_restart_finds_everything_again, make_file, remove_file),
        cmocka_unit_test_setup_teardown(test_no_epoch_is_given_twice, make_file, remove_file),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
