/* SPDX-License-Identifier: BSD-3-Clause */
/* The kernel's clocks, as one number. */
#ifndef WEFT_PROCESS_CLOCK_H
#define WEFT_PROCESS_CLOCK_H

#include <stdint.h>
#include <time.h>

/* Nanoseconds of `clock`: CLOCK_MONOTONIC, which never goes back and which all processes of a host share, or
 * CLOCK_REALTIME, since 1970. */
static inline uint64_t clock_ns(clockid_t clock)
{
    struct timespec now;
    clock_gettime(clock, &now);
    return (uint64_t)now.tv_sec * 1000000000u + (uint64_t)now.tv_nsec;
}

#endif
