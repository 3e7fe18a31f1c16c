/* SPDX-License-Identifier: BSD-3-Clause */
#include "control/etcd/values.h"

#include <gnutls/gnutls.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum {
    EVIDENCE_BYTES_MAX = 65536 /* longer evidence is left out: an event must not be refused for ever */
};

/* ---- base64 ---- */

json_t *etcd_base64(const void *bytes, size_t count)
{
    const gnutls_datum_t plain = {(unsigned char *)bytes, (unsigned)count};
    gnutls_datum_t text = {0};
    if (gnutls_base64_encode2(&plain, &text) < 0)
        return NULL;
    json_t *made = json_stringn((const char *)text.data, text.size);
    gnutls_free(text.data);
    return made;
}

char *etcd_from_base64(const json_t *text, size_t *count)
{
    const gnutls_datum_t encoded = {(unsigned char *)json_string_value(text),
                                    (unsigned)json_string_length(text)};
    gnutls_datum_t plain = {0};
    *count = 0;
    if (encoded.data == NULL || encoded.size == 0)
        return strdup("");
    if (gnutls_base64_decode2(&encoded, &plain) < 0)
        return NULL;
    char *made = malloc(plain.size + 1ul);
    if (made != NULL) {
        memcpy(made, plain.data, plain.size);
        made[plain.size] = '\0';
        *count = plain.size;
    }
    gnutls_free(plain.data);
    return made;
}

/* ---- writing ---- */

/* A text that was cut within a character loses the rest of it. */
static json_t *text_value(const char *text)
{
    size_t bytes = strlen(text);
    json_t *made = json_stringn(text, bytes);
    for (unsigned cut = 1; made == NULL && cut <= 3 && cut <= bytes; cut++)
        made = json_stringn(text, bytes - cut);
    return made != NULL ? made : json_string("?");
}

static char *write_out(json_t *value)
{
    char *text = value != NULL ? json_dumps(value, JSON_COMPACT) : NULL;
    json_decref(value);
    return text;
}

char *etcd_write_link(const struct store_link *l)
{
    return write_out(json_pack("{s:b, s:f, s:o, s:o, s:I}", "drained", l->drained, "capacity_ratio",
                               l->capacity_ratio, "by", text_value(l->by), "reason", text_value(l->reason),
                               "at_ns", (json_int_t)l->at_ns));
}

/* [[source leaf, destination leaf, spine], ...] */
char *etcd_write_paths(const struct store_path *paths, unsigned count)
{
    json_t *list = json_array();
    for (unsigned i = 0; list != NULL && i < count; i++) {
        json_t *one = json_pack("[I, I, I]", (json_int_t)paths[i].source_leaf,
                                (json_int_t)paths[i].destination_leaf, (json_int_t)paths[i].spine);
        if (json_array_append_new(list, one) != 0) {
            json_decref(list);
            return NULL;
        }
    }
    return write_out(list);
}

static json_t *event_value(const struct store_event *e)
{
    char job[24];
    snprintf(job, sizeof(job), "0x%" PRIx64, e->job);
    json_t *value =
        json_pack("{s:I, s:I, s:i, s:o, s:o, s:o, s:s, s:o}", "sequence", (json_int_t)e->sequence, "at_ns",
                  (json_int_t)e->at_ns, "level", (int)e->level, "kind", text_value(e->kind), "link",
                  text_value(e->link), "host", text_value(e->host), "job", job, "text", text_value(e->text));
    if (value != NULL && e->evidence != NULL && strlen(e->evidence) <= EVIDENCE_BYTES_MAX)
        json_object_set_new(value, "evidence", text_value(e->evidence));
    return value;
}

char *etcd_write_events(const struct store_event *events, unsigned count)
{
    json_t *list = json_array();
    for (unsigned i = 0; list != NULL && i < count; i++) {
        if (json_array_append_new(list, event_value(&events[i])) != 0) {
            json_decref(list);
            return NULL;
        }
    }
    return write_out(list);
}

/* ---- reading ---- */

static void copy_text(char *to, size_t bytes, const json_t *object, const char *key)
{
    const char *text = json_string_value(json_object_get(object, key));
    snprintf(to, bytes, "%s", text != NULL ? text : "");
}

static uint64_t number(const json_t *object, const char *key)
{
    json_int_t value = json_integer_value(json_object_get(object, key));
    return value > 0 ? (uint64_t)value : 0;
}

bool etcd_read_link(const char *name, const char *value, struct store_link *link)
{
    json_error_t error;
    json_t *object = json_loads(value, 0, &error);
    *link =
        (struct store_link){.drained = json_is_true(json_object_get(object, "drained")),
                            .capacity_ratio = json_number_value(json_object_get(object, "capacity_ratio")),
                            .at_ns = number(object, "at_ns")};
    bool fits = json_is_number(json_object_get(object, "capacity_ratio")) &&
                strlen(name) < sizeof(link->name) && link->capacity_ratio >= 0 && link->capacity_ratio <= 1;
    snprintf(link->name, sizeof(link->name), "%.*s", (int)sizeof(link->name) - 1, name);
    copy_text(link->by, sizeof(link->by), object, "by");
    copy_text(link->reason, sizeof(link->reason), object, "reason");
    json_decref(object);
    return fits;
}

static bool is_word(const json_t *value)
{
    return json_is_integer(value) && json_integer_value(value) >= 0 &&
           json_integer_value(value) <= UINT32_MAX;
}

void etcd_read_paths(const char *value, const struct store_visitor *visit)
{
    json_error_t error;
    json_t *list = json_loads(value, 0, &error), *one;
    size_t i;
    json_array_foreach(list, i, one)
    {
        const json_t *from = json_array_get(one, 0), *to = json_array_get(one, 1),
                     *spine = json_array_get(one, 2);
        if (!is_word(from) || !is_word(to) || !is_word(spine))
            continue;
        const struct store_path path = {(uint32_t)json_integer_value(from), (uint32_t)json_integer_value(to),
                                        (uint32_t)json_integer_value(spine)};
        visit->path(visit->context, &path);
    }
    json_decref(list);
}

static void visit_event(const json_t *value, const struct store_visitor *visit)
{
    const char *job = json_string_value(json_object_get(value, "job"));
    struct store_event e = {.sequence = number(value, "sequence"),
                            .at_ns = number(value, "at_ns"),
                            .level = (enum store_level)(number(value, "level") & 3),
                            .job = job != NULL ? strtoull(job, NULL, 16) : 0,
                            .evidence = (char *)json_string_value(json_object_get(value, "evidence"))};
    copy_text(e.kind, sizeof(e.kind), value, "kind");
    copy_text(e.link, sizeof(e.link), value, "link");
    copy_text(e.host, sizeof(e.host), value, "host");
    copy_text(e.text, sizeof(e.text), value, "text");
    visit->event(visit->context, &e);
}

void etcd_read_events(const char *value, uint64_t *sequence, const struct store_visitor *visit)
{
    json_error_t error;
    json_t *list = json_loads(value, 0, &error), *one;
    size_t i;
    json_array_foreach(list, i, one)
    {
        if (number(one, "sequence") < *sequence)
            continue;
        *sequence = number(one, "sequence") + 1;
        visit_event(one, visit);
    }
    json_decref(list);
}

unsigned etcd_count_events(const char *value, uint64_t *last_sequence)
{
    json_error_t error;
    json_t *list = json_loads(value, 0, &error);
    size_t count = json_array_size(list);
    *last_sequence = count > 0 ? number(json_array_get(list, count - 1), "sequence") : 0;
    json_decref(list);
    return (unsigned)count;
}
