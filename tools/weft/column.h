/* SPDX-License-Identifier: BSD-3-Clause */
/* What one value of an answer is: its key in JSON, its heading, and how people read it. Tables and JSON are
 * made from the same columns. */
#ifndef WEFT_TOOLS_WEFT_COLUMN_H
#define WEFT_TOOLS_WEFT_COLUMN_H

#include <jansson.h>
#include <stdbool.h>

enum column_unit {
    COLUMN_TEXT,    /* text, or the number of something that has no name */
    COLUMN_STATE,   /* a word, coloured when it is good or bad news */
    COLUMN_REMEDY,  /* text in a line of its own below the row */
    COLUMN_TEXTS,   /* a list of such texts */
    COLUMN_FLAG,    /* true: the heading's word; false: nothing */
    COLUMN_NUMBER,  /* whole, not negative */
    COLUMN_RATIO,   /* 1.000 */
    COLUMN_PERCENT, /* of a ratio */
    COLUMN_RATE,    /* bits per second */
    COLUMN_SIZE,    /* bytes */
    COLUMN_DURATION_NS,
    COLUMN_DURATION_MS,
    COLUMN_DURATION_S,
    COLUMN_TIME_S, /* since 1970, with fraction */
    COLUMN_OBJECT  /* anything; only in JSON */
};

struct column {
    const char *key;     /* "links.up" is `up` of the object `links`; then "links_up" in what is printed */
    const char *heading; /* NULL: only in JSON */
    enum column_unit unit;
    unsigned width; /* of lines that follow each other, where the longest is not known before */
};

enum {
    COLUMN_KEY_BYTES = 64,
    COLUMN_PROBLEM_BYTES = 160,
    COLUMN_CELL_BYTES = 512
};

/* Takes the columns' values, and nothing else, out of a foreign object: a new object with their keys, without
 * those that are absent or null. NULL: `problem` names the key whose value is of another type. */
json_t *column_select(const struct column *columns, const json_t *object, char problem[COLUMN_PROBLEM_BYTES]);

/* The key that is printed. */
char *column_key(const struct column *column, char key[COLUMN_KEY_BYTES]);

/* The value in an object so made, for people; "" when there is none. */
char *column_cell(const struct column *column, const json_t *selected, char cell[COLUMN_CELL_BYTES]);

/* Whether the unit is read from its right end. */
bool column_is_number(const struct column *column);

#endif
