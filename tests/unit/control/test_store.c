/* SPDX-License-Identifier: BSD-3-Clause */
/* The store on a real file: what was acknowledged is there after kill -9, and a file that cannot be used is
 * refused and left as it is. */
#include "tests/unit/control/fabric.h"
#include "tests/unit/control/store_contents.h"
#include "tests/unit/control/store_stories.h"

#include <errno.h>
#include <signal.h>
#include <sqlite3.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

static char folder[64], file[96];

static int make_folder(void **state)
{
    (void)state;
    strcpy(folder, "/tmp/weft-store-XXXXXX");
    if (mkdtemp(folder) == NULL)
        return -1;
    snprintf(file, sizeof(file), "%s/state.db", folder);
    return 0;
}

static int remove_folder(void **state)
{
    (void)state;
    static const char *const endings[] = {"", "-wal", "-shm", "-journal"};
    for (unsigned i = 0; i < 4; i++) {
        char name[128];
        snprintf(name, sizeof(name), "%s%s", file, endings[i]);
        unlink(name);
    }
    return rmdir(folder);
}

static struct store *open_store(void)
{
    struct store *store;
    char error[STORE_ERROR_BYTES];
    if (store_sqlite_open(file, &store, error) != 0)
        fail_msg("%s", error);
    return store;
}

static void assert_refused(int expected, const char *says)
{
    struct store *store;
    char error[STORE_ERROR_BYTES] = "";
    assert_int_equal(store_sqlite_open(file, &store, error), expected);
    if (strstr(error, says) == NULL)
        fail_msg("'%s' does not say '%s'", error, says);
}

static const struct store_medium medium = {.open = open_store};

static void test_everything_is_kept(void **state)
{
    (void)state;
    story_everything_is_kept(&medium);
}

static void test_the_longest_name_is_kept(void **state)
{
    (void)state;
    story_the_longest_name_is_kept(&medium);
}

static void test_old_events_go(void **state)
{
    (void)state;
    struct store *s = open_store();
    struct contents c;
    char error[STORE_ERROR_BYTES];
    const struct store_event events[2] = {{.sequence = 5}, {.sequence = 6}};
    const struct store_event late = {.sequence = STORE_EVENTS_KEPT + 5};
    assert_int_equal(s->operations->add_events(s, events, 2, error), 0);
    assert_int_equal(s->operations->add_events(s, &late, 1, error), 0);
    read_all(s, 10, &c);
    assert_int_equal(c.event_count, 2); /* 5 is gone */
    read_all(s, 1, &c);
    assert_int_equal(c.event_count, 1);
    assert_int_equal(c.last.sequence, late.sequence);
    s->operations->close(s);
}

/* ---- kill -9 ---- */

/* Writes epochs, drains and events, and says on the pipe what it was told is kept. */
static void write_for_ever(int out)
{
    struct store *s = open_store();
    char error[STORE_ERROR_BYTES];
    struct contents c;
    read_all(s, 1, &c);
    for (uint64_t n = c.epoch + 1;; n++) {
        struct store_event event = {.sequence = n, .text = "n"};
        struct store_link link = {.name = "leaf0-spine0", .drained = true, .capacity_ratio = 1, .at_ns = n};
        if (s->operations->put_epoch(s, n, error) != 0 || s->operations->put_link(s, &link, error) != 0 ||
            s->operations->add_events(s, &event, 1, error) != 0 || write(out, &n, sizeof(n)) != sizeof(n))
            _exit(1);
    }
}

/* The last number that was acknowledged before the kill. */
static uint64_t write_until_killed(unsigned acknowledgements)
{
    int ends[2];
    uint64_t n = 0, last = 0;
    assert_int_equal(pipe(ends), 0);
    pid_t child = fork();
    if (child == 0)
        write_for_ever(ends[1]);
    close(ends[1]);
    for (unsigned i = 0; i < acknowledgements && read(ends[0], &n, sizeof(n)) == sizeof(n); i++)
        last = n;
    kill(child, SIGKILL);
    waitpid(child, NULL, 0);
    while (read(ends[0], &n, sizeof(n)) == sizeof(n))
        last = n;
    close(ends[0]);
    return last;
}

static void test_what_was_acknowledged_survives_kill_9(void **state)
{
    (void)state;
    for (unsigned round = 0; round < 20; round++) {
        uint64_t acknowledged = write_until_killed(1 + round * 7 % 20);
        struct contents c;
        struct store *s = open_store();
        read_all(s, 10, &c);
        assert_true(acknowledged > 0);
        assert_in_range(c.epoch, acknowledged, acknowledged + 1);
        assert_in_range(c.links[0].at_ns, acknowledged, acknowledged + 1);
        assert_in_range(c.last.sequence, acknowledged, acknowledged + 1);
        s->operations->close(s);
    }
}

/* ---- files that cannot be used ---- */

static void test_a_full_disk_is_an_error_and_loses_nothing(void **state)
{
    (void)state;
    struct store *s = open_store();
    char error[STORE_ERROR_BYTES] = "";
    struct contents c;
    struct rlimit before, small = {.rlim_cur = 128 << 10};
    static struct store_event events[512];
    uint64_t sequence = 0;
    int result = 0;
    signal(SIGXFSZ, SIG_IGN);
    getrlimit(RLIMIT_FSIZE, &before);
    small.rlim_max = before.rlim_max;
    assert_int_equal(s->operations->put_epoch(s, 7, error), 0);
    setrlimit(RLIMIT_FSIZE, &small);
    for (unsigned round = 0; round < 64 && result == 0; round++) {
        for (unsigned i = 0; i < 512; i++)
            events[i] = (struct store_event){.sequence = ++sequence, .text = "something has happened"};
        result = s->operations->add_events(s, events, 512, error);
    }
    setrlimit(RLIMIT_FSIZE, &before);
    assert_int_equal(result, -EIO);
    assert_non_null(strstr(error, "room"));
    assert_int_equal(s->operations->put_epoch(s, 8, error), 0); /* there is room again */
    s->operations->close(s);
    s = open_store();
    read_all(s, UINT32_MAX, &c);
    assert_int_equal(c.epoch, 8);
    assert_int_equal(c.event_count % 512, 0); /* a batch is kept whole or not at all */
    s->operations->close(s);
}

static void test_a_damaged_file_is_refused_and_left(void **state)
{
    (void)state;
    char page[8192];
    struct stat before, after;
    FILE *out = fopen(file, "w");
    memset(page, 'x', sizeof(page));
    fwrite(page, sizeof(page), 1, out);
    fclose(out);
    stat(file, &before);
    assert_refused(-EUCLEAN, "restore it from a copy");
    stat(file, &after);
    assert_int_equal(after.st_size, before.st_size);
}

static void test_damage_inside_is_found(void **state)
{
    (void)state;
    struct store *s = open_store();
    char error[STORE_ERROR_BYTES];
    for (uint64_t i = 1; i < 400; i++) {
        struct store_event event = {.sequence = i, .text = "some text that fills pages of the file"};
        assert_int_equal(s->operations->add_events(s, &event, 1, error), 0);
    }
    s->operations->close(s);
    FILE *out = fopen(file, "r+");
    fseek(out, 4096 * 7, SEEK_SET);
    for (unsigned i = 0; i < 4096; i++)
        fputc(0xa5, out);
    fclose(out);
    assert_refused(-EUCLEAN, "damaged");
}

static void test_another_programs_database_is_refused(void **state)
{
    (void)state;
    sqlite3 *other;
    assert_int_equal(sqlite3_open(file, &other), SQLITE_OK);
    assert_int_equal(sqlite3_exec(other, "CREATE TABLE precious (a)", NULL, NULL, NULL), SQLITE_OK);
    sqlite3_close(other);
    assert_refused(-EUCLEAN, "another program's");
}

static void test_a_newer_schema_is_refused(void **state)
{
    (void)state;
    sqlite3 *newer;
    struct store *s = open_store();
    s->operations->close(s);
    assert_int_equal(sqlite3_open(file, &newer), SQLITE_OK);
    assert_int_equal(sqlite3_exec(newer, "PRAGMA user_version = 2", NULL, NULL, NULL), SQLITE_OK);
    sqlite3_close(newer);
    assert_refused(-EPROTO, "upgrade weft");
}

static void test_two_controls_do_not_share_a_store(void **state)
{
    (void)state;
    struct store *s = open_store();
    assert_refused(-EBUSY, "another process has it");
    s->operations->close(s);
}

static void test_a_file_that_cannot_be_made(void **state)
{
    (void)state;
    strcat(file, "/nowhere/state.db");
    assert_refused(-EIO, "see that its folder exists");
    snprintf(file, sizeof(file), "%s/state.db", folder);
}

static void test_a_read_only_file(void **state)
{
    (void)state;
    struct store *s = open_store();
    s->operations->close(s);
    chmod(file, 0444);
    pid_t child = fork();
    if (child == 0) {
        char error[STORE_ERROR_BYTES] = "";
        if (geteuid() == 0 && (chmod(folder, 0755) != 0 || setegid(65534) != 0 || seteuid(65534) != 0))
            _exit(2);
        int result = store_sqlite_open(file, &s, error);
        _exit(result == -EIO && strstr(error, "read-only") != NULL ? 0 : 1);
    }
    int status;
    waitpid(child, &status, 0);
    assert_true(WIFEXITED(status));
    assert_int_equal(WEXITSTATUS(status), 0);
}

#define STORE_TEST(test) cmocka_unit_test_setup_teardown(test, make_folder, remove_folder)

int main(void)
{
    const struct CMUnitTest tests[] = {
        STORE_TEST(test_everything_is_kept),
        STORE_TEST(test_the_longest_name_is_kept),
        STORE_TEST(test_old_events_go),
        STORE_TEST(test_what_was_acknowledged_survives_kill_9),
        STORE_TEST(test_a_full_disk_is_an_error_and_loses_nothing),
        STORE_TEST(test_a_damaged_file_is_refused_and_left),
        STORE_TEST(test_damage_inside_is_found),
        STORE_TEST(test_another_programs_database_is_refused),
        STORE_TEST(test_a_newer_schema_is_refused),
        STORE_TEST(test_two_controls_do_not_share_a_store),
        STORE_TEST(test_a_file_that_cannot_be_made),
        STORE_TEST(test_a_read_only_file),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
