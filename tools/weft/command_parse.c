/* SPDX-License-Identifier: BSD-3-Clause */
#include <stdio.h>
#include <string.h>

#include "tools/weft/argument.h"
#include "tools/weft/command.h"
#include "tools/weft/command_help.h"

struct words {
    int count;
    char **list;
};

static const char *take_word(struct words *words)
{
    words->count--;
    return *words->list++;
}

/* ---- object and verb ---- */

static bool find_object(struct invocation *invocation, struct words *words)
{
    char text[MATCH_TEXT_BYTES];
    const char *word = take_word(words);
    int object = command_match(&command_tree[0].name, sizeof(command_tree[0]), word, text);
    if (object >= 0) {
        invocation->object = &command_tree[object];
        return true;
    }
    if (object == MATCH_SEVERAL) {
        fprintf(stderr, "weft: \"%s\" can be any of %s\n", word, text);
    } else {
        command_names(&command_tree[0].name, sizeof(command_tree[0]), text);
        fprintf(stderr, "weft: \"%s\" is no object; there are %s\n", word, text);
    }
    return false;
}

/* Whether the default verb has an argument with exactly this key. */
static bool is_default_key(const struct object *object, const char *word)
{
    for (const struct argument *a = object->verbs[0].arguments; a->key; a++) {
        if (strcmp(a->key, word) == 0)
            return true;
    }
    return false;
}

static bool find_verb(struct invocation *invocation, struct words *words)
{
    char text[MATCH_TEXT_BYTES];
    const struct object *object = invocation->object;
    bool only_one = object->verbs[1].name == NULL;
    int verb = MATCH_NONE;
    invocation->verb = &object->verbs[0];
    if (words->count == 0 || is_default_key(object, words->list[0]))
        return true;
    verb = command_match(&object->verbs[0].name, sizeof(object->verbs[0]), words->list[0], text);
    if (verb < 0 && only_one)
        return true;
    const char *word = take_word(words);
    if (verb >= 0) {
        invocation->verb = &object->verbs[verb];
        return true;
    }
    if (verb == MATCH_SEVERAL)
        fprintf(stderr, "weft: \"%s\" can be any of %s\n", word, text);
    else
        fprintf(stderr, "weft: \"%s\" is no verb of %s; there are %s\n", word, object->name,
                command_names(&object->verbs[0].name, sizeof(object->verbs[0]), text));
    return false;
}

/* ---- arguments ---- */

static bool complain(const struct invocation *invocation)
{
    fputs("usage: ", stderr);
    help_usage(stderr, invocation->object, invocation->verb);
    return false;
}

static int find_exact(const struct verb *verb, const char *word)
{
    for (int i = 0; verb->arguments[i].key; i++) {
        if (strcmp(verb->arguments[i].key, word) == 0)
            return i;
    }
    return -1;
}

static int find_open_position(const struct invocation *invocation)
{
    for (int i = 0; invocation->verb->arguments[i].key; i++) {
        if (invocation->verb->arguments[i].positional && !invocation->values[i].text)
            return i;
    }
    return -1;
}

static bool set_value(struct invocation *invocation, int i, const char *word)
{
    char expected[ARGUMENT_EXPECTED_BYTES];
    const struct argument *argument = &invocation->verb->arguments[i];
    if (invocation->values[i].text) {
        fprintf(stderr, "weft: %s is given twice\n", argument->key);
        return complain(invocation);
    }
    if (argument_read(argument, word, &invocation->values[i], expected))
        return true;
    fprintf(stderr, "weft: %s wants %s, not \"%s\"\n", argument->key, expected, word);
    return complain(invocation);
}

/* The argument named by `word`, which stands where a key may stand; negative: said why not. */
static int find_key(const struct invocation *invocation, const char *word)
{
    char text[MATCH_TEXT_BYTES];
    const struct argument *arguments = invocation->verb->arguments;
    int i = command_match(&arguments[0].key, sizeof(arguments[0]), word, text);
    if (i == MATCH_SEVERAL)
        fprintf(stderr, "weft: \"%s\" can be any of %s\n", word, text);
    if (i == MATCH_NONE)
        fprintf(stderr, "weft: \"%s\" was not expected\n", word);
    if (i < 0)
        complain(invocation);
    return i;
}

/* All words that are left, with the one that has just been taken. */
static bool take_all(struct invocation *invocation, int i, struct words *words)
{
    invocation->words = words->list - 1;
    invocation->word_count = words->count + 1;
    invocation->values[i].text = invocation->words[0];
    words->count = 0;
    return true;
}

/* Whether an argument whose key may be left out takes the word: a required one takes any, another one what is
 * not a shortened key. */
static bool is_positional(const struct invocation *invocation, int open, const char *word)
{
    char text[MATCH_TEXT_BYTES];
    const struct argument *arguments = invocation->verb->arguments;
    return open >= 0 && (arguments[open].required ||
                         command_match(&arguments[0].key, sizeof(arguments[0]), word, text) < 0);
}

/* A key that is written out is always one. */
static bool take_argument(struct invocation *invocation, struct words *words)
{
    const char *word = take_word(words);
    int i = find_exact(invocation->verb, word);
    int open = i < 0 ? find_open_position(invocation) : -1;
    if (open >= 0 && invocation->verb->arguments[open].kind == ARGUMENT_WORDS)
        return take_all(invocation, open, words);
    if (is_positional(invocation, open, word))
        return set_value(invocation, open, word);
    if (i < 0)
        i = find_key(invocation, word);
    if (i < 0)
        return false;
    if (invocation->verb->arguments[i].kind == ARGUMENT_FLAG)
        return set_value(invocation, i, word);
    if (words->count > 0)
        return set_value(invocation, i, take_word(words));
    fprintf(stderr, "weft: %s wants a value behind it\n", invocation->verb->arguments[i].key);
    return complain(invocation);
}

static bool has_required(const struct invocation *invocation)
{
    for (int i = 0; invocation->verb->arguments[i].key; i++) {
        const struct argument *argument = &invocation->verb->arguments[i];
        if (!argument->required || invocation->values[i].text)
            continue;
        fprintf(stderr, "weft: %s is missing: %s\n", argument->key, argument->help);
        return complain(invocation);
    }
    return true;
}

bool command_parse(struct invocation *invocation, int count, char **words)
{
    struct words left = {count, words};
    if (count == 0) {
        fputs("usage: weft [OPTION]... OBJECT [VERB [[KEY] VALUE]...]; see `weft help`\n", stderr);
        return false;
    }
    if (!find_object(invocation, &left) || !find_verb(invocation, &left))
        return false;
    while (left.count > 0) {
        if (!take_argument(invocation, &left))
            return false;
    }
    return invocation->options->help || has_required(invocation);
}

/* ---- for handlers ---- */

const struct argument_value *invocation_value(const struct invocation *invocation, const char *key)
{
    static const struct argument_value absent;
    int i = find_exact(invocation->verb, key);
    return i < 0 ? &absent : &invocation->values[i];
}

const char *invocation_text(const struct invocation *invocation, const char *key)
{
    return invocation_value(invocation, key)->text;
}

bool invocation_flag(const struct invocation *invocation, const char *key)
{
    return invocation_text(invocation, key) != NULL;
}
