/* SPDX-License-Identifier: BSD-3-Clause */
/* Runs a program for each text, with the text as its standard input, one after the other. The event loop
 * never waits for it: the input is a file in memory, the end is an event, and what takes too long is killed.
 */
#ifndef WEFT_CONTROL_HOOK_PROGRAM_H
#define WEFT_CONTROL_HOOK_PROGRAM_H

#include <stdint.h>

struct event_base;
struct hook_program;

/* NULL: no memory. Keeps the path's pointer. */
struct hook_program *hook_program_create(struct event_base *base, const char *path, uint32_t timeout_ms);
/* Kills one that runs. NULL is allowed. */
void hook_program_destroy(struct hook_program *h);
void hook_program_tell(struct hook_program *h, const char *text);

#endif
