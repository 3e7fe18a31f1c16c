/* SPDX-License-Identifier: BSD-3-Clause */
#include "dataplane/client/weft.h"

size_t weft_type_bytes(enum weft_type type)
{
    switch (type) {
    case WEFT_FLOAT16:
    case WEFT_BFLOAT16:
        return 2;
    case WEFT_FLOAT32:
    case WEFT_INT32:
        return 4;
    case WEFT_FLOAT64:
    case WEFT_INT64:
        return 8;
    }
    return 0;
}
