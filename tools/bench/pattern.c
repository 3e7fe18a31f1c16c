/* SPDX-License-Identifier: BSD-3-Clause */
#include "tools/bench/pattern.h"

#include <assert.h>
#include <errno.h>
#include <string.h>

#include "tools/bench/element.h"

enum {
    PATTERN_CHUNK = 1024, /* elements made and compared at a time, so that they stay in the cache */
    PATTERN_BITS_MAX = 16
};

static bool pattern_is_integer(enum weft_type type)
{
    return type == WEFT_INT32 || type == WEFT_INT64;
}

/* How many times larger than one number a partial result can get. */
static int64_t pattern_growth(const struct pattern *pattern)
{
    switch (pattern->reduction) {
    case WEFT_SUM:
        return pattern->ranks;
    case WEFT_AVERAGE:
        return (int64_t)pattern->ranks * pattern->factor;
    case WEFT_PRODUCT:
    case WEFT_MIN:
    case WEFT_MAX:
        break;
    }
    return 1;
}

int pattern_init(struct pattern *pattern, enum weft_type type, enum weft_reduction reduction, unsigned ranks)
{
    *pattern = (struct pattern){.type = type, .reduction = reduction, .ranks = ranks, .factor = 1};
    if (reduction == WEFT_AVERAGE && !pattern_is_integer(type))
        pattern->factor = (int32_t)ranks;
    int64_t number_max = element_exact_max(type) / pattern_growth(pattern);
    while (pattern->bits < PATTERN_BITS_MAX && (int64_t)1 << pattern->bits <= number_max)
        pattern->bits++;
    return pattern->bits >= 1 ? 0 : -ERANGE;
}

static uint64_t pattern_mix64(uint64_t z)
{
    z = (z ^ z >> 33) * 0xff51afd7ed558ccdu;
    z = (z ^ z >> 33) * 0xc4ceb9fe1a85ec53u;
    return z ^ z >> 33;
}

static void pattern_words(const struct pattern_part *part, uint64_t first_word, uint64_t *words,
                          unsigned count)
{
    uint64_t key = pattern_mix64((uint64_t)part->rank << 32 | part->iteration) | 1;
    for (unsigned i = 0; i < count; i++)
        words[i] = pattern_mix64((first_word + i) * key + key);
}

/* Bytes first .. first + bytes of the part's stream; at most a chunk of words covers them. */
static void pattern_make_moved(const struct pattern_part *part, uint64_t first, uint8_t *to, size_t bytes)
{
    uint64_t words[PATTERN_CHUNK + 1];
    unsigned skip = first % sizeof *words;
    pattern_words(part, first / sizeof *words, words, (unsigned)((skip + bytes + 7) / sizeof *words));
    memcpy(to, (const uint8_t *)words + skip, bytes);
}

/* One word for each position, the same for all ranks; the ranks' numbers derive from it. */
static void pattern_positions(const struct pattern_part *part, uint64_t first, uint32_t *words,
                              unsigned count)
{
    uint32_t key = (uint32_t)pattern_mix64(part->iteration + 1);
    for (unsigned i = 0; i < count; i++) {
        uint32_t z = (uint32_t)(first + i) ^ key;
        z = (z ^ z >> 16) * 0x85ebca6bu;
        z = (z ^ z >> 13) * 0xc2b2ae35u;
        words[i] = z ^ z >> 16;
    }
}

static void pattern_numbers(const struct pattern *pattern, unsigned rank, const uint32_t *positions,
                            int32_t *numbers, unsigned count)
{
    uint32_t multiplier = (uint32_t)pattern_mix64(rank + 0x5eedu) | 1;
    int32_t half = (int32_t)1 << (pattern->bits - 1);
    for (unsigned i = 0; i < count; i++)
        numbers[i] = ((int32_t)(positions[i] * multiplier >> (32 - pattern->bits)) - half) * pattern->factor;
    if (pattern->reduction != WEFT_PRODUCT)
        return;
    for (unsigned i = 0; i < count; i++)
        numbers[i] = positions[i] % pattern->ranks == rank ? numbers[i] | 1 : 1;
}

static void pattern_combine(enum weft_reduction reduction, int32_t *results, const int32_t *numbers,
                            unsigned count)
{
    for (unsigned i = 0; i < count; i++)
        switch (reduction) {
        case WEFT_SUM:
        case WEFT_AVERAGE:
            results[i] += numbers[i];
            break;
        case WEFT_PRODUCT:
            results[i] *= numbers[i];
            break;
        case WEFT_MIN:
            results[i] = numbers[i] < results[i] ? numbers[i] : results[i];
            break;
        case WEFT_MAX:
            results[i] = numbers[i] > results[i] ? numbers[i] : results[i];
            break;
        }
}

static void pattern_reduce(const struct pattern *pattern, const struct pattern_part *source, uint64_t first,
                           int32_t *results, unsigned count)
{
    uint32_t positions[PATTERN_CHUNK];
    int32_t numbers[PATTERN_CHUNK];
    pattern_positions(source, first, positions, count);
    pattern_numbers(pattern, 0, positions, results, count);
    for (unsigned rank = 1; rank < pattern->ranks; rank++) {
        pattern_numbers(pattern, rank, positions, numbers, count);
        pattern_combine(pattern->reduction, results, numbers, count);
    }
    if (pattern->reduction == WEFT_AVERAGE)
        for (unsigned i = 0; i < count; i++)
            results[i] /= (int32_t)pattern->ranks;
}

void pattern_fill_moved(const struct pattern_part *part, void *buffer, size_t bytes)
{
    const size_t chunk_bytes = PATTERN_CHUNK * sizeof(uint64_t);
    for (size_t done = 0; done < bytes; done += chunk_bytes) {
        size_t here = bytes - done < chunk_bytes ? bytes - done : chunk_bytes;
        pattern_make_moved(part, part->first + done, (uint8_t *)buffer + done, here);
    }
}

void pattern_fill_reduced(const struct pattern *pattern, const struct pattern_part *part, void *buffer,
                          size_t count)
{
    uint32_t positions[PATTERN_CHUNK];
    int32_t numbers[PATTERN_CHUNK];
    size_t width = element_bytes(pattern->type);
    for (size_t done = 0; done < count; done += PATTERN_CHUNK) {
        unsigned here = count - done < PATTERN_CHUNK ? (unsigned)(count - done) : PATTERN_CHUNK;
        pattern_positions(part, part->first + done, positions, here);
        pattern_numbers(pattern, part->rank, positions, numbers, here);
        element_encode(pattern->type, numbers, here, (uint8_t *)buffer + done * width);
    }
}

/* True when equal; else says which byte of `got` (at `offset_bytes` of the result) is wrong first. */
static bool pattern_compare(const uint8_t *expected, const uint8_t *got, size_t bytes, uint64_t offset_bytes,
                            struct pattern_mismatch *mismatch)
{
    if (memcmp(expected, got, bytes) == 0)
        return true;
    size_t at = 0;
    while (expected[at] == got[at])
        at++;
    mismatch->found = true;
    mismatch->offset_bytes = offset_bytes + at;
    mismatch->width = bytes - at < sizeof mismatch->got ? (unsigned)(bytes - at) : sizeof mismatch->got;
    memcpy(mismatch->expected, expected + at, mismatch->width);
    memcpy(mismatch->got, got + at, mismatch->width);
    return false;
}

bool pattern_check_moved(const struct pattern_part *source, const void *result, size_t bytes,
                         struct pattern_mismatch *mismatch)
{
    uint8_t expected[PATTERN_CHUNK * sizeof(uint64_t)];
    for (size_t done = 0; done < bytes; done += sizeof expected) {
        size_t here = bytes - done < sizeof expected ? bytes - done : sizeof expected;
        pattern_make_moved(source, source->first + done, expected, here);
        if (!pattern_compare(expected, (const uint8_t *)result + done, here, done, mismatch))
            return false;
    }
    return true;
}

bool pattern_check_reduced(const struct pattern *pattern, const struct pattern_part *source,
                           const void *result, size_t count, struct pattern_mismatch *mismatch)
{
    int32_t results[PATTERN_CHUNK];
    _Alignas(8) uint8_t expected[PATTERN_CHUNK * 8];
    size_t width = element_bytes(pattern->type);
    for (size_t done = 0; done < count; done += PATTERN_CHUNK) {
        unsigned here = count - done < PATTERN_CHUNK ? (unsigned)(count - done) : PATTERN_CHUNK;
        pattern_reduce(pattern, source, source->first + done, results, here);
        element_encode(pattern->type, results, here, expected);
        if (!pattern_compare(expected, (const uint8_t *)result + done * width, here * width, done * width,
                             mismatch))
            return false;
    }
    return true;
}
