/* SPDX-License-Identifier: BSD-3-Clause */
#include "control/server/body.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "dataplane/formats/address.h"

enum {
    POINTER_PART_BYTES = 60
};

void body_fail(struct body *body, const char *code, const char *at, const char *format, ...)
{
    char message[CORE_ERROR_BYTES];
    va_list arguments;
    if (body->failed)
        return;
    body->failed = true;
    va_start(arguments, format);
    vsnprintf(message, sizeof(message), format, arguments);
    va_end(arguments);
    call_fail(body->call, strcmp(code, "too_large") == 0 ? 413 : 400, code, at, "%s", message);
}

/* What the text alone tells of its values, before memory is spent on them: libjansson takes up to a hundred
 * times the bytes of the text for them, and bounds depth only at 2048. */
struct outline {
    unsigned depth;
    size_t containers, values;
};

static struct outline outline_text(const char *text, size_t bytes)
{
    struct outline o = {0};
    unsigned depth = 0;
    bool in_string = false;
    for (size_t i = 0; i < bytes; i++) {
        if (in_string && text[i] == '\\')
            i++;
        else if (text[i] == '"')
            in_string = !in_string;
        else if (!in_string && (text[i] == '{' || text[i] == '['))
            depth++, o.containers++;
        else if (!in_string && (text[i] == '}' || text[i] == ']'))
            depth -= depth > 0;
        else if (!in_string && text[i] == ',')
            o.values++;
        o.depth = depth > o.depth ? depth : o.depth;
    }
    return o;
}

bool body_open(struct body *body, struct call *call, struct body_object *root)
{
    json_error_t where;
    *body = (struct body){.call = call};
    struct outline outline = outline_text(call->body, call->body_bytes);
    if (outline.depth > BODY_DEPTH_MAX)
        body_fail(body, "too_deep", NULL, "the body is nested deeper than %u", BODY_DEPTH_MAX);
    else if (outline.containers > BODY_CONTAINERS_MAX || outline.values > BODY_VALUES_MAX)
        body_fail(body, "too_large", NULL, "a body has at most %u objects and arrays, and %u values",
                  BODY_CONTAINERS_MAX, BODY_VALUES_MAX);
    if (body->failed)
        return false;
    body->root = json_loadb(call->body, call->body_bytes, JSON_REJECT_DUPLICATES, &where);
    if (body->root == NULL && json_error_code(&where) == json_error_numeric_overflow)
        body_fail(body, "out_of_range", NULL, "a number at line %d, column %d is beyond 64 bits", where.line,
                  where.column);
    else if (body->root == NULL)
        body_fail(body, "not_json", NULL, "the body is not JSON: %s at line %d, column %d", where.text,
                  where.line, where.column);
    else if (!json_is_object(body->root))
        body_fail(body, "wrong_type", "", "the body must be an object");
    *root = (struct body_object){.body = body, .json = body->root};
    return !body->failed;
}

void body_close(struct body *body)
{
    json_decref(body->root);
}

/* The pointer to a member; names that are not ours are cut to what JSON pointers and lines of a log can bear.
 */
static void point(const struct body_object *object, const char *member, char pointer[BODY_POINTER_BYTES])
{
    size_t length = strnlen(object->pointer, POINTER_PART_BYTES);
    snprintf(pointer, BODY_POINTER_BYTES, "%.*s/%.30s", POINTER_PART_BYTES, object->pointer, member);
    for (size_t i = length + 1; pointer[i] != '\0'; i++)
        if (pointer[i] < '!' || pointer[i] > '~' || pointer[i] == '/' || pointer[i] == '"')
            pointer[i] = '?';
}

static void fail_at(struct body_object *object, const char *member, const char *code, const char *what)
{
    char pointer[BODY_POINTER_BYTES];
    point(object, member, pointer);
    body_fail(object->body, code, pointer, "%s %s", pointer, what);
}

static const json_t *find(struct body_object *object, const char *member, bool is_needed)
{
    const json_t *value = object->body->failed ? NULL : json_object_get(object->json, member);
    if (value == NULL && is_needed)
        fail_at(object, member, "missing_key", "is missing");
    return value;
}

void body_check_members(struct body_object *object, const char *const *members)
{
    const char *name;
    json_t *value;
    json_object_foreach((json_t *)object->json, name, value)
    {
        const char *const *known = members;
        while (*known != NULL && strcmp(*known, name) != 0)
            known++;
        if (*known == NULL)
            fail_at(object, name, "unknown_key", "is not a key of this call");
    }
}

static uint64_t read_number(struct body_object *object, const char *member, const json_t *value,
                            uint64_t most)
{
    json_int_t number = json_integer_value(value);
    char what[80];
    if (!json_is_integer(value)) {
        fail_at(object, member, "wrong_type", "must be a whole number");
        return 0;
    }
    if (number >= 0 && (uint64_t)number <= most)
        return (uint64_t)number;
    snprintf(what, sizeof(what), "must be within 0 and %llu", (unsigned long long)most);
    fail_at(object, member, "out_of_range", what);
    return 0;
}

uint64_t body_number(struct body_object *object, const char *member, uint64_t absent, uint64_t most)
{
    const json_t *value = find(object, member, false);
    return value == NULL ? absent : read_number(object, member, value, most);
}

uint64_t body_needed_number(struct body_object *object, const char *member, uint64_t most)
{
    const json_t *value = find(object, member, true);
    return value == NULL ? 0 : read_number(object, member, value, most);
}

double body_real(struct body_object *object, const char *member, double absent, double most)
{
    const json_t *value = find(object, member, false);
    char what[80];
    if (value == NULL)
        return absent;
    double number = json_number_value(value);
    snprintf(what, sizeof(what), "must be within 0 and %g", most);
    if (!json_is_number(value))
        fail_at(object, member, "wrong_type", "must be a number");
    else if (!(number >= 0 && number <= most))
        fail_at(object, member, "out_of_range", what);
    return number;
}

bool body_bool(struct body_object *object, const char *member, bool absent)
{
    const json_t *value = find(object, member, false);
    if (value == NULL)
        return absent;
    if (!json_is_boolean(value))
        fail_at(object, member, "wrong_type", "must be true or false");
    return json_is_true(value);
}

static bool is_printable(const char *text)
{
    for (; *text != '\0'; text++)
        if ((unsigned char)*text < ' ' || *text == 127)
            return false;
    return true;
}

void body_text(struct body_object *object, const char *member, char *text, size_t bytes)
{
    const json_t *value = find(object, member, false);
    char what[80];
    text[0] = '\0';
    if (value == NULL)
        return;
    snprintf(what, sizeof(what), "must be printable and at most %zu bytes long", bytes - 1);
    if (!json_is_string(value))
        fail_at(object, member, "wrong_type", "must be text");
    else if (json_string_length(value) >= bytes || !is_printable(json_string_value(value)))
        fail_at(object, member, "out_of_range", what);
    else
        memcpy(text, json_string_value(value), json_string_length(value) + 1);
}

void body_by(struct body_object *object, char by[CORE_NAME_BYTES])
{
    body_text(object, "by", by, CORE_NAME_BYTES);
    if (by[0] == '\0')
        memcpy(by, object->body->call->who, CORE_NAME_BYTES);
}

bool body_parse_identity(const char *text, uint64_t *identity)
{
    static const char digits[] = "0123456789abcdefABCDEF";
    if (text == NULL || strncmp(text, "0x", 2) != 0)
        return false;
    size_t count = strspn(text + 2, digits);
    *identity = strtoull(text, NULL, 16);
    return count >= 1 && count <= 16 && text[2 + count] == '\0';
}

uint64_t body_needed_identity(struct body_object *object, const char *member)
{
    const json_t *value = find(object, member, true);
    uint64_t identity = 0;
    if (value != NULL && !body_parse_identity(json_string_value(value), &identity))
        fail_at(object, member, "wrong_type", "must be 64 bits as text, such as \"0x1f\"");
    return identity;
}

size_t body_count(struct body_object *object, const char *member, size_t most)
{
    const json_t *value = find(object, member, false);
    char what[80];
    if (value == NULL)
        return 0;
    snprintf(what, sizeof(what), "has more than %zu elements", most);
    if (!json_is_array(value))
        fail_at(object, member, "wrong_type", "must be an array");
    else if (json_array_size(value) > most)
        fail_at(object, member, "out_of_range", what);
    return object->body->failed ? 0 : json_array_size(value);
}

bool body_element(struct body_object *object, const char *member, size_t index, struct body_object *element)
{
    const json_t *value = json_array_get(json_object_get(object->json, member), index);
    *element = (struct body_object){.body = object->body, .json = value};
    snprintf(element->pointer, sizeof(element->pointer), "%.*s/%s/%zu", POINTER_PART_BYTES, object->pointer,
             member, index);
    if (!json_is_object(value))
        body_fail(object->body, "wrong_type", element->pointer, "%s must be an object", element->pointer);
    return !object->body->failed;
}

uint32_t body_needed_address(struct body_object *object, const char *member)
{
    const json_t *value = find(object, member, true);
    uint32_t address = 0;
    if (value != NULL && !address_parse(json_string_value(value), &address))
        fail_at(object, member, "wrong_type", "must be an IPv4 address as text");
    return address;
}

uint64_t body_number_at(struct body_object *object, const char *member, size_t index, uint64_t most)
{
    const json_t *value = json_array_get(json_object_get(object->json, member), index);
    char place[BODY_POINTER_BYTES];
    json_int_t number = json_integer_value(value);
    if (json_is_integer(value) && number >= 0 && (uint64_t)number <= most)
        return (uint64_t)number;
    snprintf(place, sizeof(place), "%.*s/%s/%zu", POINTER_PART_BYTES, object->pointer, member, index);
    body_fail(object->body, json_is_integer(value) ? "out_of_range" : "wrong_type", place,
              "%s must be a whole number within 0 and %llu", place, (unsigned long long)most);
    return 0;
}

uint32_t body_address_at(struct body_object *object, const char *member, size_t index)
{
    const json_t *value = json_array_get(json_object_get(object->json, member), index);
    uint32_t address = 0;
    char place[BODY_POINTER_BYTES];
    if (address_parse(json_string_value(value), &address))
        return address;
    snprintf(place, sizeof(place), "%.*s/%s/%zu", POINTER_PART_BYTES, object->pointer, member, index);
    body_fail(object->body, "wrong_type", place, "%s must be an IPv4 address as text", place);
    return address;
}
