/* SPDX-License-Identifier: BSD-3-Clause */
/* The memory orderings of the rings that an application shares with the dataplane, by name.
 *
 * The other end of each pair lives in the daemon; formats/app_queue.h states the protocol. Loads of a
 * position that this side itself owns need no ordering and have no function here: each side keeps its own
 * copy.
 */
#ifndef WEFT_CLIENT_RING_H
#define WEFT_CLIENT_RING_H

#include <stdbool.h>
#include <stdint.h>

/* A position that the other side moves. Acquire: what it wrote before moving it is seen by what we read next.
 * For a consumer that is the entries; for a producer it is that the consumer has finished reading them, so
 * that they may be overwritten. */
static inline uint32_t ring_observe(const uint32_t *position)
{
    return __atomic_load_n(position, __ATOMIC_ACQUIRE);
}

/* Moves a position that we own. Release: entries written (or read) before are done with when it is seen. */
static inline void ring_publish(uint32_t *position, uint32_t value)
{
    __atomic_store_n(position, value, __ATOMIC_RELEASE);
}

/* Producer, after ring_publish(): should the consumer be woken? The full barrier keeps the load of the flag
 * behind the store of the position; the consumer has the same barrier between its store of the flag and its
 * load of the position, so at least one of the two sees the other. Clearing needs no order of its own: the
 * write to the eventfd that follows wakes the consumer whatever it reads. */
static inline bool ring_take_doorbell(uint32_t *wanted)
{
    __atomic_thread_fence(__ATOMIC_SEQ_CST);
    if (!__atomic_load_n(wanted, __ATOMIC_RELAXED))
        return false;
    __atomic_store_n(wanted, 0, __ATOMIC_RELAXED);
    return true;
}

/* Consumer, before it sleeps: look at the ring once more afterwards. */
static inline void ring_want_doorbell(uint32_t *wanted)
{
    __atomic_store_n(wanted, 1, __ATOMIC_RELAXED);
    __atomic_thread_fence(__ATOMIC_SEQ_CST);
}

/* Consumer, awake again. No barrier: a doorbell that is rung all the same costs one system call. */
static inline void ring_decline_doorbell(uint32_t *wanted)
{
    __atomic_store_n(wanted, 0, __ATOMIC_RELAXED);
}

#endif
