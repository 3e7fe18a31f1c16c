/* SPDX-License-Identifier: BSD-3-Clause */
/* Keeps a lab from leaking: it lives in process, mount and network namespaces of its own, as process 1 of
 * the first. When that process ends, for whatever reason, the kernel ends everything in the lab and with it
 * the namespaces; and it ends when the program that the user started does. */
#ifndef WEFT_LAB_SANDBOX_H
#define WEFT_LAB_SANDBOX_H

#include <sys/types.h>

#include "tools/lab/error.h"
#include "tools/lab/namespace.h"

#define SANDBOX_DIRECTORY "/run/weft-lab"
#define SANDBOX_SOCKET    SANDBOX_DIRECTORY "/lab.sock"

/* Runs inside(argument) as process 1 of a new sandbox: with a /proc of its own, an empty /run that has
 * SANDBOX_DIRECTORY and NAMESPACE_DIRECTORY, and a network namespace without links. Returns what inside()
 * returned, as an exit status, or a negative errno with `error`.
 *
 * Signals to the calling process reach inside() so: ^C at a terminal as SIGUSR1 (the terminal has told the
 * whole foreground group already); SIGINT, SIGTERM and SIGHUP from other processes as SIGTERM. */
int sandbox_run(int (*inside)(void *argument), void *argument, struct lab_error *error);

/* Moves the calling process into a node of the lab, with a /sys that shows its interfaces. 0 or negative
 * errno. */
int sandbox_enter_node(int namespace_fd);

/* Undoes what the lab has set for its own signals; for a child, before it becomes another program. */
void sandbox_reset_signals(void);

#endif
