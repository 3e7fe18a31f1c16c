/* SPDX-License-Identifier: BSD-3-Clause */
#include "nic/error_text.h"

#include <stdarg.h>
#include <stdio.h>

int error_text(char error[PORT_ERROR_BYTES], int negative_errno, const char *format, ...)
{
    va_list arguments;
    va_start(arguments, format);
    vsnprintf(error, PORT_ERROR_BYTES, format, arguments);
    va_end(arguments);
    return negative_errno;
}
