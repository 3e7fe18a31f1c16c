/* SPDX-License-Identifier: BSD-3-Clause */
#ifndef WEFT_CONTROL_CORE_ERROR_H
#define WEFT_CONTROL_CORE_ERROR_H

#include "control/core/core.h"
#include "dataplane/formats/address.h"

/* Fills in the error and returns `result`. `code` is one of API.md. */
int core_fail(struct core_error *error, int result, const char *code, const char *format, ...)
    __attribute__((format(printf, 4, 5)));
int core_fail_memory(struct core_error *error);

#endif
