/* SPDX-License-Identifier: BSD-3-Clause */
/* Which lines of /proc/PID/maps name a file that is listened to. */
#include "ebpf/monitor/process_scan.h"

#include <string.h>

#include "tests/unit/monitor/unit.h"

static bool names(const char *text, const char *name)
{
    char line[256];
    struct mapped_file file;
    strncpy(line, text, sizeof(line) - 1);
    line[sizeof(line) - 1] = '\0';
    return process_scan_line(line, &file) && file.library != NULL && strcmp(file.name, name) == 0;
}

static void test_executable_mappings_of_known_files(void **state)
{
    (void)state;
    assert_true(names("7f00-7f01 r-xp 00000000 08:01 1234       /usr/lib/libweft.so.0.1.0\n",
                      "/usr/lib/libweft.so.0.1.0"));
    assert_true(
        names("5500-5501 r-xp 00001000 00:1f 9 /opt/a b/weft-dataplane\n", "/opt/a b/weft-dataplane"));
    assert_true(names("1-2 r-xp 0 0:0 9 /x/libnccl.so.2\n", "/x/libnccl.so.2"));
    assert_true(names("1-2 r-xp 0 0:0 9 /x/libtorch_cpu.so\n", "/x/libtorch_cpu.so"));
}

static void test_everything_else_is_left_out(void **state)
{
    (void)state;
    assert_false(names("1-2 r--p 0 0:0 9 /usr/lib/libweft.so.0\n", "/usr/lib/libweft.so.0"));
    assert_false(
        names("1-2 r-xp 0 0:0 9 /usr/lib/libweft.so.0 (deleted)\n", "/usr/lib/libweft.so.0 (deleted)"));
    assert_false(names("1-2 r-xp 0 0:0 9 /usr/lib/libc.so.6\n", "/usr/lib/libc.so.6"));
    assert_false(names("1-2 r-xp 0 0:0 0 [vdso]\n", "[vdso]"));
    assert_false(names("1-2 r-xp 0 0:0 0\n", ""));
    assert_false(names("1-2\n", ""));
    assert_false(names("\n", ""));
}

static unsigned own_mappings;

static void count(void *context, const struct mapped_file *file)
{
    (void)context;
    (void)file;
    own_mappings++;
}

static void test_a_proc_that_is_not_there(void **state)
{
    (void)state;
    process_scan("/nonexistent", count, NULL);
    assert_int_equal(own_mappings, 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_executable_mappings_of_known_files),
        cmocka_unit_test(test_everything_else_is_left_out),
        cmocka_unit_test(test_a_proc_that_is_not_there),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
