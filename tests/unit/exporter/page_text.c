/* SPDX-License-Identifier: BSD-3-Clause */
#include "tests/unit/exporter/page_text.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

char *page_text(const struct metric_page *page, enum metric_format format)
{
    struct text_buffer text = {.bytes = NULL};
    metric_page_write(page, format, &text);
    metric_format_end(format, &text);
    text_buffer_add(&text, "", 1);
    assert_false(text.failed);
    return text.bytes;
}

void assert_line(const struct metric_page *page, const char *line)
{
    char wanted[512], *text = page_text(page, METRIC_FORMAT_TEXT);
    snprintf(wanted, sizeof(wanted), "%s\n", line);
    const char *found = strstr(text, wanted);
    if (found == NULL || (found != text && found[-1] != '\n'))
        fail_msg("'%s' is not in\n%s", line, text);
    free(text);
}

void assert_no_line(const struct metric_page *page, const char *part)
{
    char *text = page_text(page, METRIC_FORMAT_TEXT);
    if (strstr(text, part) != NULL)
        fail_msg("'%s' is in\n%s", part, text);
    free(text);
}

json_t *parse(const char *text)
{
    char *copy = strdup(text);
    json_error_t error;
    for (char *c = copy; *c != '\0'; c++)
        *c = *c == '\'' ? '"' : *c;
    json_t *json = json_loads(copy, 0, &error);
    if (json == NULL)
        fail_msg("%s: %s", error.text, copy);
    free(copy);
    return json;
}
