/* SPDX-License-Identifier: BSD-3-Clause */
#include "dataplane/process/log.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>

static enum log_level threshold = LOG_LEVEL_INFO;

void log_set_level(enum log_level level)
{
    threshold = level;
}

/* One write a line, control characters from outside replaced, so that lines cannot be forged or mixed. */
static void log_line(enum log_level level, const char *format, va_list arguments)
{
    static const char *const names[] = {"error", "warning", "info", "debug"};
    char text[512];
    if (level > threshold)
        return;
    vsnprintf(text, sizeof(text), format, arguments);
    for (char *c = text; *c; c++)
        if ((unsigned char)*c < ' ' || *c == 127)
            *c = '?';
    fprintf(stderr, "%s: %s: %s\n", program_invocation_short_name, names[level], text);
}

#define DEFINE_LOG(name, level)                                                                              \
    void name(const char *format, ...)                                                                       \
    {                                                                                                        \
        va_list arguments;                                                                                   \
        va_start(arguments, format);                                                                         \
        log_line(level, format, arguments);                                                                  \
        va_end(arguments);                                                                                   \
    }

DEFINE_LOG(log_error, LOG_LEVEL_ERROR)
DEFINE_LOG(log_warning, LOG_LEVEL_WARNING)
DEFINE_LOG(log_info, LOG_LEVEL_INFO)
DEFINE_LOG(log_debug, LOG_LEVEL_DEBUG)

void log_ready(const char *socket)
{
    fprintf(stderr, "%s: ready on %s\n", program_invocation_short_name, socket);
}
