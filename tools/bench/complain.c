/* SPDX-License-Identifier: BSD-3-Clause */
#include "tools/bench/complain.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>

int complain(const char *format, ...)
{
    char line[512];
    va_list arguments;
    va_start(arguments, format);
    vsnprintf(line, sizeof line, format, arguments);
    va_end(arguments);
    fflush(stdout);
    fprintf(stderr, "%s: %s\n", program_invocation_short_name, line);
    return -1;
}
