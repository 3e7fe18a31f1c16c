/* SPDX-License-Identifier: BSD-3-Clause */
/* Rows of checked values as a table of text. */
#ifndef WEFT_TOOLS_WEFT_REPORT_TABLE_H
#define WEFT_TOOLS_WEFT_REPORT_TABLE_H

#include <jansson.h>

#include "tools/weft/column.h"

enum {
    TABLE_COLUMNS_MAX = 24
};

/* On a terminal the last column of text is cut where the line would wrap. */
void table_print(const struct column *columns, const json_t *rows);
void table_print_heading(const struct column *columns);
/* By the columns' own widths. */
void table_print_line(const struct column *columns, const json_t *row);
void table_print_card(const struct column *columns, const json_t *object);

#endif
