/* SPDX-License-Identifier: BSD-3-Clause */
/* What a fuzz target is: one function that takes any bytes, returns 0, and crashes if something is wrong. The
 * name is libFuzzer's. */
#ifndef WEFT_TESTS_FUZZ_FUZZ_H
#define WEFT_TESTS_FUZZ_FUZZ_H

#include <stddef.h>
#include <stdint.h>

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t length);

#endif
