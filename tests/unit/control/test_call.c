/* SPDX-License-Identifier: BSD-3-Clause */
/* A call's path, its numbers, and how long it waits. */
#include "control/server/call.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

static const char *given; /* of any query parameter */

static const char *find(const struct call *call, const char *name)
{
    (void)call;
    (void)name;
    return given;
}

static bool read_path(const char *path, struct call *call)
{
    *call = (struct call){.query = find};
    return call_read_path(call, path);
}

static void test_paths(void **state)
{
    (void)state;
    struct call call;
    assert_true(read_path("/v1/links/leaf0-spine1", &call));
    assert_int_equal(call.word_count, 2);
    assert_string_equal(call.words[1], "leaf0-spine1");
    assert_true(read_path("/v1/links/", &call));
    assert_int_equal(call.word_count, 1);
    assert_false(read_path("/v2/links", &call));
    assert_false(read_path("/v1", &call));
    assert_false(read_path("/v1/", &call));
    assert_false(read_path("", &call));
    assert_false(read_path("/v1//links", &call));
    assert_true(read_path("/v1/a/b/c/d", &call));
    assert_false(read_path("/v1/a/b/c/d/e", &call));
}

static void test_words_have_an_end(void **state)
{
    (void)state;
    struct call call;
    char path[CALL_WORD_BYTES + 16] = "/v1/";
    memset(path + 4, 'w', CALL_WORD_BYTES - 1);
    assert_true(read_path(path, &call));
    assert_int_equal(strlen(call.words[0]), CALL_WORD_BYTES - 1);
    path[4 + CALL_WORD_BYTES - 1] = 'w';
    assert_false(read_path(path, &call));
}

static void test_numbers(void **state)
{
    (void)state;
    static const char *const wrong[] = {"",   "-1", "+1", " 1", "1x", "0x1", "101", "99999999999999999999999",
                                        "1.0"};
    struct call call = {.query = find};
    uint64_t value;
    given = NULL;
    assert_true(call_query_number(&call, "n", 7, 100, &value));
    assert_int_equal(value, 7);
    given = "100";
    assert_true(call_query_number(&call, "n", 7, 100, &value));
    assert_int_equal(value, 100);
    for (unsigned i = 0; i < sizeof(wrong) / sizeof(wrong[0]); i++) {
        given = wrong[i];
        call.status = 0;
        if (call_query_number(&call, "n", 7, 100, &value))
            fail_msg("'%s' is taken for %llu", wrong[i], (unsigned long long)value);
        assert_int_equal(call.status, 400);
        json_decref(call.json);
    }
}

/* Until its time is up by either clock: that of its own beginning, or the event that says so. */
static void test_waiting(void **state)
{
    (void)state;
    struct call call = {.started_ns = 1000, .now_ns = 1000};
    assert_true(call_waits(&call, CALL_TOPIC_PLAN, 5));
    assert_int_equal(call.topic, CALL_TOPIC_PLAN);
    assert_int_equal(call.wait_until_ns, 1000 + 5000000);
    call.now_ns = call.wait_until_ns;
    assert_false(call_waits(&call, CALL_TOPIC_PLAN, 5));
    assert_int_equal(call.wait_until_ns, 0);
    call.now_ns = 1000;
    assert_false(call_waits(&call, CALL_TOPIC_PLAN, 0));
    call.time_is_up = true;
    assert_false(call_waits(&call, CALL_TOPIC_PLAN, 5));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_paths),
        cmocka_unit_test(test_words_have_an_end),
        cmocka_unit_test(test_numbers),
        cmocka_unit_test(test_waiting),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
