/* SPDX-License-Identifier: BSD-3-Clause */
#include "control/planner/refuse.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>

#include "control/planner/fabric.h"

int planner_refuse(char *error, const char *format, ...)
{
    va_list arguments;
    va_start(arguments, format);
    vsnprintf(error, PLANNER_ERROR_BYTES, format, arguments);
    va_end(arguments);
    return -EINVAL;
}

int planner_refuse_memory(char *error)
{
    snprintf(error, PLANNER_ERROR_BYTES, "no memory for the plan: plan fewer ports or flows at a time");
    return -ENOMEM;
}
