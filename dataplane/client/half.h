/* SPDX-License-Identifier: BSD-3-Clause */
/* The two 16-bit floating-point formats, to and from float32. Rounding is to nearest, ties to even; NaNs
 * become quiet and keep the upper bits of their payload, as x86's F16C does. */
#ifndef WEFT_CLIENT_HALF_H
#define WEFT_CLIENT_HALF_H

#include <stdint.h>
#include <string.h>

static inline uint32_t float_bits(float value)
{
    uint32_t bits;
    memcpy(&bits, &value, sizeof(bits));
    return bits;
}

static inline float float_from_bits(uint32_t bits)
{
    float value;
    memcpy(&value, &bits, sizeof(value));
    return value;
}

static inline float float16_widen(uint16_t half)
{
    uint32_t sign = (uint32_t)(half & 0x8000) << 16;
    uint32_t exponent = half >> 10 & 0x1f;
    uint32_t mantissa = half & 0x3ff;
    if (exponent == 0x1f)
        return float_from_bits(sign | 0x7f800000 | mantissa << 13 | (mantissa ? 0x400000 : 0));
    if (exponent == 0) /* subnormal: a multiple of 2^-24 */
        return float_from_bits(sign | float_bits((float)mantissa * 0x1p-24f));
    return float_from_bits(sign | (exponent + 127 - 15) << 23 | mantissa << 13);
}

static inline uint16_t float16_narrow(float value)
{
    uint32_t bits = float_bits(value);
    uint32_t sign = bits >> 16 & 0x8000;
    uint32_t magnitude = bits & 0x7fffffff;
    if (magnitude > 0x7f800000)
        return (uint16_t)(sign | 0x7e00 | (magnitude >> 13 & 0x3ff));
    if (magnitude >= 0x477ff000) /* 65520 and up rounds to infinity */
        return (uint16_t)(sign | 0x7c00);
    if (magnitude < 0x38800000) /* below 2^-14; in [0.5, 1) one unit of the last place is 2^-24 */
        return (uint16_t)(sign | (float_bits(float_from_bits(magnitude) + 0.5f) - 0x3f000000));
    uint32_t odd = magnitude >> 13 & 1;
    return (uint16_t)(sign | (magnitude - ((127 - 15) << 23) + 0xfff + odd) >> 13);
}

static inline float bfloat16_widen(uint16_t half)
{
    return float_from_bits((uint32_t)half << 16);
}

static inline uint16_t bfloat16_narrow(float value)
{
    uint32_t bits = float_bits(value);
    uint32_t quiet = bits >> 16 | 0x40;
    uint32_t rounded = (bits + 0x7fff + (bits >> 16 & 1)) >> 16;
    return (uint16_t)((bits & 0x7fffffff) > 0x7f800000 ? quiet : rounded);
}

#endif
