/* SPDX-License-Identifier: BSD-3-Clause */
#include "dataplane/daemon/command.h"

#include <stdlib.h>

#include "dataplane/process/log.h"

struct command *command_new(enum command_kind kind, void (*done)(struct command *command), void *context)
{
    struct command *command = calloc(1, sizeof(*command));
    if (!command) {
        log_error("out of memory for a command to a worker");
        return NULL;
    }
    command->kind = kind;
    command->done = done;
    command->context = context;
    return command;
}

void command_free(struct command *command)
{
    free(command);
}
