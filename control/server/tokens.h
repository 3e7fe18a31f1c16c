/* SPDX-License-Identifier: BSD-3-Clause */
/* Who may connect over TCP: a file of tokens, of which only hashes are kept.
 *
 *     NAME ROLE SHA256-IN-HEX [EXPIRES, seconds since 1970]     # a line for each; ROLE: operator viewer
 * agent
 */
#ifndef WEFT_CONTROL_TOKENS_H
#define WEFT_CONTROL_TOKENS_H

#include <stddef.h>

#include "control/server/call.h"

enum {
    TOKENS_ERROR_BYTES = 320
};

struct tokens;

/* 0, or negative errno with "FILE:LINE: what is wrong". */
int tokens_load(const char *file, struct tokens **tokens, char error[TOKENS_ERROR_BYTES]);
void tokens_free(struct tokens *tokens);

enum {
    TOKEN_NAME_BYTES = 64
};
struct token_holder {
    char name[TOKEN_NAME_BYTES];
    enum call_role role;
};

enum token_verdict {
    TOKEN_IS_GOOD,
    TOKEN_IS_WRONG,
    TOKEN_HAS_EXPIRED
};
/* Takes as long for any token that is wrong. `now_s`: since 1970. */
enum token_verdict tokens_check(const struct tokens *tokens, const char *token, uint64_t now_s,
                                struct token_holder *holder);

#endif
