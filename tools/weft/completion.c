/* SPDX-License-Identifier: BSD-3-Clause */
/* What may stand in place of the last word of a command line. Whatever is wrong with the words before it, the
 * worst outcome is that nothing is listed. */
#include <stdio.h>
#include <string.h>

#include "tools/weft/api.h"
#include "tools/weft/argument.h"
#include "tools/weft/handlers.h"
#include "tools/weft/terminal_text.h"

enum {
    NAMES_TIMEOUT_MS = 1000
};

static const char bash_script[] =
    "_weft()\n"
    "{\n"
    "    local IFS=$'\\n'\n"
    "    COMPREPLY=($(weft completion candidates -- \"${COMP_WORDS[@]:1:COMP_CWORD}\" 2>/dev/null))\n"
    "}\n"
    "complete -o default -F _weft weft\n";

enum exit_status completion_bash(const struct invocation *invocation)
{
    (void)invocation;
    fputs(bash_script, stdout);
    return EXIT_DONE;
}

static void offer(const char *name, const char *begun)
{
    if (strncmp(name, begun, strlen(begun)) != 0)
        return;
    terminal_text_write(stdout, name, 256);
    putchar('\n');
}

/* ---- names that control knows ---- */

static void offer_names(const struct options *options, const char *path, const char *list, const char *key,
                        const char *begun)
{
    struct options patience = *options;
    struct api_answer answer;
    json_t *object;
    size_t i;
    if (patience.timeout_ms > NAMES_TIMEOUT_MS)
        patience.timeout_ms = NAMES_TIMEOUT_MS;
    api_ask(&patience, path, NULL, 0, &answer);
    json_array_foreach(json_object_get(answer.body, list), i, object)
    {
        const char *name = json_string_value(json_object_get(object, key));
        if (name)
            offer(name, begun);
    }
    json_decref(answer.body);
}

static void offer_values(const struct options *options, const struct argument *argument, const char *begun)
{
    for (unsigned i = 0; argument->choices[i]; i++)
        offer(argument->choices[i], begun);
    if (argument->kind == ARGUMENT_LINK)
        offer_names(options, "/v1/links", "links", "name", begun);
    if (argument->kind == ARGUMENT_HOST)
        offer_names(options, "/v1/hosts", "hosts", "name", begun);
    if (argument->kind == ARGUMENT_JOB)
        offer_names(options, "/v1/jobs", "jobs", "communicator", begun);
}

/* ---- where in a command the last word stands ---- */

struct progress {
    const struct verb *verb;
    bool given[COMMAND_ARGUMENTS_MAX];
    const struct argument *awaited; /* its key has been given, its value not yet */
};

static int find_argument(const struct progress *progress, const char *word)
{
    char text[MATCH_TEXT_BYTES];
    const struct argument *arguments = progress->verb->arguments;
    for (int i = 0; arguments[i].key; i++) {
        if (strcmp(arguments[i].key, word) == 0)
            return i;
    }
    int key = command_match(&arguments[0].key, sizeof(arguments[0]), word, text);
    for (int i = 0; arguments[i].key; i++) {
        if (arguments[i].positional && !progress->given[i] && (arguments[i].required || key < 0))
            return i;
    }
    return key;
}

static void pass_word(struct progress *progress, const char *word)
{
    const struct argument *arguments = progress->verb->arguments;
    if (progress->awaited) {
        progress->awaited = NULL;
        return;
    }
    int i = find_argument(progress, word);
    if (i < 0)
        return;
    bool is_key = strcmp(arguments[i].key, word) == 0 || !arguments[i].positional;
    progress->given[i] = true;
    if (is_key && arguments[i].kind != ARGUMENT_FLAG)
        progress->awaited = &arguments[i];
}

static void offer_arguments(const struct options *options, const struct progress *progress, const char *begun)
{
    const struct argument *arguments = progress->verb->arguments;
    bool has_open = false;
    if (progress->awaited) {
        offer_values(options, progress->awaited, begun);
        return;
    }
    for (int i = 0; arguments[i].key; i++) {
        if (progress->given[i])
            continue;
        if (!arguments[i].positional)
            offer(arguments[i].key, begun);
        else if (!has_open)
            offer_values(options, &arguments[i], begun);
        has_open |= arguments[i].positional;
    }
}

static void offer_in_object(const struct options *options, const struct object *object, int count,
                            char **words, const char *begun)
{
    char text[MATCH_TEXT_BYTES];
    struct progress progress = {.verb = &object->verbs[0]};
    bool only_one = object->verbs[1].name == NULL;
    int passed = 0;
    for (const struct verb *v = object->verbs; count == 0 && !only_one && v->name; v++)
        offer(v->name, begun);
    if (count == 0 && !only_one)
        return;
    int verb = count > 0 ? command_match(&object->verbs[0].name, sizeof(object->verbs[0]), words[0], text)
                         : MATCH_NONE;
    if (verb < 0 && !only_one)
        return;
    if (verb >= 0) {
        progress.verb = &object->verbs[verb];
        passed = 1;
    }
    while (passed < count)
        pass_word(&progress, words[passed++]);
    offer_arguments(options, &progress, begun);
}

enum exit_status completion_candidates(const struct invocation *invocation)
{
    char text[MATCH_TEXT_BYTES];
    struct options options;
    int count = invocation->word_count - 1;
    const char *begun = invocation->words[count];
    if (!options_take(&options, &count, invocation->words))
        return EXIT_USAGE;
    if (!options.url && strcmp(options.socket, OPTIONS_SOCKET) == 0)
        options.socket = invocation->options->socket;
    if (begun[0] == '-') {
        for (const struct option_help *o = options_help; o->name; o++)
            offer(o->name, begun);
        return EXIT_DONE;
    }
    if (count == 0) {
        for (const struct object *o = command_tree; o->name; o++)
            offer(o->name, begun);
        return EXIT_DONE;
    }
    int object = command_match(&command_tree[0].name, sizeof(command_tree[0]), invocation->words[0], text);
    if (object >= 0)
        offer_in_object(&options, &command_tree[object], count - 1, invocation->words + 1, begun);
    return EXIT_DONE;
}
