/* SPDX-License-Identifier: BSD-3-Clause */
#include "control/topology/hostlist.h"

#include <ctype.h>
#include <errno.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>

enum {
    NAME_BYTES = 64,
    NAMES_MAX = 65536,
    DIGITS_MAX = 9
};

/* A walk in progress: the name so far. */
struct expansion {
    hostlist_visit visit;
    void *context;
    const char **problem;
    unsigned count;
    size_t length;
    char name[NAME_BYTES];
};

struct range {
    unsigned low, high;
    int width;
};

static int refuse(struct expansion *e, const char *problem)
{
    *e->problem = problem;
    return -EINVAL;
}

/* Reads digits and moves *text behind them; returns how many there were, at most one more than are allowed.
 */
static int read_number(const char **text, unsigned *number)
{
    int digits = 0;
    *number = 0;
    for (; isdigit((unsigned char)**text) && digits <= DIGITS_MAX; ++*text, digits++)
        *number = digits < DIGITS_MAX ? *number * 10 + (unsigned)(**text - '0') : 0;
    return digits;
}

static int read_range(struct expansion *e, const char **text, struct range *range)
{
    range->width = read_number(text, &range->low);
    range->high = range->low;
    int digits = range->width;
    if (**text == '-') {
        ++*text;
        digits = read_number(text, &range->high);
    }
    if (range->width == 0 || digits == 0)
        return refuse(e, "a number or a range such as 0-3 is wanted inside [ ]");
    if (range->width > DIGITS_MAX || digits > DIGITS_MAX)
        return refuse(e, "a number of more than 9 digits");
    if (range->high < range->low)
        return refuse(e, "a range that ends before it begins");
    return 0;
}

static int expand_rest(struct expansion *e, const char *text, const char *end);

/* The rest of the name after each number of the range. */
static int expand_range(struct expansion *e, const struct range *range, const char *rest, const char *end)
{
    size_t length = e->length;
    int result = 0;
    for (unsigned number = range->low; result == 0; number++) {
        int added = snprintf(e->name + length, sizeof(e->name) - length, "%0*u", range->width, number);
        e->length = length + (size_t)added;
        if (e->length >= sizeof(e->name))
            return refuse(e, "a name of more than 63 characters");
        result = expand_rest(e, rest, end);
        if (number == range->high)
            break;
    }
    e->length = length;
    return result;
}

/* `text` stands behind the bracket that opens. */
static int expand_bracket(struct expansion *e, const char *text, const char *end)
{
    const char *close = memchr(text, ']', (size_t)(end - text));
    struct range range;
    int result;
    if (!close)
        return refuse(e, "a [ without its ]");
    do {
        result = read_range(e, &text, &range);
        if (result == 0 && text != close && *text != ',')
            result = refuse(e, "only numbers, - and , are allowed inside [ ]");
        if (result == 0)
            result = expand_range(e, &range, close + 1, end);
    } while (result == 0 && text++ != close);
    return result;
}

static int finish_name(struct expansion *e)
{
    if (e->length == 0)
        return refuse(e, "an empty name");
    if (e->count++ == NAMES_MAX)
        return refuse(e, "more than 65536 names");
    e->name[e->length] = '\0';
    return e->visit(e->name, e->context);
}

/* What is left of one name, up to `end`; the name is as it was on return. */
static int expand_rest(struct expansion *e, const char *text, const char *end)
{
    size_t length = e->length;
    const char *bracket = memchr(text, '[', (size_t)(end - text));
    size_t literal = (size_t)((bracket ? bracket : end) - text);
    if (memchr(text, ']', literal))
        return refuse(e, "a ] without its [");
    if (literal >= sizeof(e->name) - length)
        return refuse(e, "a name of more than 63 characters");
    memcpy(e->name + length, text, literal);
    e->length = length + literal;
    int result = bracket ? expand_bracket(e, bracket + 1, end) : finish_name(e);
    e->length = length;
    return result;
}

/* The comma, or the end, behind the first name of the list. */
static const char *end_of_name(const char *text, const char *end)
{
    bool inside = false;
    for (; text < end && (inside || *text != ','); text++)
        inside = *text == '[' || (inside && *text != ']');
    return text;
}

int hostlist_expand(const char *list, size_t length, hostlist_visit visit, void *context,
                    const char **problem)
{
    struct expansion e = {.visit = visit, .context = context, .problem = problem};
    const char *end = list + length;
    for (;;) {
        const char *name_end = end_of_name(list, end);
        e.length = 0;
        int result = expand_rest(&e, list, name_end);
        if (result || name_end == end)
            return result;
        list = name_end + 1;
    }
}
