/* SPDX-License-Identifier: BSD-3-Clause */
#include "tools/exporter/newest.h"

#include <math.h>

#include "tools/exporter/answer.h"

void newest_take(struct newest *newest, const json_t *rows, const char *key,
                 void (*tell)(void *context, const json_t *row), void *context)
{
    double highest = 0;
    size_t i;
    json_t *row;
    if (!json_is_array(rows))
        return;
    json_array_foreach(rows, i, row)
    {
        double number = answer_number(row, key);
        if (isnan(number))
            continue;
        if (newest->is_started && number > newest->number)
            tell(context, row);
        highest = fmax(highest, number);
    }
    *newest = (struct newest){highest, true};
}
