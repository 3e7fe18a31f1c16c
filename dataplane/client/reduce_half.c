/* SPDX-License-Identifier: BSD-3-Clause */
#include "dataplane/client/reduce_half.h"

#include "dataplane/client/half.h"

static void float16_widen_plain(float *restrict wide, const uint16_t *restrict narrow, size_t count)
{
    for (size_t i = 0; i < count; i++)
        wide[i] = float16_widen(narrow[i]);
}

static void float16_narrow_plain(uint16_t *restrict narrow, const float *restrict wide, size_t count)
{
    for (size_t i = 0; i < count; i++)
        narrow[i] = float16_narrow(wide[i]);
}

#if defined(__x86_64__)
#include <immintrin.h>

/* Eight at a time by the processor's own conversion. AVX2 is what is asked for at run time: every processor
 * that has it has F16C, and clang 14 cannot ask for F16C itself. */
__attribute__((target("avx,f16c"))) static size_t
float16_widen_f16c(float *restrict wide, const uint16_t *restrict narrow, size_t count)
{
    size_t i = 0;
    for (; i + 8 <= count; i += 8)
        _mm256_storeu_ps(wide + i, _mm256_cvtph_ps(_mm_loadu_si128((const __m128i *)(narrow + i))));
    return i;
}

__attribute__((target("avx,f16c"))) static size_t
float16_narrow_f16c(uint16_t *restrict narrow, const float *restrict wide, size_t count)
{
    size_t i = 0;
    for (; i + 8 <= count; i += 8)
        _mm_storeu_si128((__m128i *)(narrow + i),
                         _mm256_cvtps_ph(_mm256_loadu_ps(wide + i), _MM_FROUND_TO_NEAREST_INT));
    return i;
}

static size_t float16_widen_wide_registers(float *restrict wide, const uint16_t *restrict narrow,
                                           size_t count)
{
    return __builtin_cpu_supports("avx2") ? float16_widen_f16c(wide, narrow, count) : 0;
}

static size_t float16_narrow_wide_registers(uint16_t *restrict narrow, const float *restrict wide,
                                            size_t count)
{
    return __builtin_cpu_supports("avx2") ? float16_narrow_f16c(narrow, wide, count) : 0;
}
#else
static size_t float16_widen_wide_registers(float *restrict wide, const uint16_t *restrict narrow,
                                           size_t count)
{
    (void)wide, (void)narrow, (void)count;
    return 0;
}

static size_t float16_narrow_wide_registers(uint16_t *restrict narrow, const float *restrict wide,
                                            size_t count)
{
    (void)narrow, (void)wide, (void)count;
    return 0;
}
#endif

void half_widen(enum weft_type type, float *restrict wide, const uint16_t *restrict narrow, size_t count)
{
    if (type == WEFT_FLOAT16) {
        size_t done = float16_widen_wide_registers(wide, narrow, count);
        float16_widen_plain(wide + done, narrow + done, count - done);
        return;
    }
    for (size_t i = 0; i < count; i++)
        wide[i] = bfloat16_widen(narrow[i]);
}

void half_narrow(enum weft_type type, uint16_t *restrict narrow, const float *restrict wide, size_t count)
{
    if (type == WEFT_FLOAT16) {
        size_t done = float16_narrow_wide_registers(narrow, wide, count);
        float16_narrow_plain(narrow + done, wide + done, count - done);
        return;
    }
    for (size_t i = 0; i < count; i++)
        narrow[i] = bfloat16_narrow(wide[i]);
}
