/* SPDX-License-Identifier: BSD-3-Clause */
/* Bodies are bounded, each and all together, and are given back. */
#include "control/server/request_body.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

static struct request_body body_of(const char *path)
{
    return (struct request_body){.rule = body_rule_of(path)};
}

static void test_what_a_path_takes(void **state)
{
    (void)state;
    assert_int_equal(body_rule_of("/v1/agents/10.1.0.1")->bytes_max, 8 << 20);
    assert_string_equal(body_rule_of("/v1/monitors/10.1.0.1")->type, "application/octet-stream");
    assert_int_equal(body_rule_of("/v1/agents")->bytes_max, 64 << 10);
    assert_int_equal(body_rule_of("")->bytes_max, 64 << 10);
}

static void test_content_types(void **state)
{
    (void)state;
    const struct body_rule *json = body_rule_of("/v1/links/a");
    assert_true(body_rule_accepts(json, "application/json"));
    assert_true(body_rule_accepts(json, "Application/JSON; charset=utf-8"));
    assert_false(body_rule_accepts(json, "application/jsonp"));
    assert_false(body_rule_accepts(json, "application/"));
    assert_false(body_rule_accepts(json, ""));
    assert_false(body_rule_accepts(json, NULL));
}

static void test_whom_a_path_speaks_for(void **state)
{
    char text[ADDRESS_TEXT_BYTES];
    (void)state;
    assert_string_equal(body_rule_address("/v1/agents/10.1.0.1/plan", text), "10.1.0.1");
    assert_string_equal(body_rule_address("/v1/monitors/10.1.0.1", text), "10.1.0.1");
    assert_string_equal(body_rule_address("/v1/agents/", text), "");
    assert_int_equal(strlen(body_rule_address("/v1/agents/255.255.255.2555555555", text)),
                     ADDRESS_TEXT_BYTES - 1);
    assert_null(body_rule_address("/v1/links/10.1.0.1", text));
}

/* In pieces, up to the last byte that is allowed. */
static void test_a_body_is_whole_or_overflows(void **state)
{
    (void)state;
    size_t together = 0;
    struct request_body b = body_of("/v1/jobs/1");
    char piece[1000];
    for (unsigned i = 0; i < 65; i++) {
        memset(piece, 'a' + i % 26, sizeof(piece));
        request_body_take(&b, piece, sizeof(piece), &together);
    }
    request_body_take(&b, piece, 536, &together);
    assert_false(b.overflows);
    assert_int_equal(b.count, 65536);
    assert_int_equal(b.bytes[999], 'a');
    assert_int_equal(b.bytes[1000], 'b');
    assert_int_equal(together, b.room);
    request_body_take(&b, piece, 1, &together);
    assert_true(b.overflows);
    assert_int_equal(b.count, 65536);
    request_body_free(&b, &together);
    assert_int_equal(together, 0);
}

/* Once there was no room nothing more is taken: what came of it would have a hole. */
static void test_nothing_follows_an_overflow(void **state)
{
    (void)state;
    size_t together = 0;
    struct request_body b = body_of("/v1/jobs/1");
    static char large[70000];
    request_body_take(&b, "ab", 2, &together);
    request_body_take(&b, large, sizeof(large), &together);
    request_body_take(&b, "cd", 2, &together);
    assert_true(b.overflows);
    assert_int_equal(b.count, 2);
    request_body_free(&b, &together);
}

/* A crowd of reports of 8 MiB: sixteen fit, and there is room again when one has gone. */
static void test_all_bodies_together_are_bounded(void **state)
{
    (void)state;
    static struct request_body crowd[20];
    size_t together = 0, bytes = 8 << 20;
    char *report = calloc(1, bytes);
    unsigned taken = 0;
    for (unsigned i = 0; i < 20; i++) {
        crowd[i] = body_of("/v1/agents/10.1.0.1");
        request_body_take(&crowd[i], report, bytes, &together);
        taken += !crowd[i].overflows;
    }
    assert_int_equal(taken, REQUEST_BODIES_BYTES_MAX / bytes);
    assert_true(together <= REQUEST_BODIES_BYTES_MAX);
    request_body_free(&crowd[0], &together);
    struct request_body late = body_of("/v1/agents/10.1.0.1");
    request_body_take(&late, report, bytes, &together);
    assert_false(late.overflows);
    request_body_free(&late, &together);
    for (unsigned i = 1; i < 20; i++)
        request_body_free(&crowd[i], &together);
    assert_int_equal(together, 0);
    free(report);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_what_a_path_takes),
        cmocka_unit_test(test_content_types),
        cmocka_unit_test(test_whom_a_path_speaks_for),
        cmocka_unit_test(test_a_body_is_whole_or_overflows),
        cmocka_unit_test(test_nothing_follows_an_overflow),
        cmocka_unit_test(test_all_bodies_together_are_bounded),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
