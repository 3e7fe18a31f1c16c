/* SPDX-License-Identifier: BSD-3-Clause */
/* The checker must accept right results of every type and reduction, and find a single wrong byte. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "tools/bench/element.h"
#include "tools/bench/pattern.h"

enum {
    RANKS = 8,
    COUNT = 3000 /* more than two chunks, not a multiple of one */
};

static void element_encodings_are_the_standards(void **state)
{
    (void)state;
    const int32_t values[] = {0, 1, -2, 2048, 3, -255};
    const uint16_t halves[] = {0, 0x3c00, 0xc000, 0x6800, 0x4200, 0xdbf8};
    const uint16_t bfloats[] = {0, 0x3f80, 0xc000, 0x4500, 0x4040, 0xc37f};
    uint16_t got[6];
    element_encode(WEFT_FLOAT16, values, 6, got);
    assert_memory_equal(got, halves, sizeof halves);
    element_encode(WEFT_BFLOAT16, values, 6, got);
    assert_memory_equal(got, bfloats, sizeof bfloats);
}

/* Reduces float32 data of all ranks in plain floating point, as a collective would. */
static void reduce_plainly(const struct pattern *pattern, float *result, unsigned iteration)
{
    float one[COUNT];
    for (unsigned rank = 0; rank < RANKS; rank++) {
        const struct pattern_part part = {rank, iteration, 0};
        pattern_fill_reduced(pattern, &part, rank == 0 ? result : one, COUNT);
        for (unsigned i = 0; rank > 0 && i < COUNT; i++)
            switch (pattern->reduction) {
            case WEFT_SUM:
            case WEFT_AVERAGE:
                result[i] += one[i];
                break;
            case WEFT_PRODUCT:
                result[i] *= one[i];
                break;
            case WEFT_MIN:
                result[i] = one[i] < result[i] ? one[i] : result[i];
                break;
            case WEFT_MAX:
                result[i] = one[i] > result[i] ? one[i] : result[i];
                break;
            }
    }
    for (unsigned i = 0; pattern->reduction == WEFT_AVERAGE && i < COUNT; i++)
        result[i] *= 1.0f / RANKS;
}

static void float_reductions_are_accepted_when_right(void **state)
{
    (void)state;
    for (enum weft_reduction reduction = WEFT_SUM; reduction <= WEFT_AVERAGE; reduction++) {
        struct pattern pattern;
        struct pattern_mismatch mismatch = {0};
        float result[COUNT];
        assert_int_equal(pattern_init(&pattern, WEFT_FLOAT32, reduction, RANKS), 0);
        reduce_plainly(&pattern, result, 5);
        const struct pattern_part source = {.iteration = 5};
        assert_true(pattern_check_reduced(&pattern, &source, result, COUNT, &mismatch));
        const struct pattern_part other = {.iteration = 6};
        assert_false(pattern_check_reduced(&pattern, &other, result, COUNT, &mismatch));
    }
}

static void one_wrong_byte_is_found_and_named(void **state)
{
    (void)state;
    struct pattern pattern;
    struct pattern_mismatch mismatch = {0};
    float result[COUNT];
    assert_int_equal(pattern_init(&pattern, WEFT_FLOAT32, WEFT_SUM, RANKS), 0);
    reduce_plainly(&pattern, result, 0);
    ((uint8_t *)result)[4 * 2500 + 1] ^= 0x10;
    const struct pattern_part source = {0};
    assert_false(pattern_check_reduced(&pattern, &source, result, COUNT, &mismatch));
    assert_true(mismatch.found);
    assert_int_equal(mismatch.offset_bytes, 4 * 2500 + 1);
    assert_int_equal(mismatch.expected[0] ^ mismatch.got[0], 0x10);
}

static void data_depends_on_rank_iteration_and_position(void **state)
{
    (void)state;
    struct pattern pattern;
    float a[COUNT], b[COUNT];
    assert_int_equal(pattern_init(&pattern, WEFT_FLOAT32, WEFT_SUM, RANKS), 0);
    const struct pattern_part parts[] = {{0, 0, 0}, {1, 0, 0}, {0, 1, 0}, {0, 0, 1}};
    pattern_fill_reduced(&pattern, &parts[0], a, COUNT);
    for (unsigned i = 1; i < 4; i++) {
        pattern_fill_reduced(&pattern, &parts[i], b, COUNT);
        unsigned equal = 0;
        for (unsigned at = 0; at < COUNT; at++)
            equal += a[at] == b[at];
        assert_true(equal < COUNT / 50);
    }
}

static void moved_bytes_can_be_checked_from_any_offset(void **state)
{
    (void)state;
    uint8_t sent[20011];
    const struct pattern_part whole = {.rank = 3, .iteration = 9};
    pattern_fill_moved(&whole, sent, sizeof sent);
    for (unsigned first = 0; first < 17; first++) {
        struct pattern_mismatch mismatch = {0};
        const struct pattern_part part = {.rank = 3, .iteration = 9, .first = first};
        assert_true(pattern_check_moved(&part, sent + first, sizeof sent - first, &mismatch));
    }
    sent[20010] ^= 1;
    struct pattern_mismatch mismatch = {0};
    assert_false(pattern_check_moved(&whole, sent, sizeof sent, &mismatch));
    assert_int_equal(mismatch.offset_bytes, 20010);
    assert_int_equal(mismatch.width, 1);
}

static void types_that_cannot_hold_exact_results_are_refused(void **state)
{
    (void)state;
    struct pattern pattern;
    assert_int_equal(pattern_init(&pattern, WEFT_BFLOAT16, WEFT_SUM, 256), 0);
    assert_int_equal(pattern_init(&pattern, WEFT_BFLOAT16, WEFT_SUM, 257), -ERANGE);
    assert_int_equal(pattern_init(&pattern, WEFT_BFLOAT16, WEFT_AVERAGE, 17), -ERANGE);
    assert_int_equal(pattern_init(&pattern, WEFT_INT32, WEFT_AVERAGE, 4096), 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(element_encodings_are_the_standards),
        cmocka_unit_test(float_reductions_are_accepted_when_right),
        cmocka_unit_test(one_wrong_byte_is_found_and_named),
        cmocka_unit_test(data_depends_on_rank_iteration_and_position),
        cmocka_unit_test(moved_bytes_can_be_checked_from_any_offset),
        cmocka_unit_test(types_that_cannot_hold_exact_results_are_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
