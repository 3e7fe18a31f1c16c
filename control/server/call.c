/* SPDX-License-Identifier: BSD-3-Clause */
#include "control/server/call.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define NSEC_PER_MSEC 1000000ull

json_t *call_text(const char *text)
{
    json_t *json = json_string(text);
    char *copy = json == NULL ? strdup(text) : NULL;
    if (copy == NULL)
        return json;
    for (char *c = copy; *c != '\0'; c++)
        if ((unsigned char)*c > '~')
            *c = '?';
    json = json_string(copy);
    free(copy);
    return json;
}

void call_answer(struct call *call, int status, json_t *json)
{
    call->status = status;
    call->json = json;
    if (json == NULL)
        call_fail(call, 503, "too_many", NULL, "out of memory: ask again later");
}

void call_answer_bytes(struct call *call, const void *bytes, size_t count)
{
    call->status = 200;
    call->bytes = bytes;
    call->byte_count = count;
}

void call_answer_nothing(struct call *call)
{
    call->status = 204;
}

void call_fail(struct call *call, int status, const char *code, const char *at, const char *format, ...)
{
    char message[CORE_ERROR_BYTES];
    va_list arguments;
    va_start(arguments, format);
    vsnprintf(message, sizeof(message), format, arguments);
    va_end(arguments);
    call->status = status;
    call->json =
        json_pack("{s:{s:s, s:o, s:s*}}", "error", "code", code, "message", call_text(message), "at", at);
}

void call_fail_core(struct call *call, const struct core_error *error)
{
    static const struct {
        const char *code;
        int status;
    } table[] = {{"unknown_link", 404},      {"unknown_host", 404},  {"unknown_job", 404},
                 {"unknown_epoch", 404},     {"unknown_agent", 404}, {"refused", 409},
                 {"stale_incarnation", 409}, {"store_failed", 503},  {"too_many", 503}};
    int status = 400;
    for (size_t i = 0; i < sizeof(table) / sizeof(*table); i++)
        if (strcmp(table[i].code, error->code) == 0)
            status = table[i].status;
    call_fail(call, status, error->code, NULL, "%s", error->text);
}

bool call_query_number(struct call *call, const char *name, uint64_t absent, uint64_t most, uint64_t *value)
{
    const char *text = call->query(call, name);
    char *end;
    *value = absent;
    if (text == NULL)
        return true;
    *value = strtoull(text, &end, 10);
    if (*text >= '0' && *text <= '9' && *end == '\0' && *value <= most)
        return true;
    call_fail(call, 400, "wrong_query", NULL, "`%s` must be a number from 0 to %llu", name,
              (unsigned long long)most);
    return false;
}

bool call_waits(struct call *call, enum call_topic topic, uint64_t wait_ms)
{
    call->topic = topic;
    call->wait_until_ns = call->started_ns + wait_ms * NSEC_PER_MSEC;
    if (!call->time_is_up && call->now_ns < call->wait_until_ns)
        return true;
    call->wait_until_ns = 0;
    return false;
}

bool call_read_path(struct call *call, const char *path)
{
    static const char version[] = "/v1/";
    if (strncmp(path, version, strlen(version)) != 0)
        return false;
    for (const char *word = path + strlen(version); *word != '\0';) {
        size_t length = strcspn(word, "/");
        if (call->word_count == CALL_WORDS_MAX || length == 0 || length >= CALL_WORD_BYTES)
            return false;
        memcpy(call->words[call->word_count], word, length);
        call->words[call->word_count++][length] = '\0';
        word += length + (word[length] == '/');
    }
    return call->word_count > 0;
}
