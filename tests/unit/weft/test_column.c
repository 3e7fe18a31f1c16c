/* SPDX-License-Identifier: BSD-3-Clause */
/* Foreign values: chosen, checked, written for people. */
#include <locale.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include <cmocka.h>

#include "tools/weft/column.h"
#include "tools/weft/terminal_text.h"

/* The cell of {"value": JSON}; "wrong" when it is of another type. */
static const char *cell_of(enum column_unit unit, const char *json)
{
    static char cell[COLUMN_CELL_BYTES];
    char text[256], problem[COLUMN_PROBLEM_BYTES];
    const struct column columns[] = {{"value", "word", unit}, {NULL}};
    snprintf(text, sizeof(text), "{\"value\": %s, \"other\": 1}", json);
    json_t *object = json_loads(text, 0, NULL), *selected = column_select(columns, object, problem);
    assert_non_null(object);
    json_decref(object);
    if (!selected)
        return strstr(problem, "\"value\"") ? "wrong" : "problem without its key";
    assert_null(json_object_get(selected, "other"));
    column_cell(columns, selected, cell);
    json_decref(selected);
    return cell;
}

static void units_for_people(void **state)
{
    (void)state;
    static const struct {
        enum column_unit unit;
        const char *json, *cell;
    } cases[] = {
        {COLUMN_TEXT, "\"leaf0\"", "leaf0"},
        {COLUMN_TEXT, "7", "7"},
        {COLUMN_TEXT, "null", ""},
        {COLUMN_TEXTS, "[\"a\", 2]", "a,2"},
        {COLUMN_FLAG, "true", "word"},
        {COLUMN_FLAG, "false", ""},
        {COLUMN_NUMBER, "0", "0"},
        {COLUMN_RATIO, "1", "1.000"},
        {COLUMN_PERCENT, "0.375", "38 %"},
        {COLUMN_RATE, "400000000000", "400 Gb/s"},
        {COLUMN_SIZE, "65536", "64.0 KiB"},
        {COLUMN_DURATION_NS, "1500", "1.50 us"},
        {COLUMN_DURATION_MS, "0.25", "250 us"},
        {COLUMN_DURATION_S, "119", "119 s"},
        {COLUMN_DURATION_S, "125", "2m 5s"},
        {COLUMN_DURATION_S, "93784.5", "1d 2h"},
        {COLUMN_DURATION_S, "1e300", "11574074d 1h"},
        {COLUMN_TIME_S, "1700000000.9996", "2023-11-14 22:13:21.000"},
        {COLUMN_TIME_S, "0", ""},
        {COLUMN_OBJECT, "{\"a\": [1]}", ""},
    };
    for (unsigned i = 0; i < sizeof(cases) / sizeof(cases[0]); i++)
        assert_string_equal(cell_of(cases[i].unit, cases[i].json), cases[i].cell);
}

static void other_types_are_refused(void **state)
{
    (void)state;
    static const struct {
        enum column_unit unit;
        const char *json;
    } cases[] = {
        {COLUMN_TEXT, "[]"},        {COLUMN_TEXT, "1.5"},   {COLUMN_STATE, "1"},
        {COLUMN_TEXTS, "\"a\""},    {COLUMN_TEXTS, "[[]]"}, {COLUMN_FLAG, "1"},
        {COLUMN_NUMBER, "1.5"},     {COLUMN_NUMBER, "-1"},  {COLUMN_RATE, "\"400G\""},
        {COLUMN_RATIO, "\"half\""}, {COLUMN_RATIO, "-0.5"}, {COLUMN_TIME_S, "true"},
    };
    for (unsigned i = 0; i < sizeof(cases) / sizeof(cases[0]); i++)
        assert_string_equal(cell_of(cases[i].unit, cases[i].json), "wrong");
}

static void inner_objects_are_reached(void **state)
{
    char problem[COLUMN_PROBLEM_BYTES];
    const struct column columns[] = {
        {"links.up", "up", COLUMN_NUMBER}, {"plan.epoch", "epoch", COLUMN_NUMBER}, {NULL}};
    json_t *object = json_loads("{\"links\": {\"up\": 3}, \"plan\": 7}", 0, NULL);
    json_t *selected = column_select(columns, object, problem);
    (void)state;
    assert_int_equal(json_object_size(selected), 1);
    assert_int_equal(json_integer_value(json_object_get(selected, "links_up")), 3);
    json_decref(selected);
    json_decref(object);
}

static void terminals_are_told_nothing(void **state)
{
    (void)state;
    static const struct {
        const char *text, *written;
    } cases[] = {
        {"plain", "plain"},
        {"a\033[2Jb\a\r\n\tc", "a?[2Jb????c"},
        {"\177\302\233", "??"},          /* delete, and the one-character escape sequence introducer */
        {"\342\200\256right", "?right"}, /* right-to-left override */
        {"J\303\266rg", "J\303\266rg"},
        {"cut \303", "cut ?"},
        {"\377\376", "??"},
    };
    for (unsigned i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        char *written;
        size_t bytes;
        FILE *stream = open_memstream(&written, &bytes);
        terminal_text_write(stream, cases[i].text, 100);
        fclose(stream);
        assert_string_equal(written, cases[i].written);
        free(written);
    }
    assert_int_equal(terminal_text_write(NULL, "J\303\266rg", 100), 4);
    assert_int_equal(terminal_text_write(NULL, "\345\271\262\345\271\262", 3),
                     2); /* each takes two columns */
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(units_for_people),
        cmocka_unit_test(other_types_are_refused),
        cmocka_unit_test(inner_objects_are_reached),
        cmocka_unit_test(terminals_are_told_nothing),
    };
    setenv("TZ", "UTC", 1);
    tzset();
    if (!setlocale(LC_CTYPE, "C.UTF-8"))
        return 77;
    return cmocka_run_group_tests(tests, NULL, NULL);
}
