/* SPDX-License-Identifier: BSD-3-Clause */
/* Reads answers of other processes, which may hold anything: what is not there, or of another type, is as if
 * it had not been said. */
#ifndef WEFT_TOOLS_EXPORTER_ANSWER_H
#define WEFT_TOOLS_EXPORTER_ANSWER_H

#include <jansson.h>
#include <stdbool.h>

/* NAN when there is none. */
double answer_number(const json_t *object, const char *key);
/* "" when there is none. */
const char *answer_text(const json_t *object, const char *key);
bool answer_is_true(const json_t *object, const char *key);
/* The text is in the list, which ends with NULL; else "other": values of labels stay few. */
const char *answer_one_of(const char *text, const char *const *known);

#endif
