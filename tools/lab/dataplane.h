/* SPDX-License-Identifier: BSD-3-Clause */
/* The dataplane of one host. */
#ifndef WEFT_LAB_DATAPLANE_H
#define WEFT_LAB_DATAPLANE_H

#include "tools/lab/fabric.h"
#include "tools/lab/options.h"
#include "tools/lab/program.h"

/* Says what its program is and writes its configuration. 0 or negative errno with `error`. */
int dataplane_prepare(struct program *program, const struct lab_options *options, const struct fabric *fabric,
                      unsigned host, struct lab_error *error);

#endif
