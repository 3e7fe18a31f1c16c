/* SPDX-License-Identifier: BSD-3-Clause */
#include "tools/exporter/web_config.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <yaml.h>

enum {
    USERS_MAX = 64
};

/* Reading in progress; the first refusal is kept. */
struct reading {
    const char *file;
    yaml_document_t document;
    struct web_config *config;
    char *error;
    int result;
};

static void refuse(struct reading *r, const yaml_node_t *node, const char *what)
{
    if (r->result == 0)
        snprintf(r->error, YAML_ERROR_BYTES, "%s:%zu:%zu: %s", r->file, node->start_mark.line + 1,
                 node->start_mark.column + 1, what);
    r->result = -EINVAL;
}

static char *read_text(struct reading *r, const yaml_node_t *node)
{
    char *text = node->type == YAML_SCALAR_NODE ? strdup((const char *)node->data.scalar.value) : NULL;
    if (text == NULL)
        refuse(r, node, "a text is wanted here");
    return text;
}

/* Files are named from where the configuration is. */
static char *read_file_name(struct reading *r, const yaml_node_t *node)
{
    char *name = read_text(r, node), *joined = NULL;
    const char *slash = strrchr(r->file, '/');
    if (name == NULL || name[0] == '/' || slash == NULL)
        return name;
    if (asprintf(&joined, "%.*s/%s", (int)(slash - r->file), r->file, name) < 0)
        joined = NULL;
    free(name);
    return joined;
}

/* Calls `take` for each key of a mapping. */
static void for_each_key(struct reading *r, const yaml_node_t *node,
                         void (*take)(struct reading *r, const char *key, const yaml_node_t *value))
{
    if (node->type != YAML_MAPPING_NODE) {
        refuse(r, node, "keys with values are wanted here");
        return;
    }
    for (yaml_node_pair_t *pair = node->data.mapping.pairs.start; pair < node->data.mapping.pairs.top;
         pair++) {
        char *key = read_text(r, yaml_document_get_node(&r->document, pair->key));
        if (key != NULL)
            take(r, key, yaml_document_get_node(&r->document, pair->value));
        free(key);
    }
}

static void replace(char **text, char *with)
{
    free(*text);
    *text = with;
}

static void take_tls(struct reading *r, const char *key, const yaml_node_t *value)
{
    struct web_config *c = r->config;
    if (strcmp(key, "cert_file") == 0) {
        replace(&c->certificate, read_file_name(r, value));
    } else if (strcmp(key, "key_file") == 0) {
        replace(&c->key, read_file_name(r, value));
    } else if (strcmp(key, "client_ca_file") == 0) {
        replace(&c->client_ca, read_file_name(r, value));
    } else if (strcmp(key, "client_auth_type") == 0) {
        char *type = read_text(r, value);
        c->wants_client_certificate = type != NULL && strcmp(type, "RequireAndVerifyClientCert") == 0;
        if (type != NULL && !c->wants_client_certificate && strcmp(type, "NoClientCert") != 0)
            refuse(r, value, "client_auth_type must be NoClientCert or RequireAndVerifyClientCert");
        free(type);
    } else {
        refuse(r, value,
               "weft-exporter knows only cert_file, key_file, client_ca_file and client_auth_type here");
    }
}

static void take_user(struct reading *r, const char *name, const yaml_node_t *value)
{
    struct web_config *c = r->config;
    char *hash = read_text(r, value), *kept = strdup(name);
    if (hash != NULL && strncmp(hash, "$2", 2) != 0)
        refuse(r, value, "a bcrypt hash is wanted: htpasswd -nBC 10 \"\"");
    if (c->user_count == USERS_MAX)
        refuse(r, value, "there are too many users");
    if (r->result != 0 || hash == NULL || kept == NULL) {
        free(hash);
        free(kept);
        return;
    }
    c->users[c->user_count++] = (struct web_user){kept, hash};
}

static void take_section(struct reading *r, const char *key, const yaml_node_t *value)
{
    if (strcmp(key, "tls_server_config") == 0)
        for_each_key(r, value, take_tls);
    else if (strcmp(key, "basic_auth_users") == 0)
        for_each_key(r, value, take_user);
    else
        refuse(r, value, "weft-exporter knows only tls_server_config and basic_auth_users");
}

static void check(struct reading *r, const yaml_node_t *root)
{
    const struct web_config *c = r->config;
    if ((c->certificate == NULL) != (c->key == NULL))
        refuse(r, root, "cert_file and key_file belong together");
    else if (c->wants_client_certificate && (c->client_ca == NULL || c->certificate == NULL))
        refuse(r, root, "client certificates need client_ca_file, cert_file and key_file");
}

static void read_document(struct reading *r)
{
    const yaml_node_t *root = yaml_document_get_root_node(&r->document);
    if (root == NULL)
        return; /* an empty file allows everything */
    for_each_key(r, root, take_section);
    check(r, root);
}

static void read_syntax(struct reading *r)
{
    char problem[YAML_PROBLEM_BYTES];
    struct yaml_position position;
    yaml_parser_t parser;
    FILE *stream = fopen(r->file, "re");
    if (!yaml_position_check_syntax(r->file, &position, problem)) {
        snprintf(r->error, YAML_ERROR_BYTES, "%s:%u:%u: %s", r->file, position.line, position.column,
                 problem);
        r->result = -EINVAL;
    } else if (stream != NULL && yaml_parser_initialize(&parser)) {
        yaml_parser_set_input_file(&parser, stream);
        if (yaml_parser_load(&parser, &r->document)) {
            read_document(r);
            yaml_document_delete(&r->document);
        }
        yaml_parser_delete(&parser);
    }
    if (stream != NULL)
        fclose(stream);
}

int web_config_load(const char *file, struct web_config **config, char error[YAML_ERROR_BYTES])
{
    struct reading r = {.file = file, .config = calloc(1, sizeof(*r.config)), .error = error};
    *config = r.config;
    if (r.config != NULL)
        r.config->users = calloc(USERS_MAX, sizeof(*r.config->users));
    if (r.config == NULL || r.config->users == NULL) {
        snprintf(error, YAML_ERROR_BYTES, "out of memory");
        r.result = -ENOMEM;
    } else if (file != NULL) {
        read_syntax(&r);
    }
    if (r.result != 0) {
        web_config_free(*config);
        *config = NULL;
    }
    return r.result;
}

void web_config_free(struct web_config *config)
{
    if (config == NULL)
        return;
    for (unsigned i = 0; i < config->user_count; i++) {
        free(config->users[i].name);
        free(config->users[i].hash);
    }
    free(config->users);
    free(config->certificate);
    free(config->key);
    free(config->client_ca);
    free(config);
}
