/* SPDX-License-Identifier: BSD-3-Clause */
#include "control/server/tokens.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <gnutls/crypto.h>
#include <gnutls/gnutls.h>

enum {
    HASH_BYTES = 32,
    TOKENS_MAX = 4096
};

struct token {
    struct token_holder holder;
    uint8_t hash[HASH_BYTES];
    uint64_t expires_s; /* 0: never */
};

struct tokens {
    unsigned count;
    struct token list[TOKENS_MAX];
};

static bool read_role(const char *name, enum call_role *role)
{
    static const char *const names[] = {
        [CALL_ROLE_AGENT] = "agent", [CALL_ROLE_VIEWER] = "viewer", [CALL_ROLE_OPERATOR] = "operator"};
    for (unsigned i = CALL_ROLE_AGENT; i <= CALL_ROLE_OPERATOR; i++) {
        if (strcmp(names[i], name) != 0)
            continue;
        *role = (enum call_role)i;
        return true;
    }
    return false;
}

static bool read_hash(const char *text, uint8_t hash[HASH_BYTES])
{
    static const char digits[] = "0123456789abcdefABCDEF";
    if (strlen(text) != (size_t)2 * HASH_BYTES || strspn(text, digits) != (size_t)2 * HASH_BYTES)
        return false;
    for (unsigned i = 0; i < HASH_BYTES; i++)
        if (sscanf(text + (size_t)2 * i, "%2hhx", &hash[i]) != 1)
            return false;
    return true;
}

static const char *read_line(const char *line, struct token *token)
{
    char role[16], hash[2 * HASH_BYTES + 2];
    char expires[24] = "0";
    int end = 0;
    int fields =
        sscanf(line, "%63s %15s %65s %n%20[0-9] %n", token->holder.name, role, hash, &end, expires, &end);
    if (fields < 3)
        return "a line is NAME ROLE SHA256 [EXPIRES]";
    if (line[end] != '\0')
        return "what follows a token's SHA-256 is when it expires, in seconds since 1970, or nothing";
    token->expires_s = strtoull(expires, NULL, 10);
    if (!read_role(role, &token->holder.role))
        return "a role is operator, viewer or agent";
    if (!read_hash(hash, token->hash))
        return "a token's SHA-256 is 64 digits of hex (printf %s TOKEN | sha256sum)";
    return NULL;
}

static int read_lines(FILE *stream, const char *file, struct tokens *tokens, char *error)
{
    char line[512];
    for (unsigned number = 1; fgets(line, sizeof(line), stream) != NULL; number++) {
        line[strcspn(line, "#\r\n")] = '\0';
        if (line[strspn(line, " \t")] == '\0')
            continue;
        const char *wrong =
            tokens->count == TOKENS_MAX ? "too many tokens" : read_line(line, &tokens->list[tokens->count]);
        if (wrong != NULL) {
            snprintf(error, TOKENS_ERROR_BYTES, "%s:%u: %s", file, number, wrong);
            return -EINVAL;
        }
        tokens->count++;
    }
    return 0;
}

int tokens_load(const char *file, struct tokens **tokens, char error[TOKENS_ERROR_BYTES])
{
    FILE *stream = fopen(file, "re");
    *tokens = calloc(1, sizeof(**tokens));
    if (stream == NULL || *tokens == NULL) {
        int result = stream == NULL ? -errno : -ENOMEM;
        snprintf(error, TOKENS_ERROR_BYTES, "%s: %s", file, strerror(-result));
        if (stream != NULL)
            fclose(stream);
        tokens_free(*tokens);
        *tokens = NULL;
        return result;
    }
    int result = read_lines(stream, file, *tokens, error);
    fclose(stream);
    if (result != 0) {
        tokens_free(*tokens);
        *tokens = NULL;
    }
    return result;
}

void tokens_free(struct tokens *tokens)
{
    free(tokens);
}

enum token_verdict tokens_check(const struct tokens *tokens, const char *token, uint64_t now_s,
                                struct token_holder *holder)
{
    uint8_t hash[HASH_BYTES];
    const struct token *found = NULL;
    if (gnutls_hash_fast(GNUTLS_DIG_SHA256, token, strlen(token), hash) != 0)
        return TOKEN_IS_WRONG;
    for (unsigned i = 0; i < tokens->count; i++)
        if (gnutls_memcmp(hash, tokens->list[i].hash, HASH_BYTES) == 0)
            found = &tokens->list[i];
    if (found == NULL)
        return TOKEN_IS_WRONG;
    *holder = found->holder;
    return found->expires_s != 0 && now_s >= found->expires_s ? TOKEN_HAS_EXPIRED : TOKEN_IS_GOOD;
}
