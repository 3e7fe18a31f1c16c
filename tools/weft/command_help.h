/* SPDX-License-Identifier: BSD-3-Clause */
/* What the command tree says about itself. */
#ifndef WEFT_TOOLS_WEFT_COMMAND_HELP_H
#define WEFT_TOOLS_WEFT_COMMAND_HELP_H

#include <stdio.h>

#include "tools/weft/command.h"

/* One line: "weft link drain LINK [reason TEXT] [force]". */
void help_usage(FILE *stream, const struct object *object, const struct verb *verb);
/* The same in the mark-up of manual pages. */
void help_usage_roff(FILE *stream, const struct object *object, const struct verb *verb);
/* All objects and options. */
void help_overview(FILE *stream);
/* An object's verbs and their arguments. */
void help_object(FILE *stream, const struct object *object);
/* The manual page weft(1). */
void help_manual(FILE *stream);

enum exit_status help_show(const struct invocation *invocation);
enum exit_status manual_show(const struct invocation *invocation);

#endif
