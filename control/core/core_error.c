/* SPDX-License-Identifier: BSD-3-Clause */
#include "control/core/core_error.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>

int core_fail(struct core_error *error, int result, const char *code, const char *format, ...)
{
    va_list arguments;
    va_start(arguments, format);
    error->code = code;
    vsnprintf(error->text, sizeof(error->text), format, arguments);
    va_end(arguments);
    return result;
}

int core_fail_memory(struct core_error *error)
{
    return core_fail(error, -ENOMEM, "too_many", "out of memory: nothing was done");
}
