/* SPDX-License-Identifier: BSD-3-Clause */
/* Results of parts that have been run, kept in a directory: who is cut off goes on from there, and several
 * processes can share the work. They are of one binary with one set of options: whoever names the directory
 * sees to that. */
#ifndef WEFT_ACCURACY_KEPT_H
#define WEFT_ACCURACY_KEPT_H

#include <stdbool.h>
#include <stddef.h>

/* False: it is not there, or not of this size. No directory: nothing is there. */
bool kept_read(const char *directory, const char *name, void *result, size_t bytes);
/* All of it, or nothing. */
void kept_write(const char *directory, const char *name, const void *result, size_t bytes);

#endif
