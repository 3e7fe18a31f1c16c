/* SPDX-License-Identifier: BSD-3-Clause */
#include "tools/weft/options.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

const struct option_help options_help[] = {
    {"-j", NULL, "JSON instead of tables"},
    {"-p", NULL, "JSON for people: indented"},
    {"-s", "SOCKET", "where control answers; " OPTIONS_SOCKET " when left out"},
    {"--timeout", "SECONDS", "how long to wait for an answer; 10 when left out"},
    {"-h", NULL, "help on the command; also --help"},
    {"-V", NULL, "the version; also --version"},
    {NULL, NULL, NULL},
};

static bool is_one_of(const char *word, const char *name, const char *other)
{
    return strcmp(word, name) == 0 || strcmp(word, other) == 0;
}

static bool take_flag(struct options *options, const char *word)
{
    if (is_one_of(word, "-j", "--json"))
        return options->json = true;
    if (is_one_of(word, "-p", "--pretty"))
        return options->pretty = true;
    if (is_one_of(word, "-jp", "-pj"))
        return options->json = options->pretty = true;
    if (is_one_of(word, "-h", "--help"))
        return options->help = true;
    if (is_one_of(word, "-V", "--version"))
        return options->version = true;
    return false;
}

static bool take_timeout(struct options *options, const char *value)
{
    char *end;
    double seconds = strtod(value, &end);
    if (end == value || *end || !(seconds >= 0.001 && seconds <= 86400)) {
        fprintf(stderr, "weft: --timeout wants seconds, 0.001 to 86400, not \"%s\"\n", value);
        return false;
    }
    options->timeout_ms = (long)(seconds * 1000);
    return true;
}

/* An option with a value; `value` is NULL behind the last word. */
static bool take_valued(struct options *options, const char *word, const char *value)
{
    bool is_socket = is_one_of(word, "-s", "--socket");
    if (!is_socket && strcmp(word, "--timeout") != 0) {
        fprintf(stderr, "weft: there is no option %s; see `weft help`\n", word);
        return false;
    }
    if (!value) {
        fprintf(stderr, "weft: %s wants a value behind it\n", word);
        return false;
    }
    if (!is_socket)
        return take_timeout(options, value);
    options->socket = value;
    return true;
}

bool options_take(struct options *options, int *count, char **words)
{
    int left = 0, i = 0;
    *options = (struct options){.socket = OPTIONS_SOCKET, .timeout_ms = OPTIONS_TIMEOUT_MS};
    for (; i < *count && strcmp(words[i], "--") != 0; i++) {
        if (words[i][0] != '-' || words[i][1] == '\0') {
            words[left++] = words[i];
        } else if (!take_flag(options, words[i])) {
            if (!take_valued(options, words[i], i + 1 < *count ? words[i + 1] : NULL))
                return false;
            i++;
        }
    }
    for (i++; i < *count; i++)
        words[left++] = words[i];
    *count = left;
    return true;
}
