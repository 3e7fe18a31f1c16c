/* SPDX-License-Identifier: BSD-3-Clause */
#include <errno.h>
#include <getopt.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "tools/lab/options.h"

enum {
    WORDS_MAX = 32
};

/* Parses "run 2x4x4 ..." as the shell would split it at spaces. */
static int parse(const char *line, struct lab_options *options, struct lab_error *error)
{
    static char text[256];
    static char *words[WORDS_MAX + 1];
    int count = 0;
    strcpy(text, line);
    for (char *word = strtok(text, " "); word && count < WORDS_MAX; word = strtok(NULL, " "))
        words[count++] = word;
    words[count] = NULL;
    optind = 0;
    return lab_options_parse(count, words, options, error);
}

static void defaults_are_those_of_the_help(void **state)
{
    (void)state;
    static struct lab_options options;
    struct lab_error error;
    assert_int_equal(parse("run 2x4x4 --no-dataplane -- true", &options, &error), 0);
    assert_int_equal(options.profile.fabric_link.rate_bps, 200000000);
    assert_int_equal(options.profile.host_link.rate_bps, 200000000);
    assert_int_equal(options.profile.fabric_link.buffer_bytes, 262144);
    assert_int_equal(options.profile.fabric_link.mark_bytes, 65536);
    assert_int_equal(options.profile.fabric_link.phantom_percent, 100);
    assert_int_equal(options.profile.fabric_link.mtu, 3400);
    assert_string_equal(options.command[0], "true");
}

static void options_go_where_they_belong(void **state)
{
    (void)state;
    static struct lab_options options;
    struct lab_error error;
    assert_int_equal(parse("run --rate 1G 3x5x2 --host-rate 100M --buffer 1M --mark 32K --mtu 1500 "
                           "--no-dataplane --set idle=poll -- ls -l --rate",
                           &options, &error),
                     0);
    assert_int_equal(options.profile.shape.spines, 5);
    assert_int_equal(options.profile.fabric_link.rate_bps, 1000000000);
    assert_int_equal(options.profile.host_link.rate_bps, 100000000);
    assert_int_equal(options.profile.host_link.buffer_bytes, 1 << 20);
    assert_int_equal(options.profile.fabric_link.mark_bytes, 32 << 10);
    assert_int_equal(options.profile.host_link.mtu, 1500);
    assert_false(options.dataplanes);
    assert_string_equal(options.command[2], "--rate");
    assert_null(options.command[3]);
}

static void bad_command_lines_are_refused_in_words(void **state)
{
    (void)state;
    static const char *const lines[] = {
        "run",
        "run 2x4x4",
        "run 2x4x4 --",
        "run -- true",
        "run 2x4x4 2x4x4 -- true",
        "run 2x4 -- true",
        "run 2x4x4 --rate -- true",
        "run 2x4x4 --rate 200Q -- true",
        "run 2x4x4 --rate 1 -- true",
        "run 2x4x4 --rate 1T -- true",
        "run 2x4x4 --host-rate 0 -- true",
        "run 2x4x4 --buffer 0 -- true",
        "run 2x4x4 --buffer 5K -- true",
        "run 2x4x4 --mark 8G -- true",
        "run 2x4x4 --phantom-percent 0 -- true",
        "run 2x4x4 --phantom-percent 101 -- true",
        "run 2x4x4 --phantom-percent 5x -- true",
        "run 2x4x4 --mtu -1 -- true",
        "run 2x4x4 --mtu 9001 -- true",
        "run 2x4x4 --mtu 9000 --dataplane /bin/true -- true",
        "run 2x4x4 --dataplane /nowhere/weft-dataplane -- true",
        "run 2x4x4 --config /nowhere/lab.yaml -- true",
        "run 2x4x4 --set socket=/x -- true",
        "run 2x4x4 --speed 3 -- true",
    };
    for (size_t i = 0; i < sizeof(lines) / sizeof(*lines); i++) {
        static struct lab_options options;
        struct lab_error error = {""};
        assert_true(parse(lines[i], &options, &error) < 0);
        assert_true(strlen(error.text) > 10);
        assert_null(strchr(error.text, '\n'));
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(defaults_are_those_of_the_help),
        cmocka_unit_test(options_go_where_they_belong),
        cmocka_unit_test(bad_command_lines_are_refused_in_words),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
