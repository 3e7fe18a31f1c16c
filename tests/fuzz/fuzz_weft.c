/* SPDX-License-Identifier: BSD-3-Clause */
/* Any bytes as what control answers to `weft`: it ends as it says it does, nothing that it prints could move
 * a terminal's cursor, and with -j it prints JSON. */
#include <assert.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "tests/fuzz/fuzz.h"
#include "tools/weft/api.h"
#include "tools/weft/command.h"

enum {
    WORDS_MAX = 12,
    ASKED_MAX = 4 /* then nobody answers any more */
};

static char *const commands[][WORDS_MAX] = {
    {"fabric"},
    {"host"},
    {"host", "show", "host0"},
    {"link"},
    {"link", "show", "unhealthy"},
    {"link", "show", "leaf0-spine1"},
    {"link", "drain", "leaf0-spine1"},
    {"path", "show", "host0", "host1"},
    {"path", "probe", "host0", "host1"},
    {"plan"},
    {"plan", "explain", "leaf0-spine1"},
    {"plan", "explain", "communicator", "1", "shape", "ring", "from", "0", "to", "1"},
    {"plan", "diff"},
    {"plan", "diff", "1", "2"},
    {"plan", "history"},
    {"job"},
    {"job", "show", "31"},
    {"job", "priority", "31", "7"},
    {"event"},
    {"event", "show", "3", "link", "leaf0-spine1"},
    {"verdict"},
    {"verdict", "show", "open"},
    {"verdict", "explain", "3"},
    {"why", "leaf0-spine1"},
    {"topology"},
    {"topology", "show", "yaml"},
};

/* What control says, for as long as it does. */
static const char *answer_text;
static size_t answer_bytes;
static int answer_status;
static unsigned asked;

void api_ask(const struct options *options, const char *path, const json_t *body, long wait_ms,
             struct api_answer *answer)
{
    (void)options;
    (void)body;
    (void)wait_ms;
    assert(strncmp(path, "/v1/", 4) == 0);
    *answer = (struct api_answer){.failure = "control does not answer"};
    if (asked++ == ASKED_MAX)
        return;
    answer->status = answer_status;
    answer->body = json_loadb(answer_text, answer_bytes, 0, NULL);
    if (json_is_object(answer->body))
        return;
    json_decref(answer->body);
    answer->body = NULL;
}

/* Letters of UTF-8 are as they came; C0, and the C1 that terminals obey too, are not among them. */
static void check_harmless(const char *text, size_t bytes)
{
    for (size_t i = 0; i < bytes; i++) {
        unsigned char c = (unsigned char)text[i];
        assert(c >= ' ' || c == '\n');
        assert(c != 0xc2 || i + 1 == bytes || (unsigned char)text[i + 1] >= 0xa0);
    }
}

/* With JSON, a good answer becomes one value. */
static void check_output(const struct options *options, enum exit_status status, const char *text,
                         size_t bytes)
{
    assert(status >= EXIT_DONE && status <= EXIT_UNREACHABLE && status != EXIT_USAGE);
    check_harmless(text, bytes);
    if (!options->json || status != EXIT_DONE || bytes == 0)
        return;
    json_t *json = json_loadb(text, bytes, 0, NULL);
    assert(json != NULL);
    json_decref(json);
}

static void run(const struct options *options, char *const *words)
{
    struct invocation invocation = {.options = options};
    char *out = NULL, *errors = NULL;
    size_t out_bytes, error_bytes;
    FILE *stdout_before = stdout, *stderr_before = stderr;
    int count = 0;
    while (count < WORDS_MAX && words[count] != NULL)
        count++;
    bool is_good = command_parse(&invocation, count, (char **)words);
    assert(is_good);
    asked = 0;
    stdout = open_memstream(&out, &out_bytes);
    stderr = open_memstream(&errors, &error_bytes);
    enum exit_status status = invocation.verb->run(&invocation);
    fclose(stdout);
    fclose(stderr);
    stdout = stdout_before;
    stderr = stderr_before;
    check_output(options, status, out, out_bytes);
    check_harmless(errors, error_bytes);
    free(out);
    free(errors);
}

/* The first byte is the command and whether control grants it. */
int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t length)
{
    const struct options table = {.timeout_ms = 1000}, json = {.json = true, .timeout_ms = 1000};
    if (length == 0)
        return 0;
    char *const *words = commands[bytes[0] % (sizeof(commands) / sizeof(commands[0]))];
    answer_status = bytes[0] & 0x80 ? 409 : 200;
    answer_text = (const char *)bytes + 1;
    answer_bytes = length - 1;
    run(&table, words);
    run(&json, words);
    return 0;
}
