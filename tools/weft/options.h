/* SPDX-License-Identifier: BSD-3-Clause */
/* What holds for every command: how to print, and where control is. */
#ifndef WEFT_TOOLS_WEFT_OPTIONS_H
#define WEFT_TOOLS_WEFT_OPTIONS_H

#include <stdbool.h>

#define OPTIONS_SOCKET "/run/weft/control.sock"

enum {
    OPTIONS_TIMEOUT_MS = 10000
};

/* How the program ends. */
enum exit_status {
    EXIT_DONE = 0,
    EXIT_USAGE = 1,
    EXIT_REFUSED = 2,    /* by control, or what was looked at has a problem */
    EXIT_UNREACHABLE = 3 /* nobody answers, or not as control does */
};

struct options {
    bool json, pretty, help, version;
    const char *socket;
    const char *url;                                 /* https://HOST:PORT in place of the socket; or NULL */
    const char *ca, *certificate, *key, *token_file; /* of the url; or NULL */
    long timeout_ms;
};

struct option_help {
    const char *name, *value; /* value NULL: none */
    const char *help;
};
/* Ends with a name of NULL. */
extern const struct option_help options_help[];

/* Takes the options out of the words, wherever they stand before "--". `*count` words are left in their
 * order. False: one is wrong, which has been said on stderr. */
bool options_take(struct options *options, int *count, char **words);

#endif
