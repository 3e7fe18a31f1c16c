/* SPDX-License-Identifier: BSD-3-Clause */
/* cmocka wants these four before its own header. */
#ifndef WEFT_TESTS_UNIT_NIC_CMOCKA_HEADERS_H
#define WEFT_TESTS_UNIT_NIC_CMOCKA_HEADERS_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#endif
