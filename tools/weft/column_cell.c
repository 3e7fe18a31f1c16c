/* SPDX-License-Identifier: BSD-3-Clause */
#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

#include "dataplane/formats/units.h"
#include "tools/weft/column.h"

enum {
    SECONDS_SHOWN_PLAIN = 120
};

static void append_text(char cell[COLUMN_CELL_BYTES], const json_t *value)
{
    size_t length = strlen(cell);
    const char *comma = length ? "," : "";
    if (json_is_string(value))
        snprintf(cell + length, COLUMN_CELL_BYTES - length, "%s%s", comma, json_string_value(value));
    else
        snprintf(cell + length, COLUMN_CELL_BYTES - length, "%s%" JSON_INTEGER_FORMAT, comma,
                 json_integer_value(value));
}

static void format_texts(char cell[COLUMN_CELL_BYTES], const json_t *values)
{
    size_t i;
    json_t *value;
    json_array_foreach(values, i, value) append_text(cell, value);
}

/* In the two largest units that say something: "3d 4h", "2m 5s". */
static void format_long_duration(char cell[COLUMN_CELL_BYTES], uint64_t seconds)
{
    uint64_t minutes = seconds / 60, hours = minutes / 60, days = hours / 24;
    if (days)
        snprintf(cell, COLUMN_CELL_BYTES, "%" PRIu64 "d %" PRIu64 "h", days, hours % 24);
    else if (hours)
        snprintf(cell, COLUMN_CELL_BYTES, "%" PRIu64 "h %" PRIu64 "m", hours, minutes % 60);
    else
        snprintf(cell, COLUMN_CELL_BYTES, "%" PRIu64 "m %" PRIu64 "s", minutes, seconds % 60);
}

static void format_duration(char cell[COLUMN_CELL_BYTES], double seconds)
{
    char text[UNITS_TEXT_BYTES];
    if (seconds < SECONDS_SHOWN_PLAIN)
        snprintf(cell, COLUMN_CELL_BYTES, "%s",
                 units_format_duration((uint64_t)llround(seconds * 1e9), text));
    else
        format_long_duration(cell, seconds < 1e12 ? (uint64_t)seconds : (uint64_t)1e12);
}

/* 0 is never. */
static void format_time(char cell[COLUMN_CELL_BYTES], double seconds)
{
    struct tm parts;
    uint64_t milliseconds = (uint64_t)llround(fmin(seconds, 1e11) * 1000);
    time_t whole = (time_t)(milliseconds / 1000);
    if (milliseconds == 0 || !localtime_r(&whole, &parts))
        return;
    size_t length = strftime(cell, COLUMN_CELL_BYTES, "%Y-%m-%d %H:%M:%S", &parts);
    snprintf(cell + length, COLUMN_CELL_BYTES - length, ".%03u", (unsigned)(milliseconds % 1000));
}

static void format_quantity(char cell[COLUMN_CELL_BYTES], enum column_unit unit, const json_t *value)
{
    char text[UNITS_TEXT_BYTES];
    uint64_t number = json_is_integer(value) ? (uint64_t)json_integer_value(value) : 0;
    if (unit == COLUMN_RATE)
        snprintf(cell, COLUMN_CELL_BYTES, "%s", units_format_rate(number, text));
    else if (unit == COLUMN_SIZE)
        snprintf(cell, COLUMN_CELL_BYTES, "%s", units_format_size(number, text));
    else if (unit == COLUMN_RATIO)
        snprintf(cell, COLUMN_CELL_BYTES, "%.3f", json_number_value(value));
    else if (unit == COLUMN_PERCENT)
        snprintf(cell, COLUMN_CELL_BYTES, "%.0f %%", 100 * json_number_value(value));
    else
        append_text(cell, value);
}

char *column_cell(const struct column *column, const json_t *selected, char cell[COLUMN_CELL_BYTES])
{
    char key[COLUMN_KEY_BYTES];
    const json_t *value = json_object_get(selected, column_key(column, key));
    cell[0] = '\0';
    if (!value || column->unit == COLUMN_OBJECT)
        return cell;
    if (column->unit == COLUMN_TEXTS)
        format_texts(cell, value);
    else if (column->unit == COLUMN_FLAG)
        snprintf(cell, COLUMN_CELL_BYTES, "%s", json_is_true(value) ? column->heading : "");
    else if (column->unit == COLUMN_DURATION_NS)
        format_duration(cell, json_number_value(value) / 1e9);
    else if (column->unit == COLUMN_DURATION_MS)
        format_duration(cell, json_number_value(value) / 1e3);
    else if (column->unit == COLUMN_DURATION_S)
        format_duration(cell, json_number_value(value));
    else if (column->unit == COLUMN_TIME_S)
        format_time(cell, json_number_value(value));
    else
        format_quantity(cell, column->unit, value);
    return cell;
}

bool column_is_number(const struct column *column)
{
    return column->unit >= COLUMN_NUMBER && column->unit <= COLUMN_DURATION_S;
}
