/* SPDX-License-Identifier: BSD-3-Clause */
#include "control/topology/error.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

static int write_position(struct topology_position at, char *text, size_t bytes)
{
    if (at.file && at.line)
        return snprintf(text, bytes, "%s:%u:%u: ", at.file, at.line, at.column);
    if (at.file)
        return snprintf(text, bytes, "%s: ", at.file);
    return 0;
}

int topology_fail(struct topology_error *error, struct topology_position at, const char *code,
                  const char *format, ...)
{
    va_list arguments;
    error->code = code;
    error->text[0] = '\0';
    size_t start = (size_t)write_position(at, error->text, sizeof(error->text));
    va_start(arguments, format);
    if (start < sizeof(error->text))
        vsnprintf(error->text + start, sizeof(error->text) - start, format, arguments);
    va_end(arguments);
    return -EINVAL;
}

int topology_fail_memory(struct topology_error *error)
{
    *error = (struct topology_error){.code = "out_of_memory", .text = "out of memory"};
    return -ENOMEM;
}

char *topology_quote(const char *text, size_t length, char quote[TOPOLOGY_QUOTE_BYTES])
{
    size_t kept = length < TOPOLOGY_QUOTE_BYTES ? length : TOPOLOGY_QUOTE_BYTES - 4;
    for (size_t i = 0; i < kept; i++)
        quote[i] = text[i] >= ' ' && text[i] <= '~' ? text[i] : '?';
    strcpy(quote + kept, kept < length ? "..." : "");
    return quote;
}
