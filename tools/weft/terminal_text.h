/* SPDX-License-Identifier: BSD-3-Clause */
/* Foreign text on a terminal: nothing that the terminal would act on is printed. */
#ifndef WEFT_TOOLS_WEFT_TERMINAL_TEXT_H
#define WEFT_TOOLS_WEFT_TERMINAL_TEXT_H

#include <stdio.h>

/* Prints at most `columns` columns of `text`; what has no width (control characters, escapes, marks that turn
 * the direction of writing) or is not of the locale's encoding appears as '?'. With a stream of NULL only
 * counts. Returns the columns taken. */
unsigned terminal_text_write(FILE *stream, const char *text, unsigned columns);

#endif
