/* SPDX-License-Identifier: BSD-3-Clause */
/* Bringing memory into the cache before it is needed. */
#ifndef WEFT_TRANSPORT_FETCH_H
#define WEFT_TRANSPORT_FETCH_H

enum {
    CACHE_LINE_BYTES = 64
};

/* The cache lines from this one on that hold `bytes`. gcc takes a function that does nothing but fetch for
 * one without effect, and leaves out its calls: the empty statement is an effect. */
static inline void fetch(const void *from, unsigned bytes)
{
    for (unsigned i = 0; i < bytes; i += CACHE_LINE_BYTES)
        __builtin_prefetch((const char *)from + i);
    __asm__ volatile("");
}

#endif
