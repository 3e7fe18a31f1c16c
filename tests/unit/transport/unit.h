/* SPDX-License-Identifier: BSD-3-Clause */
/* cmocka wants these before it, in this order; every unit test of the transport begins here. */
#ifndef WEFT_TESTS_UNIT_TRANSPORT_UNIT_H
#define WEFT_TESTS_UNIT_TRANSPORT_UNIT_H

/* clang-format off */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
/* clang-format on */

#define COUNT_OF(array) (sizeof(array) / sizeof((array)[0]))

#endif
