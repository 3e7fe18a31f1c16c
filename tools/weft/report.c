/* SPDX-License-Identifier: BSD-3-Clause */
#include "tools/weft/report.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "tools/weft/report_table.h"
#include "tools/weft/terminal_text.h"

/* Enough for a time in microseconds, and few enough for 0.1 to stay 0.1. */
#define REAL_DIGITS JSON_REAL_PRECISION(16)

void report_begin(struct report *report, const struct options *options)
{
    *report = (struct report){.options = options, .printed = json_object()};
}

static void fail(struct report *report, const char *key, const char *problem)
{
    fprintf(stderr, "weft: the answer is not understood: %s: %s\n", key, problem);
    report->failed = true;
}

/* Between two sections of text. */
static void separate(struct report *report)
{
    if (report->has_text)
        putchar('\n');
    report->has_text = true;
}

static int compare_names(const void *a, const void *b, const char *key)
{
    const json_t *left = json_object_get(*(json_t *const *)a, key);
    const json_t *right = json_object_get(*(json_t *const *)b, key);
    if (json_is_string(left) && json_is_string(right))
        return strverscmp(json_string_value(left), json_string_value(right));
    json_int_t x = json_integer_value(left), y = json_integer_value(right);
    return (x > y) - (x < y);
}

static int compare_rows(const void *a, const void *b, void *key)
{
    return compare_names(a, b, key);
}

static json_t *sorted(json_t *rows, const struct column *by)
{
    char key[COLUMN_KEY_BYTES];
    size_t count = json_array_size(rows);
    json_t **list = calloc(count + 1, sizeof(json_t *));
    if (!list)
        return rows;
    for (size_t i = 0; i < count; i++)
        list[i] = json_array_get(rows, i);
    qsort_r(list, count, sizeof(json_t *), compare_rows, column_key(by, key));
    json_t *result = json_array();
    for (size_t i = 0; i < count; i++)
        json_array_append(result, list[i]);
    free(list);
    json_decref(rows);
    return result;
}

/* NULL: a row is wrong. */
static json_t *select_rows(struct report *report, const char *key, const struct column *columns,
                           const json_t *rows)
{
    char problem[COLUMN_PROBLEM_BYTES];
    json_t *selected = json_array(), *row;
    size_t i;
    if (!json_is_array(rows)) {
        fail(report, key, "there should be a list");
        rows = NULL;
    }
    json_array_foreach(rows, i, row)
    {
        json_t *object = json_is_object(row) ? column_select(columns, row, problem) : NULL;
        if (!object) {
            fail(report, key, json_is_object(row) ? problem : "there should be an object");
            break;
        }
        json_array_append_new(selected, object);
    }
    if (!report->failed)
        return columns[0].unit == COLUMN_TEXT ? sorted(selected, &columns[0]) : selected;
    json_decref(selected);
    return NULL;
}

void report_table(struct report *report, const char *key, const struct column *columns, const json_t *rows)
{
    json_t *selected = report->failed ? NULL : select_rows(report, key, columns, rows);
    if (!selected)
        return;
    if (report->options->json) {
        json_object_set(report->printed, key, selected);
    } else {
        separate(report);
        table_print(columns, selected);
    }
    json_decref(selected);
}

static json_t *select_object(struct report *report, const struct column *columns, const json_t *object)
{
    char problem[COLUMN_PROBLEM_BYTES] = "there should be an object";
    json_t *selected = NULL;
    if (!report->failed && json_is_object(object))
        selected = column_select(columns, object, problem);
    if (!report->failed && !selected)
        fail(report, "the whole", problem);
    return selected;
}

void report_card(struct report *report, const struct column *columns, const json_t *object)
{
    json_t *selected = select_object(report, columns, object);
    if (!selected)
        return;
    if (report->options->json) {
        json_object_update(report->printed, selected);
    } else if (json_object_size(selected) > 0) {
        separate(report);
        table_print_card(columns, selected);
    }
    json_decref(selected);
}

void report_text(struct report *report, const char *key, const json_t *text)
{
    if (report->failed)
        return;
    if (!json_is_string(text)) {
        fail(report, key, "there should be text");
        return;
    }
    json_object_set(report->printed, key, (json_t *)text);
    if (report->options->json)
        return;
    separate(report);
    terminal_text_write(stdout, json_string_value(text), 4096);
    putchar('\n');
}

void report_line(struct report *report, const struct column *columns, const json_t *row)
{
    json_t *selected = select_object(report, columns, row);
    if (!selected)
        return;
    if (report->options->json) {
        json_dumpf(selected, stdout, JSON_COMPACT | JSON_ENSURE_ASCII | REAL_DIGITS);
        putchar('\n');
    } else {
        if (!report->has_text)
            table_print_heading(columns);
        report->has_text = true;
        table_print_line(columns, selected);
    }
    fflush(stdout);
    json_decref(selected);
}

enum exit_status report_end(struct report *report)
{
    size_t indent = report->options->pretty ? JSON_INDENT(2) : JSON_COMPACT;
    if (report->options->json && !report->failed) {
        json_dumpf(report->printed, stdout, indent | JSON_ENSURE_ASCII | REAL_DIGITS);
        putchar('\n');
    }
    json_decref(report->printed);
    return report->failed ? EXIT_UNREACHABLE : EXIT_DONE;
}

static void unfold_one(json_t *rows, const json_t *object, const char *key)
{
    size_t i;
    json_t *inner, *list = json_object_get(object, key);
    if (json_array_size(list) == 0)
        json_array_append(rows, (json_t *)object);
    json_array_foreach(list, i, inner)
    {
        json_t *row = json_copy((json_t *)object);
        json_object_update(row, inner);
        json_array_append_new(rows, row);
    }
}

json_t *report_unfold(const json_t *list, const char *key)
{
    json_t *rows = json_array(), *object;
    size_t i;
    json_array_foreach(list, i, object) unfold_one(rows, object, key);
    return rows;
}
