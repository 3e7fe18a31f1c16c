/* SPDX-License-Identifier: BSD-3-Clause */
#include "nic/checksum.h"

#include <string.h>

/* 64-bit sum of the 32-bit words in `bytes`; cannot overflow below 2^32 words. Written so that compilers turn
 * it into vector code. */
__attribute__((target_clones("avx2", "default"))) static uint64_t sum_words(const uint8_t *bytes,
                                                                            size_t words)
{
    uint64_t sum = 0;
    for (size_t i = 0; i < words; i++) {
        uint32_t word;
        memcpy(&word, bytes + i * sizeof(word), sizeof(word));
        sum += word;
    }
    return sum;
}

uint16_t checksum_sum(const void *bytes, size_t length)
{
    const uint8_t *start = bytes;
    size_t words = length / sizeof(uint32_t);
    uint32_t rest = 0;
    memcpy(&rest, start + words * sizeof(uint32_t), length % sizeof(uint32_t));
    return checksum_fold(sum_words(start, words) + rest);
}
