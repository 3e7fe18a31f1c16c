/* SPDX-License-Identifier: BSD-3-Clause */
/* Plain loops over restrict pointers: the compiler vectorises them, and they are bound by memory. */
#include "dataplane/client/reduce.h"

#include "dataplane/client/reduce_half.h"

typedef void (*accumulate_function)(void *restrict accumulator, const void *restrict operand, size_t count);

#define ADD(a, b)      ((a) + (b))
#define MULTIPLY(a, b) ((a) * (b))
/* NaN on either side comes through; for integers the second condition is constant. */
#define LESSER(a, b)  ((a) < (b) || (a) != (a) ? (a) : (b))
#define GREATER(a, b) ((a) > (b) || (a) != (a) ? (a) : (b))

#define ACCUMULATE(name, element, combine)                                                                   \
    static void name(void *restrict accumulator, const void *restrict operand, size_t count)                 \
    {                                                                                                        \
        element *restrict a = accumulator;                                                                   \
        const element *restrict b = operand;                                                                 \
        for (size_t i = 0; i < count; i++)                                                                   \
            a[i] = combine(a[i], b[i]);                                                                      \
    }

ACCUMULATE(float32_sum, float, ADD)
ACCUMULATE(float32_product, float, MULTIPLY)
ACCUMULATE(float32_min, float, LESSER)
ACCUMULATE(float32_max, float, GREATER)
ACCUMULATE(float64_sum, double, ADD)
ACCUMULATE(float64_product, double, MULTIPLY)
ACCUMULATE(float64_min, double, LESSER)
ACCUMULATE(float64_max, double, GREATER)
/* Unsigned, because signed overflow is undefined; the bits are the same. */
ACCUMULATE(int32_sum, uint32_t, ADD)
ACCUMULATE(int32_product, uint32_t, MULTIPLY)
ACCUMULATE(int32_min, int32_t, LESSER)
ACCUMULATE(int32_max, int32_t, GREATER)
ACCUMULATE(int64_sum, uint64_t, ADD)
ACCUMULATE(int64_product, uint64_t, MULTIPLY)
ACCUMULATE(int64_min, int64_t, LESSER)
ACCUMULATE(int64_max, int64_t, GREATER)

/* Of the types that are combined as they are; the 16-bit floats pass through float32. */
static const accumulate_function accumulate_functions[][WEFT_AVERAGE + 1] = {
    [WEFT_FLOAT32] = {float32_sum, float32_product, float32_min, float32_max, float32_sum},
    [WEFT_FLOAT64] = {float64_sum, float64_product, float64_min, float64_max, float64_sum},
    [WEFT_INT32] = {int32_sum, int32_product, int32_min, int32_max, int32_sum},
    [WEFT_INT64] = {int64_sum, int64_product, int64_min, int64_max, int64_sum},
};

enum {
    HALF_BLOCK = 512 /* elements widened at a time: two blocks of float32 stay in the first-level cache */
};

static void accumulate_half(enum weft_type type, accumulate_function combine, uint16_t *accumulator,
                            const uint16_t *operand, size_t count)
{
    float wide_accumulator[HALF_BLOCK], wide_operand[HALF_BLOCK];
    for (size_t i = 0; i < count; i += HALF_BLOCK) {
        size_t block = count - i < HALF_BLOCK ? count - i : HALF_BLOCK;
        half_widen(type, wide_accumulator, accumulator + i, block);
        half_widen(type, wide_operand, operand + i, block);
        combine(wide_accumulator, wide_operand, block);
        half_narrow(type, accumulator + i, wide_accumulator, block);
    }
}

void reduce_accumulate(enum weft_type type, enum weft_reduction reduction, void *accumulator,
                       const void *operand, size_t count)
{
    if (type == WEFT_FLOAT16 || type == WEFT_BFLOAT16)
        accumulate_half(type, accumulate_functions[WEFT_FLOAT32][reduction], accumulator, operand, count);
    else
        accumulate_functions[type][reduction](accumulator, operand, count);
}

#define SCALE(name, element, number)                                                                         \
    static void name(element *vector, size_t count, uint32_t divisor)                                        \
    {                                                                                                        \
        for (size_t i = 0; i < count; i++)                                                                   \
            vector[i] /= (number)divisor;                                                                    \
    }

SCALE(float32_scale, float, float)
SCALE(float64_scale, double, double)
SCALE(int32_scale, int32_t, int32_t)
SCALE(int64_scale, int64_t, int64_t)

static void half_scale(enum weft_type type, uint16_t *vector, size_t count, uint32_t divisor)
{
    float wide[HALF_BLOCK];
    for (size_t i = 0; i < count; i += HALF_BLOCK) {
        size_t block = count - i < HALF_BLOCK ? count - i : HALF_BLOCK;
        half_widen(type, wide, vector + i, block);
        float32_scale(wide, block, divisor);
        half_narrow(type, vector + i, wide, block);
    }
}

void reduce_scale(enum weft_type type, void *vector, size_t count, uint32_t divisor)
{
    switch (type) {
    case WEFT_FLOAT32:
        float32_scale(vector, count, divisor);
        break;
    case WEFT_FLOAT64:
        float64_scale(vector, count, divisor);
        break;
    case WEFT_FLOAT16:
    case WEFT_BFLOAT16:
        half_scale(type, vector, count, divisor);
        break;
    case WEFT_INT32:
        int32_scale(vector, count, divisor);
        break;
    case WEFT_INT64:
        int64_scale(vector, count, divisor);
        break;
    }
}
