/* SPDX-License-Identifier: BSD-3-Clause */
#include "tools/bench/element.h"

#include <string.h>

size_t element_bytes(enum weft_type type)
{
    switch (type) {
    case WEFT_FLOAT16:
    case WEFT_BFLOAT16:
        return 2;
    case WEFT_FLOAT32:
    case WEFT_INT32:
        return 4;
    case WEFT_FLOAT64:
    case WEFT_INT64:
        break;
    }
    return 8;
}

int64_t element_exact_max(enum weft_type type)
{
    switch (type) {
    case WEFT_FLOAT16: /* 11 significant bits */
        return 1 << 11;
    case WEFT_BFLOAT16: /* 8 */
        return 1 << 8;
    case WEFT_FLOAT32: /* 24 */
        return 1 << 24;
    case WEFT_FLOAT64:
    case WEFT_INT32:
    case WEFT_INT64:
        break;
    }
    return 1 << 30;
}

/* IEEE 754 binary16: sign, 5 bits of exponent with bias 15, 10 of fraction. |value| <= 2^11. */
static uint16_t element_half(int32_t value)
{
    if (value == 0)
        return 0;
    uint32_t magnitude = value < 0 ? -(uint32_t)value : (uint32_t)value;
    unsigned exponent = 31 - __builtin_clz(magnitude);
    uint32_t fraction = (magnitude << (31 - exponent) & 0x7fffffff) >> 21;
    return (uint16_t)((value < 0) << 15 | (exponent + 15) << 10 | fraction);
}

/* bfloat16: the upper half of a binary32. */
static uint16_t element_bfloat(int32_t value)
{
    float single = (float)value;
    uint32_t bits;
    memcpy(&bits, &single, sizeof bits);
    return (uint16_t)(bits >> 16);
}

void element_encode(enum weft_type type, const int32_t *values, size_t count, void *elements)
{
    switch (type) {
    case WEFT_FLOAT32:
        for (size_t i = 0; i < count; i++)
            ((float *)elements)[i] = (float)values[i];
        return;
    case WEFT_FLOAT64:
        for (size_t i = 0; i < count; i++)
            ((double *)elements)[i] = values[i];
        return;
    case WEFT_FLOAT16:
        for (size_t i = 0; i < count; i++)
            ((uint16_t *)elements)[i] = element_half(values[i]);
        return;
    case WEFT_BFLOAT16:
        for (size_t i = 0; i < count; i++)
            ((uint16_t *)elements)[i] = element_bfloat(values[i]);
        return;
    case WEFT_INT32:
        memcpy(elements, values, count * sizeof *values);
        return;
    case WEFT_INT64:
        for (size_t i = 0; i < count; i++)
            ((int64_t *)elements)[i] = values[i];
        return;
    }
}
