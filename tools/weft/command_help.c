/* SPDX-License-Identifier: BSD-3-Clause */
#include "tools/weft/command_help.h"

#include <string.h>

/* How words are marked: what is typed as it stands, and what stands for a value. */
struct markup {
    const char *word, *value, *end;
};

static const struct markup plain = {"", "", ""};
static const struct markup roff = {"\\fB", "\\fI", "\\fR"};

static void write_argument(FILE *stream, const struct argument *argument, const struct markup *m)
{
    fputs(argument->required ? " " : " [", stream);
    if (!argument->positional)
        fprintf(stream, "%s%s%s", m->word, argument->key, m->end);
    if (!argument->positional && argument->value)
        fputc(' ', stream);
    if (argument->value)
        fprintf(stream, "%s%s%s", m->value, argument->value, m->end);
    if (!argument->required)
        fputc(']', stream);
}

static void write_usage(FILE *stream, const struct object *object, const struct verb *verb,
                        const struct markup *m)
{
    bool only_one = object->verbs[1].name == NULL;
    fprintf(stream, "%sweft %s%s%s%s", m->word, object->name, only_one ? "" : " ", only_one ? "" : verb->name,
            m->end);
    for (const struct argument *a = verb->arguments; a->key; a++)
        write_argument(stream, a, m);
    fputc('\n', stream);
}

void help_usage(FILE *stream, const struct object *object, const struct verb *verb)
{
    write_usage(stream, object, verb, &plain);
}

void help_usage_roff(FILE *stream, const struct object *object, const struct verb *verb)
{
    write_usage(stream, object, verb, &roff);
}

void help_overview(FILE *stream)
{
    char names[MATCH_TEXT_BYTES], option[64];
    fputs("usage: weft [OPTION]... OBJECT [VERB [[KEY] VALUE]...]\n\n", stream);
    for (const struct object *o = command_tree; o->name; o++)
        fprintf(stream, "  %-11s %-33s %s\n", o->name,
                o->verbs[1].name ? command_names(&o->verbs[0].name, sizeof(o->verbs[0]), names) : "",
                o->help);
    fputs("\nThe first verb is the default. All words may be shortened while they stay unique.\n"
          "`weft help OBJECT` tells more.\n\n",
          stream);
    for (const struct option_help *o = options_help; o->name; o++) {
        snprintf(option, sizeof(option), "%s %s", o->name, o->value ? o->value : "");
        fprintf(stream, "  %-19s %s\n", option, o->help);
    }
    fputs("\nexit status: 0 done, 1 usage, 2 refused or a problem found, 3 no daemon answers\n", stream);
}

void help_object(FILE *stream, const struct object *object)
{
    fprintf(stream, "weft %s: %s\n", object->name, object->help);
    for (const struct verb *v = object->verbs; v->name; v++) {
        fputs("\n  ", stream);
        help_usage(stream, object, v);
        fprintf(stream, "      %s\n", v->help);
        for (const struct argument *a = v->arguments; a->key; a++)
            fprintf(stream, "      %-14s %s\n", a->key, a->help);
    }
}

enum exit_status help_show(const struct invocation *invocation)
{
    char text[MATCH_TEXT_BYTES];
    const char *name = invocation_text(invocation, "object");
    if (!name) {
        help_overview(stdout);
        return EXIT_DONE;
    }
    int object = command_match(&command_tree[0].name, sizeof(command_tree[0]), name, text);
    if (object < 0) {
        fprintf(stderr, "weft: \"%s\" is %s%s\n", name, object == MATCH_NONE ? "no object" : "any of ", text);
        return EXIT_USAGE;
    }
    help_object(stdout, &command_tree[object]);
    return EXIT_DONE;
}
