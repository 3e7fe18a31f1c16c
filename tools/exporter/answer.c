/* SPDX-License-Identifier: BSD-3-Clause */
#include "tools/exporter/answer.h"

#include <math.h>
#include <string.h>

double answer_number(const json_t *object, const char *key)
{
    const json_t *value = json_object_get(object, key);
    return json_is_number(value) ? json_number_value(value) : NAN;
}

const char *answer_text(const json_t *object, const char *key)
{
    const char *text = json_string_value(json_object_get(object, key));
    return text != NULL ? text : "";
}

bool answer_is_true(const json_t *object, const char *key)
{
    return json_is_true(json_object_get(object, key));
}

const char *answer_one_of(const char *text, const char *const *known)
{
    for (; *known != NULL; known++)
        if (strcmp(text, *known) == 0)
            return *known;
    return "other";
}
