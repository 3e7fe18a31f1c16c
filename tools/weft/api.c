/* SPDX-License-Identifier: BSD-3-Clause */
#include "tools/weft/api.h"

#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "tools/weft/control_place.h"
#include "tools/weft/terminal_text.h"

enum {
    ANSWER_BYTES_MAX = 256 << 20 /* the links of the largest topology are some 100 MiB */
};

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

/* ---- one exchange ---- */

struct taken {
    char *bytes;
    size_t count, room;
};

static size_t take_body(char *bytes, size_t size, size_t count, void *context)
{
    struct taken *taken = context;
    size_t more = size * count, needed = taken->count + more;
    if (needed > ANSWER_BYTES_MAX)
        return 0;
    if (needed > taken->room) {
        size_t room = 2 * needed;
        char *longer = realloc(taken->bytes, room);
        if (!longer)
            return 0;
        taken->bytes = longer;
        taken->room = room;
    }
    memcpy(taken->bytes + taken->count, bytes, more);
    taken->count = needed;
    return more;
}

/* CURLE_FAILED_INIT: `failure` says why. */
static CURLcode perform(const struct options *options, const char *path, const char *sent, long wait_ms,
                        struct taken *taken, struct api_answer *answer)
{
    struct curl_slist *headers = NULL;
    CURL *easy = curl_easy_init();
    CURLcode outcome = CURLE_FAILED_INIT;
    long status = 0;
    if (!easy) {
        snprintf(answer->failure, sizeof(answer->failure), "out of memory");
        return outcome;
    }
    curl_easy_setopt(easy, CURLOPT_NOSIGNAL, 1L);
    curl_easy_setopt(easy, CURLOPT_TIMEOUT_MS, options->timeout_ms + wait_ms);
    curl_easy_setopt(easy, CURLOPT_WRITEFUNCTION, take_body);
    curl_easy_setopt(easy, CURLOPT_WRITEDATA, taken);
    if (sent)
        curl_easy_setopt(easy, CURLOPT_POSTFIELDS, sent);
    if (control_place_set(easy, options, path, &headers, answer->failure)) {
        curl_easy_setopt(easy, CURLOPT_HTTPHEADER, headers);
        outcome = curl_easy_perform(easy);
    }
    curl_easy_getinfo(easy, CURLINFO_RESPONSE_CODE, &status);
    answer->status = outcome == CURLE_OK ? (int)status : 0;
    curl_slist_free_all(headers);
    curl_easy_cleanup(easy);
    return outcome;
}

static void read_body(const struct taken *taken, struct api_answer *answer)
{
    json_error_t error;
    answer->body = json_loadb(taken->bytes ? taken->bytes : "", taken->count, 0, &error);
    if (json_is_object(answer->body))
        return;
    json_decref(answer->body);
    answer->body = NULL;
    snprintf(answer->failure, sizeof(answer->failure), "the answer (HTTP status %d) is no JSON object",
             answer->status);
}

void api_ask(const struct options *options, const char *path, const json_t *body, long wait_ms,
             struct api_answer *answer)
{
    struct taken taken = {.count = 0};
    char *sent = body ? json_dumps(body, JSON_COMPACT) : NULL;
    *answer = (struct api_answer){.status = 0};
    CURLcode outcome = perform(options, path, sent, wait_ms, &taken, answer);
    if (outcome == CURLE_WRITE_ERROR)
        snprintf(answer->failure, sizeof(answer->failure), "the answer is longer than %d MiB",
                 ANSWER_BYTES_MAX >> 20);
    else if (outcome != CURLE_OK && outcome != CURLE_FAILED_INIT)
        control_place_explain(options, outcome, answer->failure);
    if (answer->status)
        read_body(&taken, answer);
    free(taken.bytes);
    free(sent);
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
