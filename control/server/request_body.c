/* SPDX-License-Identifier: BSD-3-Clause */
#include "control/server/request_body.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

enum {
    REPORT_BYTES_MAX = 8 << 20,
    TIMING_BYTES_MAX = (4 << 20) + 64,
    OTHER_BYTES_MAX = 64 << 10
};

static const struct body_rule rules[] = {
    {"/v1/agents/", "application/json", REPORT_BYTES_MAX, true},
    {"/v1/monitors/", "application/octet-stream", TIMING_BYTES_MAX, true},
    {"", "application/json", OTHER_BYTES_MAX, false},
};

const struct body_rule *body_rule_of(const char *path)
{
    const struct body_rule *rule = rules;
    while (strncmp(path, rule->prefix, strlen(rule->prefix)) != 0)
        rule++;
    return rule;
}

bool body_rule_accepts(const struct body_rule *rule, const char *type)
{
    size_t length = strlen(rule->type);
    return type != NULL && strncasecmp(type, rule->type, length) == 0 && strchr("; ", type[length]) != NULL;
}

const char *body_rule_address(const char *path, char text[ADDRESS_TEXT_BYTES])
{
    const struct body_rule *rule = body_rule_of(path);
    if (!rule->speaks_for_address)
        return NULL;
    const char *address = path + strlen(rule->prefix);
    snprintf(text, ADDRESS_TEXT_BYTES, "%.*s", (int)strcspn(address, "/"), address);
    return text;
}

/* Twice what is needed, as far as the rule allows. */
static bool make_room(struct request_body *b, size_t needed, size_t *together)
{
    size_t room = 2 * needed < b->rule->bytes_max ? 2 * needed : b->rule->bytes_max;
    if (*together + room - b->room > REQUEST_BODIES_BYTES_MAX)
        return false;
    char *larger = realloc(b->bytes, room);
    if (larger == NULL)
        return false;
    *together += room - b->room;
    b->bytes = larger;
    b->room = room;
    return true;
}

void request_body_take(struct request_body *b, const char *bytes, size_t count, size_t *together)
{
    b->overflows = b->overflows || count > b->rule->bytes_max - b->count ||
                   (b->count + count > b->room && !make_room(b, b->count + count, together));
    if (b->overflows)
        return;
    memcpy(b->bytes + b->count, bytes, count);
    b->count += count;
}

void request_body_free(struct request_body *b, size_t *together)
{
    *together -= b->room;
    free(b->bytes);
    b->bytes = NULL;
    b->count = b->room = 0;
}
