/* SPDX-License-Identifier: BSD-3-Clause */
#ifndef WEFT_TOOLS_WEFT_LINK_H
#define WEFT_TOOLS_WEFT_LINK_H

#include "tools/weft/column.h"

/* A LINK of control's answers. */
extern const struct column link_columns[];

#endif
