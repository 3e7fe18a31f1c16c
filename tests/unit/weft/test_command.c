/* SPDX-License-Identifier: BSD-3-Clause */
/* Words to commands, with a tree of its own. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "tools/weft/command.h"
#include "tools/weft/command_help.h"

const struct object command_tree[] = {
    {"link",
     "links",
     {{"show",
       "Shows.",
       NULL,
       {{"name", "LINK", ARGUMENT_LINK, .positional = true, .help = "one"},
        {"state", "STATE", ARGUMENT_CHOICE, .choices = {"up", "down"}, .help = "state"},
        {"all", .kind = ARGUMENT_FLAG, .help = "all"}}},
      {"set",
       "Sets.",
       NULL,
       {{"name", "LINK", ARGUMENT_LINK, .positional = true, .required = true, .help = "one"},
        {"level", "N", ARGUMENT_NUMBER, .minimum = 2, .maximum = 9, .help = "level"},
        {"job", "ID", ARGUMENT_JOB, .help = "job"},
        {"rate", "RATE", ARGUMENT_RATE, .help = "rate"},
        {"part", "RATIO", ARGUMENT_RATIO, .help = "part"}}}}},
    {"list", "lists", {{"show", "Shows.", NULL, {{"what", "WORD...", ARGUMENT_WORDS, .positional = true}}}}},
    {NULL},
};

static const struct options options;
static struct invocation invocation;

/* Words separated by spaces. */
static bool parse(const char *line)
{
    static char text[256];
    char *words[16];
    int count = 0;
    snprintf(text, sizeof(text), "%s", line);
    for (char *word = strtok(text, " "); word; word = strtok(NULL, " "))
        words[count++] = word;
    invocation = (struct invocation){.options = &options};
    return command_parse(&invocation, count, words);
}

static void words_may_be_shortened_while_unique(void **state)
{
    (void)state;
    assert_true(parse("lin se leaf0"));
    assert_string_equal(invocation.verb->name, "set");
    assert_false(parse("li"));
    assert_false(parse("link s"));
    assert_false(parse("link sets leaf0"));
    assert_false(parse("links"));
}

static void first_verb_is_default(void **state)
{
    (void)state;
    assert_true(parse("link"));
    assert_string_equal(invocation.verb->name, "show");
    assert_true(parse("link state up"));
    assert_string_equal(invocation_text(&invocation, "state"), "up");
    assert_false(parse("link leaf0"));
}

static void keys_and_positions(void **state)
{
    (void)state;
    assert_true(parse("link show leaf0 st d al"));
    assert_string_equal(invocation_text(&invocation, "name"), "leaf0");
    assert_string_equal(invocation_text(&invocation, "state"), "down");
    assert_true(invocation_flag(&invocation, "all"));
    assert_true(parse("link show name state")); /* a link with the name of a key */
    assert_string_equal(invocation_text(&invocation, "name"), "state");
    assert_true(parse("link show a")); /* optional: a shortened key comes first */
    assert_true(invocation_flag(&invocation, "all"));
    assert_true(parse("link set l")); /* required: any word that is no key */
    assert_string_equal(invocation_text(&invocation, "name"), "l");
    assert_false(parse("link show leaf0 leaf1"));
    assert_false(parse("link show all all"));
    assert_false(parse("link show state"));
    assert_false(parse("link set"));
}

static void values_are_checked(void **state)
{
    (void)state;
    assert_true(parse("link set leaf0 level 9 job 0x1F rate 400G part 1"));
    assert_int_equal(invocation_value(&invocation, "level")->number, 9);
    assert_int_equal(invocation_value(&invocation, "job")->number, 31);
    assert_int_equal(invocation_value(&invocation, "rate")->number, 400000000000);
    assert_true(invocation_value(&invocation, "part")->ratio == 1);
    static const char *const wrong[] = {
        "level 1",    "level 10", "level -3",  "level 5x", "level 99999999999999999999",
        "job -1",     "job llm",  "rate 400",  "rate 1P",  "part 1.01",
        "part -0.01", "part nan", "part half", "part 0,5"};
    for (unsigned i = 0; i < sizeof(wrong) / sizeof(wrong[0]); i++) {
        char line[64];
        snprintf(line, sizeof(line), "link set leaf0 %s", wrong[i]);
        assert_false(parse(line));
    }
}

static void rest_is_taken_as_it_stands(void **state)
{
    (void)state;
    assert_true(parse("list show link se leaf0"));
    assert_int_equal(invocation.word_count, 3);
    assert_string_equal(invocation.words[2], "leaf0");
}

static void options_stand_anywhere(void **state)
{
    struct options taken;
    char *words[] = {"link", "-j", "set", "-s", "there", "--", "-p"};
    int count = 7;
    (void)state;
    assert_true(options_take(&taken, &count, words));
    assert_int_equal(count, 3);
    assert_true(taken.json);
    assert_false(taken.pretty);
    assert_string_equal(taken.socket, "there");
    assert_string_equal(words[2], "-p");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(words_may_be_shortened_while_unique),
        cmocka_unit_test(first_verb_is_default),
        cmocka_unit_test(keys_and_positions),
        cmocka_unit_test(values_are_checked),
        cmocka_unit_test(rest_is_taken_as_it_stands),
        cmocka_unit_test(options_stand_anywhere),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
