/* SPDX-License-Identifier: BSD-3-Clause */
#include <stdio.h>
#include <string.h>

#include "tools/weft/command.h"

static const char *name_at(const char *const *first, unsigned stride, unsigned i)
{
    return *(const char *const *)(const void *)((const char *)first + (size_t)stride * i);
}

static void append(char text[MATCH_TEXT_BYTES], const char *name)
{
    size_t length = strlen(text);
    snprintf(text + length, MATCH_TEXT_BYTES - length, "%s%s", length ? ", " : "", name);
}

int command_match(const char *const *first, unsigned stride, const char *word, char text[MATCH_TEXT_BYTES])
{
    int found = MATCH_NONE;
    const char *name;
    text[0] = '\0';
    for (unsigned i = 0; (name = name_at(first, stride, i)) != NULL; i++) {
        if (strcmp(name, word) == 0)
            return (int)i;
        if (word[0] == '\0' || strncmp(name, word, strlen(word)) != 0)
            continue;
        append(text, name);
        found = found == MATCH_NONE ? (int)i : MATCH_SEVERAL;
    }
    return found;
}

const char *command_names(const char *const *first, unsigned stride, char text[MATCH_TEXT_BYTES])
{
    const char *name;
    text[0] = '\0';
    for (unsigned i = 0; (name = name_at(first, stride, i)) != NULL; i++)
        append(text, name);
    return text;
}
