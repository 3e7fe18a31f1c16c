/* SPDX-License-Identifier: BSD-3-Clause */
#include "tools/weft/report_table.h"

#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include "tools/weft/terminal_text.h"

enum {
    GAP = 2,
    CUT_MIN = 8
};

struct layout {
    const struct column *shown[TABLE_COLUMNS_MAX];
    unsigned width[TABLE_COLUMNS_MAX];
    unsigned count;
};

static unsigned width_of(const char *text)
{
    return terminal_text_write(NULL, text, UINT_MAX);
}

static bool is_shown(const struct column *column)
{
    return column->heading && column->unit != COLUMN_REMEDY && column->unit != COLUMN_OBJECT;
}

/* ---- colours ---- */

static const char *colour_of(const char *state)
{
    static const char *const good[] = {"up", "alive", "current", "ok", NULL};
    static const char *const bad[] = {"down",    "dead",     "absent",  "error",
                                      "problem", "miswired", "missing", NULL};
    static const char *const doubtful[] = {"suspect", "suspected", "confirmed", "behind", "unknown",
                                           "warning", "note",      "extra",     NULL};
    static const struct {
        const char *const *states;
        const char *colour;
    } colours[] = {{good, "\033[32m"}, {bad, "\033[1;31m"}, {doubtful, "\033[33m"}};
    for (unsigned i = 0; i < sizeof(colours) / sizeof(colours[0]); i++) {
        for (const char *const *s = colours[i].states; *s; s++) {
            if (strcmp(*s, state) == 0)
                return colours[i].colour;
        }
    }
    return NULL;
}

static bool has_colours(void)
{
    const char *terminal = getenv("TERM");
    return isatty(STDOUT_FILENO) && !getenv("NO_COLOR") && terminal && strcmp(terminal, "dumb") != 0;
}

/* ---- cells ---- */

static void pad(unsigned columns)
{
    printf("%*s", (int)columns, "");
}

static void print_cell(const struct column *column, const char *text, unsigned width, bool is_last)
{
    unsigned taken = width_of(text);
    const char *colour = column->unit == COLUMN_STATE && has_colours() ? colour_of(text) : NULL;
    unsigned room = taken < width ? width - taken : 0;
    if (column_is_number(column))
        pad(room);
    if (colour)
        fputs(colour, stdout);
    terminal_text_write(stdout, text, is_last || taken <= width ? width : taken);
    if (colour)
        fputs("\033[0m", stdout);
    if (!is_last && !column_is_number(column))
        pad(room);
}

static void print_remedies(const struct column *columns, const json_t *row)
{
    char cell[COLUMN_CELL_BYTES];
    for (const struct column *c = columns; c->key; c++) {
        if (c->unit != COLUMN_REMEDY || column_cell(c, row, cell)[0] == '\0')
            continue;
        printf("    %s: ", c->heading);
        terminal_text_write(stdout, cell, UINT_MAX);
        putchar('\n');
    }
}

static void print_row(const struct layout *layout, const json_t *row)
{
    char cell[COLUMN_CELL_BYTES];
    for (unsigned i = 0; i < layout->count; i++) {
        const char *text = column_cell(layout->shown[i], row, cell);
        bool is_last = i + 1 == layout->count;
        print_cell(layout->shown[i], text[0] ? text : "-", layout->width[i], is_last);
        if (!is_last)
            pad(GAP);
    }
    putchar('\n');
}

static void print_headings(const struct layout *layout)
{
    for (unsigned i = 0; i < layout->count; i++) {
        bool is_last = i + 1 == layout->count;
        bool is_number = column_is_number(layout->shown[i]);
        printf("%*s",
               is_number ? (int)layout->width[i]
               : is_last ? 0
                         : -(int)layout->width[i],
               layout->shown[i]->heading);
        if (!is_last)
            pad(GAP);
    }
    putchar('\n');
}

/* ---- layouts ---- */

static void add_shown(struct layout *layout, const struct column *column, const json_t *rows)
{
    char cell[COLUMN_CELL_BYTES];
    unsigned widest = 0;
    size_t i;
    json_t *row;
    json_array_foreach(rows, i, row)
    {
        unsigned width = width_of(column_cell(column, row, cell));
        widest = width > widest ? width : widest;
    }
    if (widest == 0 && json_array_size(rows) > 0)
        return;
    unsigned heading = (unsigned)strlen(column->heading);
    layout->shown[layout->count] = column;
    layout->width[layout->count++] = widest > heading ? widest : heading;
}

/* The last column gives way, if it is text. */
static void fit_terminal(struct layout *layout)
{
    struct winsize size;
    unsigned last = layout->count - 1, before = 0;
    if (layout->count == 0 || ioctl(STDOUT_FILENO, TIOCGWINSZ, &size) != 0 || size.ws_col == 0)
        return;
    for (unsigned i = 0; i < last; i++)
        before += layout->width[i] + GAP;
    if (column_is_number(layout->shown[last]) || before + layout->width[last] <= size.ws_col)
        return;
    layout->width[last] = before + CUT_MIN < size.ws_col ? size.ws_col - before : CUT_MIN;
}

void table_print(const struct column *columns, const json_t *rows)
{
    struct layout layout = {.count = 0};
    size_t i;
    json_t *row;
    for (const struct column *c = columns; c->key && layout.count < TABLE_COLUMNS_MAX; c++) {
        if (is_shown(c))
            add_shown(&layout, c, rows);
    }
    fit_terminal(&layout);
    print_headings(&layout);
    json_array_foreach(rows, i, row)
    {
        print_row(&layout, row);
        print_remedies(columns, row);
    }
}

static struct layout fixed_layout(const struct column *columns)
{
    struct layout layout = {.count = 0};
    for (const struct column *c = columns; c->key && layout.count < TABLE_COLUMNS_MAX; c++) {
        if (!is_shown(c))
            continue;
        layout.shown[layout.count] = c;
        layout.width[layout.count++] = c->width ? c->width : COLUMN_CELL_BYTES;
    }
    return layout;
}

void table_print_heading(const struct column *columns)
{
    struct layout layout = fixed_layout(columns);
    print_headings(&layout);
}

void table_print_line(const struct column *columns, const json_t *row)
{
    struct layout layout = fixed_layout(columns);
    print_row(&layout, row);
}

void table_print_card(const struct column *columns, const json_t *object)
{
    char cell[COLUMN_CELL_BYTES];
    unsigned widest = 0;
    for (const struct column *c = columns; c->key; c++) {
        if (c->heading && column_cell(c, object, cell)[0] && strlen(c->heading) > widest)
            widest = (unsigned)strlen(c->heading);
    }
    for (const struct column *c = columns; c->key; c++) {
        if (!c->heading || column_cell(c, object, cell)[0] == '\0')
            continue;
        printf("%-*s", (int)widest + GAP, c->heading);
        terminal_text_write(stdout, cell, COLUMN_CELL_BYTES);
        putchar('\n');
    }
}
