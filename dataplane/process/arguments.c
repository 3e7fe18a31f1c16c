/* SPDX-License-Identifier: BSD-3-Clause */
#include "dataplane/process/arguments.h"

#include <stdio.h>
#include <string.h>

static bool take(const char *word, struct arguments *arguments)
{
    if (strcmp(word, "--check-config") == 0)
        arguments->check_only = true;
    else if (word[0] == '-' || arguments->config_file)
        return false;
    else
        arguments->config_file = word;
    return true;
}

bool arguments_read(const char *program, char **words, struct arguments *arguments)
{
    bool is_right = true;
    *arguments = (struct arguments){.config_file = NULL};
    for (char **word = words + 1; *word && is_right; word++)
        is_right = take(*word, arguments);
    if (is_right && arguments->config_file)
        return true;
    fprintf(stderr, "usage: %s CONFIG.yaml [--check-config]\n", program);
    return false;
}
