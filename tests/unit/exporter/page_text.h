/* SPDX-License-Identifier: BSD-3-Clause */
/* Pages as text, for tests. */
#ifndef WEFT_TESTS_UNIT_EXPORTER_PAGE_TEXT_H
#define WEFT_TESTS_UNIT_EXPORTER_PAGE_TEXT_H

/* clang-format off */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
/* clang-format on */

#include <jansson.h>

#include "tools/exporter/metric_page.h"

/* The page in a format, to be freed. */
char *page_text(const struct metric_page *page, enum metric_format format);

/* The page, as text, has or has not this line. */
void assert_line(const struct metric_page *page, const char *line);
void assert_no_line(const struct metric_page *page, const char *part);

/* JSON with ' for ". */
json_t *parse(const char *text);

#endif
