/* SPDX-License-Identifier: BSD-3-Clause */
/* Randomness that replays: the same seed gives the same stream on every machine. SplitMix64 (Steele, Lea and
 * Flood, "Fast splittable pseudorandom number generators", OOPSLA 2014): good for jitter, spraying and
 * hashes; no secret, so nonces drawn from it are only as unguessable as its seed.
 */
#ifndef WEFT_TRANSPORT_RANDOM_H
#define WEFT_TRANSPORT_RANDOM_H

#include <stdint.h>

struct random_stream {
    uint64_t state; /* set it to the seed; any value will do */
};

#define RANDOM_INCREMENT 0x9e3779b97f4a7c15ull

/* A bijection of 64-bit numbers in which every input bit changes about half of the output bits. */
static inline uint64_t mix64(uint64_t value)
{
    value = (value ^ (value >> 30)) * 0xbf58476d1ce4e5b9ull;
    value = (value ^ (value >> 27)) * 0x94d049bb133111ebull;
    return value ^ (value >> 31);
}

/* The next of the stream: uniform, with a period of 2^64. */
static inline uint64_t random_next(struct random_stream *stream)
{
    stream->state += RANDOM_INCREMENT;
    return mix64(stream->state);
}

/* Uniform in 0 .. bound - 1, biased by at most bound / 2^64; 0 when bound is 0. */
static inline uint64_t random_below(struct random_stream *stream, uint64_t bound)
{
    return (uint64_t)(((unsigned __int128)random_next(stream) * bound) >> 64);
}

/* Hash of two numbers, for choices that must be the same on every call: mix64(mix64(a) + b), keyed by both.
 */
static inline uint64_t mix64_pair(uint64_t a, uint64_t b)
{
    return mix64(mix64(a + RANDOM_INCREMENT) + b);
}

#endif
