/* SPDX-License-Identifier: BSD-3-Clause */
/* cmocka wants these before it, in this order. */
#ifndef WEFT_TESTS_UNIT_SIM_UNIT_H
#define WEFT_TESTS_UNIT_SIM_UNIT_H

/* clang-format off */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
/* clang-format on */

#endif
