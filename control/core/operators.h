/* SPDX-License-Identifier: BSD-3-Clause */
#ifndef WEFT_CONTROL_OPERATORS_H
#define WEFT_CONTROL_OPERATORS_H

#include "control/core/core.h"

/* core_link_act() without what follows from a person's word for drains that stand for verdicts. */
int operators_change_link(struct core *core, const struct core_link_request *request, uint64_t now_ns,
                          struct core_error *error);

#endif
