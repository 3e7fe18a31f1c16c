/* SPDX-License-Identifier: BSD-3-Clause */
/* The kernels against naive loops over one element at a time, and the conversions of 16-bit floats against
 * their definition, for every value there is. */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "dataplane/client/half.h"
#include "dataplane/client/reduce.h"
#include "dataplane/client/reduce_half.h"

enum {
    COUNT = 1037 /* no multiple of a vector or of a block */
};

static const enum weft_reduction reductions[] = {WEFT_SUM, WEFT_PRODUCT, WEFT_MIN, WEFT_MAX, WEFT_AVERAGE};

static uint32_t next_random(void)
{
    static uint64_t state = 1;
    state = state * 6364136223846793005ull + 1442695040888963407ull;
    return (uint32_t)(state >> 32);
}

static double naive_double(enum weft_reduction reduction, double a, double b)
{
    if (isnan(a) || isnan(b))
        return NAN;
    switch (reduction) {
    case WEFT_SUM:
    case WEFT_AVERAGE:
        return a + b;
    case WEFT_PRODUCT:
        return a * b;
    case WEFT_MIN:
        return a < b ? a : b;
    case WEFT_MAX:
        return a > b ? a : b;
    }
    abort();
}

static int64_t naive_int64(enum weft_reduction reduction, int64_t a, int64_t b)
{
    switch (reduction) {
    case WEFT_SUM:
    case WEFT_AVERAGE:
        return (int64_t)((uint64_t)a + (uint64_t)b);
    case WEFT_PRODUCT:
        return (int64_t)((uint64_t)a * (uint64_t)b);
    case WEFT_MIN:
        return a < b ? a : b;
    case WEFT_MAX:
        return a > b ? a : b;
    }
    abort();
}

/* The definition of a 16-bit float with `exponent_bits`, without any bit trick. */
static double half_value(uint16_t half, int exponent_bits)
{
    int mantissa_bits = 15 - exponent_bits, bias = (1 << (exponent_bits - 1)) - 1;
    int exponent = half >> mantissa_bits & ((1 << exponent_bits) - 1);
    int mantissa = half & ((1 << mantissa_bits) - 1);
    double sign = half & 0x8000 ? -1 : 1;
    if (exponent == (1 << exponent_bits) - 1)
        return mantissa ? NAN : sign * INFINITY;
    if (exponent == 0)
        return sign * ldexp(mantissa, 1 - bias - mantissa_bits);
    return sign * ldexp(mantissa + (1 << mantissa_bits), exponent - bias - mantissa_bits);
}

static bool same(double a, double b)
{
    return (isnan(a) && isnan(b)) || (a == b && signbit(a) == signbit(b));
}

/* Is `half` the nearest to `value`, even if two are? Neighbours in bits are neighbours in value. */
static bool is_nearest(uint16_t half, double value, int exponent_bits)
{
    double chosen = half_value(half, exponent_bits);
    if (isnan(value) || isnan(chosen))
        return isnan(value) && isnan(chosen);
    uint16_t infinity = (uint16_t)(((1 << exponent_bits) - 1) << (15 - exponent_bits));
    uint16_t magnitude = half & 0x7fff;
    double limit = ldexp(1, 1 << (exponent_bits - 1)); /* what infinity would be as a number */
    double distance = fabs((magnitude == infinity ? limit : fabs(chosen)) - fabs(value));
    for (int step = -1; step <= 1; step += 2) {
        if ((magnitude == 0 && step < 0) || (magnitude == infinity && step > 0))
            continue;
        uint16_t other = (uint16_t)(magnitude + step);
        double neighbour = other == infinity ? limit : half_value(other, exponent_bits);
        double other_distance = fabs(neighbour - fabs(value));
        if (other_distance < distance || (other_distance == distance && half & 1))
            return false;
    }
    return isinf(value) ? magnitude == infinity : true;
}

static void check_narrowing(float value)
{
    uint16_t narrow[2];
    half_narrow(WEFT_FLOAT16, narrow, &value, 1);
    half_narrow(WEFT_BFLOAT16, narrow + 1, &value, 1);
    assert_true(is_nearest(narrow[0], (double)value, 5));
    assert_true(is_nearest(narrow[1], (double)value, 8));
    assert_int_equal(narrow[0] >> 15, (bool)signbit(value));
    assert_int_equal(narrow[1] >> 15, (bool)signbit(value));
}

static void test_every_half_widens_and_narrows_back(void **state)
{
    (void)state;
    for (uint32_t bits = 0; bits <= UINT16_MAX; bits++) {
        uint16_t half = (uint16_t)bits;
        assert_true(same((double)float16_widen(half), half_value(half, 5)));
        assert_true(same((double)bfloat16_widen(half), half_value(half, 8)));
        if (!isnan(half_value(half, 5)))
            assert_int_equal(float16_narrow(float16_widen(half)), half);
        if (!isnan(half_value(half, 8)))
            assert_int_equal(bfloat16_narrow(bfloat16_widen(half)), half);
    }
}

static void test_narrowing_rounds_to_nearest_even(void **state)
{
    (void)state;
    for (uint32_t half = 0; half < 0x7c00;
         half++) { /* exact halves, ties between them, and beside the ties */
        float low = float16_widen((uint16_t)half);
        float high = half == 0x7bff ? 65536.0f : float16_widen((uint16_t)(half + 1));
        float tie = low + (high - low) / 2;
        check_narrowing(low);
        check_narrowing(tie);
        check_narrowing(nextafterf(tie, 0));
        check_narrowing(-nextafterf(tie, INFINITY));
    }
    for (unsigned i = 0; i < 200000; i++)
        check_narrowing(float_from_bits(next_random()));
    for (uint32_t top = 0; top < UINT16_MAX; top++)
        check_narrowing(float_from_bits(top << 16 | 0x8000)); /* ties of bfloat16 */
}

/* The processor's conversion and ours agree to the bit, NaN payloads included. */
static void test_vector_and_scalar_conversions_agree(void **state)
{
    (void)state;
    uint16_t halves[16], back[16];
    float wide[16];
    for (uint32_t first = 0; first < 65536; first += 16) {
        for (unsigned i = 0; i < 16; i++)
            halves[i] = (uint16_t)(first + i);
        half_widen(WEFT_FLOAT16, wide, halves, 16);
        half_narrow(WEFT_FLOAT16, back, wide, 16);
        for (unsigned i = 0; i < 16; i++) {
            assert_int_equal(float_bits(wide[i]), float_bits(float16_widen(halves[i])));
            assert_int_equal(back[i], float16_narrow(wide[i]));
        }
    }
}

static void check_half_kernel(enum weft_type type, int exponent_bits, enum weft_reduction reduction)
{
    uint16_t a[COUNT], b[COUNT], result[COUNT];
    for (unsigned i = 0; i < COUNT; i++) {
        a[i] = (uint16_t)next_random(); /* NaNs, infinities and subnormals among them */
        b[i] = (uint16_t)next_random();
    }
    memcpy(result, a, sizeof(a));
    reduce_accumulate(type, reduction, result, b, COUNT);
    for (unsigned i = 0; i < COUNT; i++) {
        double x = half_value(a[i], exponent_bits), y = half_value(b[i], exponent_bits);
        double exact = naive_double(reduction, x, y);
        if (fabs(exact) < 1e-37 && exact != 0) /* below float32's range a product is rounded twice */
            continue;
        assert_true(is_nearest(result[i], exact, exponent_bits));
    }
}

static void test_half_kernels(void **state)
{
    (void)state;
    for (unsigned r = 0; r < 5; r++)
        for (unsigned round = 0; round < 20; round++) {
            check_half_kernel(WEFT_FLOAT16, 5, reductions[r]);
            check_half_kernel(WEFT_BFLOAT16, 8, reductions[r]);
        }
}

static void check_float_kernels(enum weft_reduction reduction)
{
    static float a[COUNT], b[COUNT], result[COUNT];
    static double wide_a[COUNT], wide_b[COUNT], wide_result[COUNT];
    for (unsigned i = 0; i < COUNT; i++) {
        wide_result[i] = wide_a[i] = result[i] = a[i] = float_from_bits(next_random());
        wide_b[i] = b[i] = float_from_bits(next_random());
    }
    reduce_accumulate(WEFT_FLOAT32, reduction, result, b, COUNT);
    reduce_accumulate(WEFT_FLOAT64, reduction, wide_result, wide_b, COUNT);
    for (unsigned i = 0; i < COUNT; i++) {
        double exact = naive_double(reduction, wide_a[i], wide_b[i]);
        assert_true(same(wide_result[i], exact));
        assert_true(same((double)result[i], (double)(float)exact));
    }
}

static void test_float_kernels(void **state)
{
    (void)state;
    for (unsigned r = 0; r < 5; r++)
        check_float_kernels(reductions[r]);
}

static void test_a_nan_on_either_side_comes_through(void **state)
{
    (void)state;
    for (unsigned r = 0; r < 5; r++) {
        float left[2] = {NAN, 1}, right[2] = {1, NAN};
        reduce_accumulate(WEFT_FLOAT32, reductions[r], left, right, 2);
        assert_true(isnan(left[0]) && isnan(left[1]));
    }
}

static void check_integer_kernels(enum weft_reduction reduction)
{
    static int32_t a[COUNT], b[COUNT], result[COUNT];
    static int64_t wide_a[COUNT], wide_b[COUNT], wide_result[COUNT];
    for (unsigned i = 0; i < COUNT; i++) {
        result[i] = a[i] = (int32_t)next_random();
        b[i] = (int32_t)next_random();
        wide_result[i] = wide_a[i] = (int64_t)((uint64_t)next_random() << 32 | next_random());
        wide_b[i] = (int64_t)((uint64_t)next_random() << 32 | next_random());
    }
    reduce_accumulate(WEFT_INT32, reduction, result, b, COUNT);
    reduce_accumulate(WEFT_INT64, reduction, wide_result, wide_b, COUNT);
    for (unsigned i = 0; i < COUNT; i++) {
        assert_int_equal(result[i], (int32_t)naive_int64(reduction, a[i], b[i]));
        assert_true(wide_result[i] == naive_int64(reduction, wide_a[i], wide_b[i]));
    }
}

static void test_integer_kernels(void **state)
{
    (void)state;
    for (unsigned r = 0; r < 5; r++)
        check_integer_kernels(reductions[r]);
}

static void test_scaling(void **state)
{
    (void)state;
    int32_t small[] = {7, -7, INT32_MIN};
    int64_t large[] = {7, -7, INT64_MIN};
    float single[] = {7, -7, INFINITY};
    double twice[] = {7, -7, NAN};
    uint16_t half[] = {float16_narrow(7), float16_narrow(-7)}, brain[] = {bfloat16_narrow(7)};
    reduce_scale(WEFT_INT32, small, 3, 3);
    reduce_scale(WEFT_INT64, large, 3, 3);
    reduce_scale(WEFT_FLOAT32, single, 3, 3);
    reduce_scale(WEFT_FLOAT64, twice, 3, 3);
    reduce_scale(WEFT_FLOAT16, half, 2, 3);
    reduce_scale(WEFT_BFLOAT16, brain, 1, 3);
    assert_int_equal(small[0], 2);
    assert_int_equal(small[1], -2);
    assert_int_equal(small[2], INT32_MIN / 3);
    assert_true(large[1] == -2 && large[2] == INT64_MIN / 3);
    assert_true(single[0] == 7.0f / 3 && isinf(single[2]) && twice[1] == -7.0 / 3 && isnan(twice[2]));
    assert_true(is_nearest(half[1], -7.0 / 3, 5) && is_nearest(brain[0], 7.0 / 3, 8));
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_every_half_widens_and_narrows_back),
                                       cmocka_unit_test(test_narrowing_rounds_to_nearest_even),
                                       cmocka_unit_test(test_vector_and_scalar_conversions_agree),
                                       cmocka_unit_test(test_half_kernels),
                                       cmocka_unit_test(test_float_kernels),
                                       cmocka_unit_test(test_a_nan_on_either_side_comes_through),
                                       cmocka_unit_test(test_integer_kernels),
                                       cmocka_unit_test(test_scaling)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
