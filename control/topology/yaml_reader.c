/* SPDX-License-Identifier: BSD-3-Clause */
#include "control/topology/yaml_reader.h"

#include <errno.h>
#include <string.h>

enum {
    KEY_BYTES = 64
};

static struct topology_position position_of(const struct yaml_reader *reader, yaml_mark_t mark)
{
    return (struct topology_position){
        .file = reader->file, .line = (uint32_t)mark.line + 1, .column = (uint32_t)mark.column + 1};
}

struct topology_position yaml_reader_position(const struct yaml_reader *reader)
{
    return position_of(reader, reader->event.start_mark);
}

static int fail_syntax(struct yaml_reader *reader)
{
    const yaml_parser_t *p = &reader->parser;
    if (p->error == YAML_MEMORY_ERROR)
        return topology_fail_memory(reader->error);
    yaml_mark_t mark = p->error == YAML_READER_ERROR ? p->mark : p->problem_mark;
    return topology_fail(reader->error, position_of(reader, mark), "bad_yaml", "this is not YAML: %s",
                         p->problem ? p->problem : "it cannot be read");
}

static int refuse_sharing(struct yaml_reader *reader)
{
    const yaml_event_t *e = &reader->event;
    bool shared = e->type == YAML_ALIAS_EVENT, tagged = false;
    if (e->type == YAML_SCALAR_EVENT) {
        shared = e->data.scalar.anchor;
        tagged = e->data.scalar.tag;
    } else if (e->type == YAML_MAPPING_START_EVENT) {
        shared = e->data.mapping_start.anchor;
        tagged = e->data.mapping_start.tag;
    } else if (e->type == YAML_SEQUENCE_START_EVENT) {
        shared = e->data.sequence_start.anchor;
        tagged = e->data.sequence_start.tag;
    }
    if (!shared && !tagged)
        return 0;
    return topology_fail(reader->error, yaml_reader_position(reader), "bad_yaml",
                         "anchors, aliases and tags are not allowed: write the value itself");
}

/* Takes the current event and looks at the next. */
static int advance(struct yaml_reader *reader)
{
    yaml_event_delete(&reader->event);
    if (!yaml_parser_parse(&reader->parser, &reader->event))
        return fail_syntax(reader);
    return refuse_sharing(reader);
}

static int expect(struct yaml_reader *reader, yaml_event_type_t type, const char *what)
{
    if (reader->event.type != type)
        return topology_fail(reader->error, yaml_reader_position(reader), "bad_structure",
                             "%s is wanted here", what);
    return advance(reader);
}

int yaml_reader_open(struct yaml_reader *reader, const char *file, const char *text, size_t length,
                     struct topology_error *error)
{
    *reader = (struct yaml_reader){.file = file, .error = error};
    if (!yaml_parser_initialize(&reader->parser))
        return topology_fail_memory(error);
    yaml_parser_set_encoding(&reader->parser, YAML_UTF8_ENCODING);
    yaml_parser_set_input_string(&reader->parser, (const unsigned char *)text, length);
    int result = advance(reader);
    if (result == 0)
        result = expect(reader, YAML_STREAM_START_EVENT, "a stream");
    if (result == 0)
        result = expect(reader, YAML_DOCUMENT_START_EVENT, "a value (the file is empty): `topology`");
    return result;
}

int yaml_reader_expect_end(struct yaml_reader *reader)
{
    int result = expect(reader, YAML_DOCUMENT_END_EVENT, "the end of the document");
    if (result == 0 && reader->event.type != YAML_STREAM_END_EVENT)
        result = topology_fail(reader->error, yaml_reader_position(reader), "bad_structure",
                               "a second document begins here: one is allowed");
    return result;
}

void yaml_reader_close(struct yaml_reader *reader)
{
    yaml_event_delete(&reader->event);
    yaml_parser_delete(&reader->parser);
}

static int read_text(struct yaml_reader *reader, const char *what, char *text, size_t bytes)
{
    const yaml_event_t *e = &reader->event;
    if (e->type != YAML_SCALAR_EVENT)
        return topology_fail(reader->error, yaml_reader_position(reader), "bad_structure",
                             "%s is wanted here", what);
    size_t length = e->data.scalar.length;
    const char *value = (const char *)e->data.scalar.value;
    if (length == 0 || length >= bytes || memchr(value, '\0', length))
        return topology_fail(reader->error, yaml_reader_position(reader), "bad_value",
                             "%s is wanted here, of 1 to %zu characters", what, bytes - 1);
    memcpy(text, value, length + 1);
    return 0;
}

int yaml_reader_text(struct yaml_reader *reader, const char *what, char *text, size_t bytes)
{
    int result = read_text(reader, what, text, bytes);
    return result ? result : advance(reader);
}

/* "a, b or c" */
static void list_keys(const struct yaml_key *keys, char *text, size_t bytes)
{
    size_t used = 0;
    text[0] = '\0';
    for (; keys->name && used < bytes; keys++)
        used += (size_t)snprintf(text + used, bytes - used, "%s%s", keys->name,
                                 !keys[1].name ? "" : (keys[2].name ? ", " : " or "));
}

/* The place of the key in `keys`, or -EINVAL. */
static int find_key(struct yaml_reader *reader, const char *name, const struct yaml_key *keys,
                    const char *what)
{
    char known[160], quote[TOPOLOGY_QUOTE_BYTES];
    for (int i = 0; keys[i].name; i++)
        if (strcmp(keys[i].name, name) == 0)
            return i;
    list_keys(keys, known, sizeof(known));
    return topology_fail(reader->error, yaml_reader_position(reader), "unknown_key",
                         "unknown key '%s' in %s: it may have %s", topology_quote(name, strlen(name), quote),
                         what, known);
}

static int read_entry(struct yaml_reader *reader, const char *what, const struct yaml_key *keys,
                      uint32_t *seen, void *context)
{
    char name[KEY_BYTES];
    int result = read_text(reader, "a key", name, sizeof(name));
    int key = result ? result : find_key(reader, name, keys, what);
    if (key < 0)
        return key;
    if (*seen & 1u << key)
        return topology_fail(reader->error, yaml_reader_position(reader), "duplicate_key",
                             "the key %s is there twice: remove one", name);
    *seen |= 1u << key;
    result = advance(reader);
    return result ? result : keys[key].read(reader, context);
}

int yaml_reader_record(struct yaml_reader *reader, const char *what, const struct yaml_key *keys,
                       void *context)
{
    struct topology_position at = yaml_reader_position(reader);
    uint32_t seen = 0;
    int result = expect(reader, YAML_MAPPING_START_EVENT, what);
    while (result == 0 && reader->event.type != YAML_MAPPING_END_EVENT)
        result = read_entry(reader, what, keys, &seen, context);
    for (int i = 0; result == 0 && keys[i].name; i++)
        if (keys[i].required && !(seen & 1u << i))
            result =
                topology_fail(reader->error, at, "missing_key", "%s needs the key `%s`", what, keys[i].name);
    return result ? result : advance(reader);
}

int yaml_reader_entries(struct yaml_reader *reader, const char *what,
                        int (*read)(struct yaml_reader *reader, const char *key, struct topology_position at,
                                    void *context),
                        void *context)
{
    int result = expect(reader, YAML_MAPPING_START_EVENT, what);
    while (result == 0 && reader->event.type != YAML_MAPPING_END_EVENT) {
        char key[KEY_BYTES];
        struct topology_position at = yaml_reader_position(reader);
        result = yaml_reader_text(reader, "a name", key, sizeof(key));
        if (result == 0)
            result = read(reader, key, at, context);
    }
    return result ? result : advance(reader);
}

int yaml_reader_list(struct yaml_reader *reader, const char *what,
                     int (*read)(struct yaml_reader *reader, void *context), void *context)
{
    int result = expect(reader, YAML_SEQUENCE_START_EVENT, what);
    while (result == 0 && reader->event.type != YAML_SEQUENCE_END_EVENT)
        result = read(reader, context);
    return result ? result : advance(reader);
}
