/* SPDX-License-Identifier: BSD-3-Clause */
#include "control/topology/slurm_lines.h"

#include <stdbool.h>
#include <string.h>
#include <strings.h>

void slurm_lines_open(struct slurm_lines *lines, const char *file, const char *text)
{
    *lines =
        (struct slurm_lines){.next = text, .line_start = text, .at = {.file = file, .line = 1, .column = 1}};
}

static bool is_blank(char c)
{
    return c == ' ' || c == '\t' || c == '\r';
}

/* The length of a backslash that joins lines, with the end of its line; 0 when `c` is something else. */
static size_t continuation(const char *c)
{
    size_t length = 1;
    if (*c != '\\')
        return 0;
    while (is_blank(c[length]))
        length++;
    return c[length] == '\n' ? length + 1 : 0;
}

static void begin_line(struct slurm_lines *lines, const char *start)
{
    lines->next = lines->line_start = start;
    lines->at.line++;
}

/* To the next word, or the end of the line. */
static void skip_blanks(struct slurm_lines *lines)
{
    for (;;) {
        size_t length = continuation(lines->next);
        if (length)
            begin_line(lines, lines->next + length);
        else if (is_blank(*lines->next))
            lines->next++;
        else
            break;
    }
    if (*lines->next == '#')
        lines->next += strcspn(lines->next, "\n");
}

static bool ends_word(const char *c)
{
    return *c == '\0' || *c == '\n' || *c == '#' || is_blank(*c) || continuation(c);
}

static int read_pair(struct slurm_lines *lines, struct slurm_pair *pair, struct topology_error *error)
{
    const char *word = lines->next, *end = word;
    char quote[TOPOLOGY_QUOTE_BYTES];
    pair->at = lines->at;
    pair->at.column = (uint32_t)(word - lines->line_start) + 1;
    while (!ends_word(end))
        end++;
    lines->next = end;
    const char *equals = memchr(word, '=', (size_t)(end - word));
    if (!equals || equals == word || equals + 1 == end)
        return topology_fail(error, pair->at, "bad_structure",
                             "'%s' is not KEY=VALUE, such as Nodes=host[0-3]",
                             topology_quote(word, (size_t)(end - word), quote));
    pair->key = word;
    pair->key_length = (size_t)(equals - word);
    pair->value = equals + 1;
    pair->value_length = (size_t)(end - pair->value);
    return 0;
}

static int read_line(struct slurm_lines *lines, struct slurm_line *line, struct topology_error *error)
{
    line->count = 0;
    for (skip_blanks(lines); *lines->next && *lines->next != '\n'; skip_blanks(lines)) {
        struct slurm_pair pair;
        int result = read_pair(lines, &pair, error);
        if (result)
            return result;
        if (line->count == SLURM_PAIRS_MAX)
            return topology_fail(error, pair.at, "bad_structure", "more than %d settings in one line",
                                 SLURM_PAIRS_MAX);
        line->pairs[line->count++] = pair;
    }
    return 0;
}

int slurm_lines_next(struct slurm_lines *lines, struct slurm_line *line, struct topology_error *error)
{
    for (;;) {
        int result = read_line(lines, line, error);
        if (result)
            return result;
        bool more = *lines->next == '\n';
        if (more)
            begin_line(lines, lines->next + 1);
        if (line->count || !more)
            return line->count > 0;
    }
}

const struct slurm_pair *slurm_line_find(const struct slurm_line *line, const char *key)
{
    for (unsigned i = 0; i < line->count; i++)
        if (line->pairs[i].key_length == strlen(key) &&
            strncasecmp(line->pairs[i].key, key, line->pairs[i].key_length) == 0)
            return &line->pairs[i];
    return NULL;
}
