/* SPDX-License-Identifier: BSD-3-Clause */
/* Times of bytes on links, in integer picoseconds, so that equal inputs give equal plans everywhere. */
#ifndef WEFT_CONTROL_PLANNER_LINK_TIME_H
#define WEFT_CONTROL_PLANNER_LINK_TIME_H

#include <stdint.h>

#define PS_PER_S 1000000000000ull

/* Rounded up; UINT64_MAX if it is longer than 213 days, or for ever. */
static inline uint64_t time_of(uint64_t bytes, uint64_t rate_bytes_per_s)
{
    if (bytes == 0)
        return 0;
    if (rate_bytes_per_s == 0)
        return UINT64_MAX;
    unsigned __int128 ps = ((unsigned __int128)bytes * PS_PER_S + rate_bytes_per_s - 1) / rate_bytes_per_s;
    return ps > UINT64_MAX ? UINT64_MAX : (uint64_t)ps;
}

/* What a link carries in that time, at most `most`. */
static inline int64_t bytes_within(uint64_t ps, uint64_t rate_bytes_per_s, int64_t most)
{
    unsigned __int128 bytes = (unsigned __int128)ps * rate_bytes_per_s / PS_PER_S;
    return bytes > (unsigned __int128)most ? most : (int64_t)bytes;
}

static inline uint64_t longer(uint64_t a, uint64_t b)
{
    return a > b ? a : b;
}

#endif
