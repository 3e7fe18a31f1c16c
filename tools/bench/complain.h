/* SPDX-License-Identifier: BSD-3-Clause */
/* How these programs fail: one line on standard error, then a status for the caller to pass on. */
#ifndef BENCH_COMPLAIN_H
#define BENCH_COMPLAIN_H

/* Prints "PROGRAM: text" and a newline; returns -1. */
__attribute__((format(printf, 1, 2))) int complain(const char *format, ...);

#endif
