/* SPDX-License-Identifier: BSD-3-Clause */
/* Log of a daemon: to stderr, one line each, `PROGRAM: LEVEL: TEXT`. Never called on the packet path. */
#ifndef WEFT_PROCESS_LOG_H
#define WEFT_PROCESS_LOG_H

enum log_level {
    LOG_LEVEL_ERROR,
    LOG_LEVEL_WARNING,
    LOG_LEVEL_INFO,
    LOG_LEVEL_DEBUG
};

/* Lines above this level are left out. */
void log_set_level(enum log_level level);

void log_error(const char *format, ...) __attribute__((format(printf, 1, 2)));
void log_warning(const char *format, ...) __attribute__((format(printf, 1, 2)));
void log_info(const char *format, ...) __attribute__((format(printf, 1, 2)));
void log_debug(const char *format, ...) __attribute__((format(printf, 1, 2)));

/* The line that tells a supervisor that clients may connect; has no level. */
void log_ready(const char *socket);

#endif
