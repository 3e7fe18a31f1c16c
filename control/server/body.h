/* SPDX-License-Identifier: BSD-3-Clause */
/* Reads the JSON body of a request strictly: every member must be known and of its type and range, or the
 * call fails with the place as a JSON pointer. What was read points into the body's JSON. */
#ifndef WEFT_CONTROL_BODY_H
#define WEFT_CONTROL_BODY_H

#include "control/server/call.h"

enum {
    BODY_POINTER_BYTES = 96,
    BODY_DEPTH_MAX = 8,
    BODY_CONTAINERS_MAX = 1 << 17,
    BODY_VALUES_MAX = 1 << 20
};

struct body {
    struct call *call;
    json_t *root;
    bool failed; /* then the call has its answer, and what is read from here on means nothing */
};

/* An object within another value of the body. */
struct body_object {
    struct body *body;
    const json_t *json;
    char pointer[BODY_POINTER_BYTES];
};

/* False, and the call has failed, when the body is not one JSON object. */
bool body_open(struct body *body, struct call *call, struct body_object *root);
void body_close(struct body *body);

void body_fail(struct body *body, const char *code, const char *at, const char *format, ...)
    __attribute__((format(printf, 4, 5)));

/* All that the object may have; another member fails. The list ends with NULL. */
void body_check_members(struct body_object *object, const char *const *members);

/* Absent members give `absent`, or fail where the function has none to give. */
uint64_t body_number(struct body_object *object, const char *member, uint64_t absent, uint64_t most);
uint64_t body_needed_number(struct body_object *object, const char *member, uint64_t most);
double body_real(struct body_object *object, const char *member, double absent, double most);
bool body_bool(struct body_object *object, const char *member, bool absent);
/* Printable text; "" when absent. */
void body_text(struct body_object *object, const char *member, char *text, size_t bytes);
/* Who asks for it: as the member `by` says, or else whom the connection is known by. */
void body_by(struct body_object *object, char by[CORE_NAME_BYTES]);
/* "0x1f" alone. */
bool body_parse_identity(const char *text, uint64_t *identity);
/* "0x1f" */
uint64_t body_needed_identity(struct body_object *object, const char *member);

/* The elements of an array; 0 when absent. */
size_t body_count(struct body_object *object, const char *member, size_t most);
uint64_t body_number_at(struct body_object *object, const char *member, size_t index, uint64_t most);
bool body_element(struct body_object *object, const char *member, size_t index, struct body_object *element);
/* The IPv4 address, host byte order, at `member`, or at an index of that array. */
uint32_t body_needed_address(struct body_object *object, const char *member);
uint32_t body_address_at(struct body_object *object, const char *member, size_t index);

#endif
