/* SPDX-License-Identifier: BSD-3-Clause */
#include <stdio.h>
#include <string.h>

#include "tools/weft/column.h"

/* "a.b" of {"a": {"b": value}}; NULL: there is none. */
static json_t *find(const json_t *object, const char *key)
{
    const char *dot;
    char part[COLUMN_KEY_BYTES];
    while ((dot = strchr(key, '.')) != NULL) {
        snprintf(part, sizeof(part), "%.*s", (int)(dot - key), key);
        object = json_object_get(object, part);
        key = dot + 1;
    }
    return json_object_get(object, key);
}

static bool is_text(const json_t *value)
{
    return json_is_string(value) || json_is_integer(value);
}

static bool is_texts(const json_t *value)
{
    size_t i;
    json_t *text;
    if (!json_is_array(value))
        return false;
    json_array_foreach(value, i, text)
    {
        if (!is_text(text))
            return false;
    }
    return true;
}

static bool fits(enum column_unit unit, const json_t *value)
{
    switch (unit) {
    case COLUMN_TEXT:
        return is_text(value);
    case COLUMN_STATE:
    case COLUMN_REMEDY:
        return json_is_string(value);
    case COLUMN_TEXTS:
        return is_texts(value);
    case COLUMN_FLAG:
        return json_is_boolean(value);
    case COLUMN_NUMBER:
    case COLUMN_RATE:
    case COLUMN_SIZE:
    case COLUMN_DURATION_NS:
        return json_is_integer(value) && json_integer_value(value) >= 0;
    case COLUMN_RATIO:
    case COLUMN_PERCENT:
    case COLUMN_DURATION_MS:
    case COLUMN_DURATION_S:
    case COLUMN_TIME_S:
        return json_is_number(value) && json_number_value(value) >= 0;
    case COLUMN_OBJECT:
        break;
    }
    return true;
}

char *column_key(const struct column *column, char key[COLUMN_KEY_BYTES])
{
    snprintf(key, COLUMN_KEY_BYTES, "%s", column->key);
    for (char *c = key; *c; c++)
        *c = *c == '.' ? '_' : *c;
    return key;
}

json_t *column_select(const struct column *columns, const json_t *object, char problem[COLUMN_PROBLEM_BYTES])
{
    char key[COLUMN_KEY_BYTES];
    json_t *selected = json_object();
    for (const struct column *c = columns; c->key; c++) {
        json_t *value = find(object, c->key);
        if (!value || json_is_null(value))
            continue;
        if (!fits(c->unit, value)) {
            snprintf(problem, COLUMN_PROBLEM_BYTES, "\"%s\" is of another type than it should be", c->key);
            json_decref(selected);
            return NULL;
        }
        json_object_set(selected, column_key(c, key), value);
    }
    return selected;
}
