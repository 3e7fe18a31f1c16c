/* SPDX-License-Identifier: BSD-3-Clause */
#include "dataplane/process/yaml_position.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <yaml.h>

static struct yaml_position from_mark(yaml_mark_t mark)
{
    return (struct yaml_position){.line = (unsigned)mark.line + 1, .column = (unsigned)mark.column + 1};
}

static bool load(FILE *stream, yaml_document_t *document, struct yaml_position *position,
                 char problem[YAML_PROBLEM_BYTES])
{
    yaml_parser_t parser;
    if (!yaml_parser_initialize(&parser)) {
        snprintf(problem, YAML_PROBLEM_BYTES, "out of memory");
        return false;
    }
    yaml_parser_set_input_file(&parser, stream);
    bool ok = yaml_parser_load(&parser, document);
    if (!ok) {
        *position = from_mark(parser.problem_mark);
        snprintf(problem, YAML_PROBLEM_BYTES, "%s", parser.problem ? parser.problem : "not YAML");
    }
    yaml_parser_delete(&parser);
    return ok;
}

bool yaml_position_check_syntax(const char *file, struct yaml_position *position,
                                char problem[YAML_PROBLEM_BYTES])
{
    *position = (struct yaml_position){.line = 1, .column = 1};
    FILE *stream = fopen(file, "r");
    if (!stream) {
        snprintf(problem, YAML_PROBLEM_BYTES, "cannot read it: %s", strerror(errno));
        return false;
    }
    yaml_document_t document;
    bool ok = load(stream, &document, position, problem);
    if (ok && !yaml_document_get_root_node(&document)) {
        snprintf(problem, YAML_PROBLEM_BYTES, "the file is empty");
        yaml_document_delete(&document);
        ok = false;
    } else if (ok) {
        yaml_document_delete(&document);
    }
    fclose(stream);
    return ok;
}

static const yaml_node_t *find_key(yaml_document_t *document, const yaml_node_t *node, const char *key,
                                   size_t length)
{
    if (node->type != YAML_MAPPING_NODE)
        return NULL;
    for (yaml_node_pair_t *pair = node->data.mapping.pairs.start; pair < node->data.mapping.pairs.top;
         pair++) {
        const yaml_node_t *name = yaml_document_get_node(document, pair->key);
        if (name->type == YAML_SCALAR_NODE && name->data.scalar.length == length &&
            memcmp(name->data.scalar.value, key, length) == 0)
            return yaml_document_get_node(document, pair->value);
    }
    return NULL;
}

static const yaml_node_t *find_index(yaml_document_t *document, const yaml_node_t *node, long index)
{
    if (node->type != YAML_SEQUENCE_NODE ||
        index >= node->data.sequence.items.top - node->data.sequence.items.start)
        return NULL;
    return yaml_document_get_node(document, node->data.sequence.items.start[index]);
}

/* Follows the path as far as it goes. */
static const yaml_node_t *walk(yaml_document_t *document, const yaml_node_t *node, const char *path)
{
    while (*path) {
        const yaml_node_t *next;
        if (*path == '[') {
            char *end;
            next = find_index(document, node, strtol(path + 1, &end, 10));
            path = end + 1;
        } else {
            path += *path == '.';
            size_t length = strcspn(path, ".[");
            next = find_key(document, node, path, length);
            path += length;
        }
        if (!next)
            return node;
        node = next;
    }
    return node;
}

static bool open_document(const char *file, yaml_document_t *document)
{
    struct yaml_position position;
    char problem[YAML_PROBLEM_BYTES];
    FILE *stream = fopen(file, "r");
    if (!stream)
        return false;
    bool ok = load(stream, document, &position, problem);
    fclose(stream);
    return ok;
}

struct yaml_position yaml_position_find(const char *file, const char *path)
{
    struct yaml_position position = {.line = 1, .column = 1};
    yaml_document_t document;
    if (!open_document(file, &document))
        return position;
    const yaml_node_t *root = yaml_document_get_root_node(&document);
    if (root)
        position = from_mark(walk(&document, root, path)->start_mark);
    yaml_document_delete(&document);
    return position;
}

static bool is_behind(struct yaml_position a, struct yaml_position b)
{
    return a.line > b.line || (a.line == b.line && a.column > b.column);
}

/* Keys of one mapping, in the order of the file. */
static bool find_key_behind(yaml_document_t *document, const yaml_node_t *node, const char *name,
                            struct yaml_position *after)
{
    if (node->type != YAML_MAPPING_NODE)
        return false;
    for (yaml_node_pair_t *pair = node->data.mapping.pairs.start; pair < node->data.mapping.pairs.top;
         pair++) {
        const yaml_node_t *key = yaml_document_get_node(document, pair->key);
        struct yaml_position position = from_mark(key->start_mark);
        if (key->type == YAML_SCALAR_NODE && strcmp((const char *)key->data.scalar.value, name) == 0 &&
            is_behind(position, *after)) {
            *after = position;
            return true;
        }
    }
    return false;
}

struct yaml_position yaml_position_find_key(const char *file, const char *name, struct yaml_position after)
{
    yaml_document_t document;
    if (!open_document(file, &document))
        return after;
    for (yaml_node_t *node = document.nodes.start; node < document.nodes.top; node++)
        if (find_key_behind(&document, node, name, &after))
            break;
    yaml_document_delete(&document);
    return after;
}
