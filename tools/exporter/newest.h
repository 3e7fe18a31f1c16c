/* SPDX-License-Identifier: BSD-3-Clause */
/* What is new in a list that control gives anew each time: rows whose number is above all numbers of the last
 * list. The first list only says where news begins. */
#ifndef WEFT_TOOLS_EXPORTER_NEWEST_H
#define WEFT_TOOLS_EXPORTER_NEWEST_H

#include <stdbool.h>

#include <jansson.h>

struct newest {
    double number; /* of the newest row that was seen */
    bool is_started;
};

/* Tells each new row of `rows`, an array or nothing; `key` is the name of its number. A control that begins
 * again with small numbers is followed there. */
void newest_take(struct newest *newest, const json_t *rows, const char *key,
                 void (*tell)(void *context, const json_t *row), void *context);

#endif
