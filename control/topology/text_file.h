/* SPDX-License-Identifier: BSD-3-Clause */
/* Whole files in memory, of at most a given size. */
#ifndef WEFT_TOPOLOGY_TEXT_FILE_H
#define WEFT_TOPOLOGY_TEXT_FILE_H

#include "control/topology/error.h"

/* *text is the caller's, with a zero behind it. 0, -ENOMEM, -EFBIG or the errno of reading, with `error`. */
int text_file_read(const char *file, size_t bytes_max, char **text, size_t *length,
                   struct topology_error *error);

#endif
