/* SPDX-License-Identifier: BSD-3-Clause */
/* The command line of a daemon: one configuration file and, before or after it, perhaps --check-config. */
#ifndef WEFT_PROCESS_ARGUMENTS_H
#define WEFT_PROCESS_ARGUMENTS_H

#include <stdbool.h>

struct arguments {
    const char *config_file;
    bool check_only;
};

/* False when it is wrong, and stderr has the usage. `words` are main()'s. */
bool arguments_read(const char *program, char **words, struct arguments *arguments);

#endif
