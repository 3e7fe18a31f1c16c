/* SPDX-License-Identifier: BSD-3-Clause */
/* The values of arguments: whether they are what they have to be. */
#ifndef WEFT_TOOLS_WEFT_ARGUMENT_H
#define WEFT_TOOLS_WEFT_ARGUMENT_H

#include "tools/weft/command.h"

enum {
    ARGUMENT_EXPECTED_BYTES = 320
};

/* False: `expected` says what the value has to be. A shortened choice becomes the whole word. */
bool argument_read(const struct argument *argument, const char *word, struct argument_value *value,
                   char expected[ARGUMENT_EXPECTED_BYTES]);

#endif
