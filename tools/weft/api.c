/* SPDX-License-Identifier: BSD-3-Clause */
#include "tools/weft/api.h"

#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "tools/weft/terminal_text.h"

/* ---- paths ---- */

static void append(struct api_path *path, const char *text)
{
    size_t length = strlen(path->text);
    int added = snprintf(path->text + length, sizeof(path->text) - length, "%s", text);
    if ((size_t)added >= sizeof(path->text) - length)
        snprintf(path->text, sizeof(path->text), "/too-long");
}

struct api_path api_path(const char *start)
{
    struct api_path path = {.queries = 0};
    append(&path, start);
    return path;
}

void api_path_add(struct api_path *path, const char *name)
{
    for (const unsigned char *c = (const unsigned char *)name; *c; c++) {
        char escaped[4];
        bool is_plain = isalnum(*c) || strchr("-._~", *c);
        snprintf(escaped, sizeof(escaped), is_plain ? "%c" : "%%%02X", *c);
        append(path, escaped);
    }
}

void api_path_query(struct api_path *path, const char *key, const char *value)
{
    append(path, path->queries++ ? "&" : "?");
    append(path, key);
    append(path, "=");
    api_path_add(path, value);
}

/* ---- what to make of it ---- */

static const char *text_of(const json_t *error, const char *key, const char *otherwise)
{
    const char *text = json_string_value(json_object_get(error, key));
    return text ? text : otherwise;
}

static void show_refusal(const struct options *options, const struct api_answer *answer)
{
    const json_t *error = json_object_get(answer->body, "error");
    const char *at = text_of(error, "at", "");
    fputs("weft: ", stderr);
    terminal_text_write(stderr, text_of(error, "code", "refused"), 64);
    fputs(": ", stderr);
    terminal_text_write(stderr, text_of(error, "message", "control gives no reason"), 1024);
    if (at[0]) {
        fputs(" (at ", stderr);
        terminal_text_write(stderr, at, 128);
        fputc(')', stderr);
    }
    fputc('\n', stderr);
    if (!options->json)
        return;
    json_dumpf(answer->body, stdout, JSON_ENSURE_ASCII | (options->pretty ? JSON_INDENT(2) : JSON_COMPACT));
    putchar('\n');
}

enum exit_status api_judge(const struct options *options, struct api_answer *answer)
{
    enum exit_status status = EXIT_DONE;
    if (!answer->body) {
        fprintf(stderr, "weft: %s\n", answer->failure);
        status = EXIT_UNREACHABLE;
    } else if (answer->status < 200 || answer->status > 299) {
        show_refusal(options, answer);
        status = EXIT_REFUSED;
    }
    if (status == EXIT_DONE)
        return status;
    json_decref(answer->body);
    answer->body = NULL;
    return status;
}

enum exit_status api_get(const struct options *options, const char *path, json_t **body)
{
    return api_post(options, path, NULL, body);
}

enum exit_status api_get_named(const struct options *options, const char *list, const char *name,
                               json_t **body)
{
    struct api_path path = api_path(list);
    if (name) {
        append(&path, "/");
        api_path_add(&path, name);
    }
    return api_get(options, path.text, body);
}

enum exit_status api_post(const struct options *options, const char *path, const json_t *sent, json_t **body)
{
    struct api_answer answer;
    api_ask(options, path, sent, 0, &answer);
    enum exit_status status = api_judge(options, &answer);
    *body = answer.body;
    return status;
}
