/* SPDX-License-Identifier: BSD-3-Clause */
/* Static tracepoints (USDT): where weft can be watched from outside while it runs. ebpf/TRACEPOINTS.md is
 * their documentation; each hands out one struct timing_record (timing.h).
 *
 * While nobody listens, a tracepoint is a load and a branch: whoever attaches raises its semaphore, and only
 * then is its record made. Without <sys/sdt.h> (Debian: systemtap-sdt-dev) nobody ever listens.
 *
 *     TRACEPOINT_DEFINE(message_sent);                      in one file of a program or library
 *     if (TRACEPOINT_IS_WATCHED(message_sent)) {
 *         fill the record
 *         TRACEPOINT_FIRE(message_sent, &record);
 *     }
 */
#ifndef WEFT_FORMATS_TRACEPOINT_H
#define WEFT_FORMATS_TRACEPOINT_H

#include "dataplane/formats/timing.h"

#ifdef WEFT_TRACEPOINTS

#define _SDT_HAS_SEMAPHORES 1
#include <sys/sdt.h>

#define TRACEPOINT_DEFINE(name)                                                                              \
    volatile unsigned short weft_##name##_semaphore                                                          \
        __attribute__((section(".probes"), visibility("hidden"), used))
#define TRACEPOINT_IS_WATCHED(name) __builtin_expect(weft_##name##_semaphore != 0, 0)
/* Evaluates `record`, a pointer, several times; what it points to is in memory by then. */
#define TRACEPOINT_FIRE(name, record)                                                                        \
    do {                                                                                                     \
        __asm__ volatile("" : : "r"(record) : "memory");                                                     \
        STAP_PROBE6(weft, name, record, (record)->source, (record)->destination, (record)->path,             \
                    (record)->bytes, (record)->network_ns);                                                  \
    } while (0)

#else

#define TRACEPOINT_DEFINE(name)       static_assert(1, "tracepoints are not built")
#define TRACEPOINT_IS_WATCHED(name)   0
#define TRACEPOINT_FIRE(name, record) ((void)(record))

#endif

#endif
