/* SPDX-License-Identifier: BSD-3-Clause */
/* cmocka with what it needs before it. */
#ifndef WEFT_TESTS_UNIT_MONITOR_UNIT_H
#define WEFT_TESTS_UNIT_MONITOR_UNIT_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#endif
