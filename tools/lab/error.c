/* SPDX-License-Identifier: BSD-3-Clause */
#include "tools/lab/error.h"

#include <stdarg.h>
#include <stdio.h>

int lab_error_set(struct lab_error *error, int status, const char *format, ...)
{
    va_list arguments;
    va_start(arguments, format);
    vsnprintf(error->text, sizeof(error->text), format, arguments);
    va_end(arguments);
    return status;
}
