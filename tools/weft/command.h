/* SPDX-License-Identifier: BSD-3-Clause */
/* The command tree: `weft OBJECT VERB [KEY VALUE]...` as data. Parsing, help, completion and manual page all
 * come from it, so that they cannot say different things. */
#ifndef WEFT_TOOLS_WEFT_COMMAND_H
#define WEFT_TOOLS_WEFT_COMMAND_H

#include <stdbool.h>
#include <stdint.h>

#include "tools/weft/options.h"

enum {
    COMMAND_ARGUMENTS_MAX = 8,
    COMMAND_VERBS_MAX = 6,
    COMMAND_CHOICES_MAX = 6
};

enum argument_kind {
    ARGUMENT_TEXT,
    ARGUMENT_FLAG, /* a key without a value */
    ARGUMENT_FILE,
    ARGUMENT_CHOICE,
    ARGUMENT_NUMBER, /* minimum .. maximum */
    ARGUMENT_RATIO,  /* 0 to 1 */
    ARGUMENT_RATE,   /* bits/s: 400G */
    ARGUMENT_LINK,   /* names of these can be completed */
    ARGUMENT_HOST,
    ARGUMENT_JOB,  /* 64 bits, 0x1f */
    ARGUMENT_WORDS /* this word and all behind it */
};

struct argument {
    const char *key;
    const char *value; /* what stands for the value in help; NULL of a flag */
    enum argument_kind kind;
    bool positional; /* the key may be left out */
    bool required;
    uint64_t minimum, maximum;
    const char *choices[COMMAND_CHOICES_MAX];
    const char *help;
};

struct invocation;

struct verb {
    const char *name, *help;
    enum exit_status (*run)(const struct invocation *invocation);
    struct argument arguments[COMMAND_ARGUMENTS_MAX]; /* ends with a key of NULL */
};

/* The first verb is the default one. */
struct object {
    const char *name, *help;
    struct verb verbs[COMMAND_VERBS_MAX]; /* ends with a name of NULL */
};

/* Ends with a name of NULL. */
extern const struct object command_tree[];

struct argument_value {
    const char *text; /* NULL: not given */
    uint64_t number;  /* of a number, a rate, a job */
    double ratio;
};

/* One command as it was typed, checked. */
struct invocation {
    const struct options *options;
    const struct object *object;
    const struct verb *verb;
    struct argument_value values[COMMAND_ARGUMENTS_MAX];
    int word_count; /* of ARGUMENT_WORDS */
    char **words;
};

/* Finds object and verb, and checks every argument. Words may be shortened as far as they stay unique. False:
 * what was expected has been said on stderr. */
bool command_parse(struct invocation *invocation, int count, char **words);

/* The value of the verb's argument with this key; its text is NULL if it was not given. */
const struct argument_value *invocation_value(const struct invocation *invocation, const char *key);
const char *invocation_text(const struct invocation *invocation, const char *key);
bool invocation_flag(const struct invocation *invocation, const char *key);

/* The one name of `count` that `word` is, or shortens; -1: none. -2: several, with `shortened` holding
 * them, separated by commas. Names lie `stride` bytes apart, NULL ends them. */
enum {
    MATCH_NONE = -1,
    MATCH_SEVERAL = -2,
    MATCH_TEXT_BYTES = 256
};
int command_match(const char *const *first, unsigned stride, const char *word, char text[MATCH_TEXT_BYTES]);
/* All of them, separated by commas. */
const char *command_names(const char *const *first, unsigned stride, char text[MATCH_TEXT_BYTES]);

#endif
