/* SPDX-License-Identifier: BSD-3-Clause */
/* Files of tokens: who is believed, until when, and what is wrong with a line. */
#include "control/server/tokens.h"

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

/* SHA-256 of "secret" and of "". */
#define SECRET "2bb80d537b1da3e38bd30361aa855686bde0eacd7162fef6a25fe97bf527a25b"
#define EMPTY  "E3B0C44298FC1C149AFBF4C8996FB92427AE41E4649B934CA495991B7852B855"

static char file[64];

static int load(const char *text, struct tokens **tokens, char *error)
{
    strcpy(file, "/tmp/weft-tokens-XXXXXX");
    int descriptor = mkstemp(file);
    assert_true(descriptor >= 0);
    assert_int_equal(write(descriptor, text, strlen(text)), strlen(text));
    close(descriptor);
    int result = tokens_load(file, tokens, error);
    unlink(file);
    return result;
}

static void assert_refused(const char *text, const char *says)
{
    struct tokens *tokens;
    char error[TOKENS_ERROR_BYTES] = "";
    assert_int_equal(load(text, &tokens, error), -EINVAL);
    assert_null(tokens);
    if (strstr(error, says) == NULL || strstr(error, file) != error)
        fail_msg("'%s' does not say '%s'", error, says);
}

static void test_who_is_believed(void **state)
{
    (void)state;
    struct tokens *tokens;
    struct token_holder holder = {.name = ""};
    char error[TOKENS_ERROR_BYTES];
    assert_int_equal(load("# who\n\n  ann operator " SECRET "   # her laptop\n bob agent " EMPTY " 1000\r\n",
                          &tokens, error),
                     0);
    assert_int_equal(tokens_check(tokens, "secret", 5000, &holder), TOKEN_IS_GOOD);
    assert_string_equal(holder.name, "ann");
    assert_int_equal(holder.role, CALL_ROLE_OPERATOR);
    assert_int_equal(tokens_check(tokens, "Secret", 5000, &holder), TOKEN_IS_WRONG);
    assert_int_equal(tokens_check(tokens, "secret ", 5000, &holder), TOKEN_IS_WRONG);
    assert_int_equal(tokens_check(tokens, "", 999, &holder), TOKEN_IS_GOOD);
    assert_string_equal(holder.name, "bob");
    assert_int_equal(tokens_check(tokens, "", 1000, &holder), TOKEN_HAS_EXPIRED);
    tokens_free(tokens);
}

static void test_a_file_without_tokens_believes_nobody(void **state)
{
    (void)state;
    struct tokens *tokens;
    struct token_holder holder;
    char error[TOKENS_ERROR_BYTES];
    assert_int_equal(load("# none\n", &tokens, error), 0);
    assert_int_equal(tokens_check(tokens, "", 0, &holder), TOKEN_IS_WRONG);
    tokens_free(tokens);
}

static void test_wrong_lines_are_named(void **state)
{
    (void)state;
    struct tokens *tokens;
    char error[TOKENS_ERROR_BYTES];
    assert_refused("ann operator\n", ":1: a line is");
    assert_refused("\n\nann king " SECRET "\n", ":3: a role is");
    assert_refused("ann operator 1234\n", "64 digits");
    assert_refused("ann operator " SECRET "0\n", "64 digits");
    assert_refused("ann operator " SECRET " tomorrow\n", "when it expires");
    assert_refused("ann operator " SECRET " 1 2\n", "when it expires");
    assert_int_equal(tokens_load("/nonexistent/tokens", &tokens, error), -ENOENT);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_who_is_believed),
        cmocka_unit_test(test_a_file_without_tokens_believes_nobody),
        cmocka_unit_test(test_wrong_lines_are_named),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
