/* SPDX-License-Identifier: BSD-3-Clause */
/* Bodies of requests as they come in, piece by piece: bounded one by one and all together. */
#ifndef WEFT_CONTROL_REQUEST_BODY_H
#define WEFT_CONTROL_REQUEST_BODY_H

#include <stdbool.h>
#include <stddef.h>

#include "dataplane/formats/address.h"

enum {
    REQUEST_BODIES_BYTES_MAX = 128 << 20 /* together */
};

/* What bodies of the calls below a path are. */
struct body_rule {
    const char *prefix, *type;
    size_t bytes_max;
    bool speaks_for_address; /* which comes next in the path */
};
const struct body_rule *body_rule_of(const char *path);
/* "application/json; charset=utf-8" is of the type "application/json"; NULL is of none. */
bool body_rule_accepts(const struct body_rule *rule, const char *type);
/* "/v1/agents/10.1.0.1/plan" speaks for "10.1.0.1", and so does a monitor's; what is longer than an address
 * is cut, and none. NULL: the call speaks for nobody. */
const char *body_rule_address(const char *path, char text[ADDRESS_TEXT_BYTES]);

struct request_body {
    const struct body_rule *rule;
    char *bytes; /* NULL: none has come */
    size_t count, room;
    bool overflows; /* there was no room for some of it: what came later is dropped, too */
};
/* `together`: of all bodies that there are. */
void request_body_take(struct request_body *body, const char *bytes, size_t count, size_t *together);
void request_body_free(struct request_body *body, size_t *together);

#endif
