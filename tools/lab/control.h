/* SPDX-License-Identifier: BSD-3-Clause */
/* Control of the lab's fabric, as of a real one: told of it by a topology file, in the lab's own namespace,
 * whose Unix sockets every host's dataplane reaches. */
#ifndef WEFT_LAB_CONTROL_H
#define WEFT_LAB_CONTROL_H

#include "tools/lab/fabric.h"
#include "tools/lab/options.h"
#include "tools/lab/program.h"
#include "tools/lab/sandbox.h"

#define CONTROL_SOCKET SANDBOX_DIRECTORY "/control.sock"

/* Says what its program is; writes its configuration and topology. 0 or negative errno with `error`. */
int control_prepare(struct program *program, const struct lab_options *options, const struct fabric *fabric,
                    struct lab_error *error);

#endif
