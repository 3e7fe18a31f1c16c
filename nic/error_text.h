/* SPDX-License-Identifier: BSD-3-Clause */
/* Why a port could not be set up, in words, beside the negative errno. */
#ifndef WEFT_NIC_ERROR_TEXT_H
#define WEFT_NIC_ERROR_TEXT_H

#include "nic/port.h"

/* Writes the line into `error` and returns `negative_errno`, so that a failure is one return statement. */
int error_text(char error[PORT_ERROR_BYTES], int negative_errno, const char *format, ...)
    __attribute__((format(printf, 3, 4)));

#endif
