/* SPDX-License-Identifier: BSD-3-Clause */
/* What a command prints: as tables for people, or as one JSON object with the same values. Sections come in
 * the order in which they are added. Every value is checked before it is printed; once one was wrong, which
 * is said on stderr, nothing more is printed. */
#ifndef WEFT_TOOLS_WEFT_REPORT_H
#define WEFT_TOOLS_WEFT_REPORT_H

#include <jansson.h>

#include "tools/weft/column.h"
#include "tools/weft/options.h"

struct report {
    const struct options *options;
    json_t *printed; /* what JSON will be */
    bool failed, has_text;
};

void report_begin(struct report *report, const struct options *options);

/* A row for each object of a list. Rows whose first column is text are sorted by it, as people count (leaf2
 * before leaf10). A column without any value is left out of the table. */
void report_table(struct report *report, const char *key, const struct column *columns, const json_t *rows);
/* A line for each value of one object; in JSON its keys stand at the top. */
void report_card(struct report *report, const struct column *columns, const json_t *object);
/* A sentence in a section of its own. */
void report_text(struct report *report, const char *key, const json_t *text);
/* A row by itself, at once: a line of fixed widths, or of JSON. */
void report_line(struct report *report, const struct column *columns, const json_t *row);

/* Prints what is left to print. EXIT_DONE, or EXIT_UNREACHABLE if a value was wrong. */
enum exit_status report_end(struct report *report);

/* For each object of `list`, for each object of its list `key`: a row with the keys of both. One without such
 * a list, or with an empty one, is a row alone. The caller owns the result. */
json_t *report_unfold(const json_t *list, const char *key);

#endif
