/* SPDX-License-Identifier: BSD-3-Clause */
/* weft(1), written from the command tree. */
#include "tools/weft/command_help.h"

/* Text may begin with a character that roff takes for a request, or hold its escape character. */
static void write_text(FILE *stream, const char *text)
{
    if (*text == '.' || *text == '\'')
        fputs("\\&", stream);
    for (; *text; text++) {
        if (*text == '\\')
            fputs("\\e", stream);
        else if (*text == '-')
            fputs("\\-", stream);
        else
            fputc(*text, stream);
    }
    fputc('\n', stream);
}

static void write_verb(FILE *stream, const struct object *object, const struct verb *verb)
{
    fputs(".TP\n", stream);
    help_usage_roff(stream, object, verb);
    write_text(stream, verb->help);
    if (!verb->arguments[0].key)
        return;
    fputs(".RS\n", stream);
    for (const struct argument *a = verb->arguments; a->key; a++) {
        fprintf(stream, ".TP 14\n.B %s\n", a->key);
        write_text(stream, a->help);
    }
    fputs(".RE\n", stream);
}

static void write_options(FILE *stream)
{
    fputs(".SH OPTIONS\n", stream);
    for (const struct option_help *o = options_help; o->name; o++) {
        fprintf(stream, ".TP\n\\fB\\%s\\fR", o->name);
        fprintf(stream, o->value ? " \\fI%s\\fR\n" : "%s\n", o->value ? o->value : "");
        write_text(stream, o->help);
    }
}

static void write_end(FILE *stream)
{
    fputs(".SH EXIT STATUS\n"
          ".TP\n0\ndone\n"
          ".TP\n1\nthe command line is wrong\n"
          ".TP\n2\nrefused by control, or what was looked at has a problem\n"
          ".TP\n3\nno daemon answers, or not as control does\n"
          ".SH FILES\n.TP\n" OPTIONS_SOCKET "\nwhere control answers\n"
          ".SH ENVIRONMENT\n.TP\n.B NO_COLOR\nno colours on a terminal either\n",
          stream);
}

void help_manual(FILE *stream)
{
    fputs(".TH WEFT 1 \"\" \"weft\" \"weft\"\n"
          ".SH NAME\nweft \\- looks at a fabric and its plans, and operates them\n"
          ".SH SYNOPSIS\n.B weft\n[\\fIOPTION\\fR]... \\fIOBJECT\\fR [\\fIVERB\\fR [[\\fIKEY\\fR] "
          "\\fIVALUE\\fR]...]\n"
          ".SH DESCRIPTION\n"
          "All words may be shortened while they stay unique. The first verb of an object is its default.\n"
          "Keys that are not shown may be written all the same.\n",
          stream);
    write_options(stream);
    fputs(".SH COMMANDS\n", stream);
    for (const struct object *o = command_tree; o->name; o++) {
        fprintf(stream, ".SS %s\n", o->name);
        write_text(stream, o->help);
        for (const struct verb *v = o->verbs; v->name; v++)
            write_verb(stream, o, v);
    }
    write_end(stream);
}

enum exit_status manual_show(const struct invocation *invocation)
{
    (void)invocation;
    help_manual(stdout);
    return EXIT_DONE;
}
