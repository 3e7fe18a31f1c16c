/* SPDX-License-Identifier: BSD-3-Clause */
#include "tools/sim/comparison.h"

#include <stdlib.h>
#include <string.h>

#include "dataplane/transport/congestion.h"
#include "tools/sim/memory.h"

/* ---- names ---- */

static const char *control_name(unsigned index)
{
    const struct congestion_control *control = congestion_control_at(index);
    return control != NULL ? control->name : NULL;
}

typedef const char *(*name_function)(unsigned index);

static uint32_t all_of(name_function name)
{
    unsigned count = 0;
    while (name(count) != NULL)
        count++;
    return (1u << count) - 1;
}

static void refuse(const char *word, size_t length, name_function name)
{
    fprintf(stderr, "weft-sim: '%.*s' is none of all", (int)length, word);
    for (unsigned i = 0; name(i) != NULL; i++)
        fprintf(stderr, ", %s", name(i));
    fputc('\n', stderr);
}

static bool add_word(const char *word, size_t length, name_function name, uint32_t *bits)
{
    if (length == 3 && strncmp(word, "all", 3) == 0) {
        *bits |= all_of(name);
        return true;
    }
    for (unsigned i = 0; name(i) != NULL; i++) {
        if (strlen(name(i)) == length && strncmp(word, name(i), length) == 0) {
            *bits |= 1u << i;
            return true;
        }
    }
    refuse(word, length, name);
    return false;
}

static bool parse(const char *text, name_function name, uint32_t *bits)
{
    *bits = 0;
    for (;;) {
        size_t length = strcspn(text, ",");
        if (!add_word(text, length, name, bits))
            return false;
        if (text[length] == '\0')
            return true;
        text += length + 1;
    }
}

bool comparison_parse_modes(const char *text, uint32_t *modes)
{
    return parse(text, path_mode_name, modes);
}

bool comparison_parse_controls(const char *text, uint32_t *controls)
{
    return parse(text, control_name, controls);
}

uint32_t comparison_all_modes(void)
{
    return all_of(path_mode_name);
}

uint32_t comparison_all_controls(void)
{
    return all_of(control_name);
}

uint32_t comparison_control_bit(const struct congestion_control *control)
{
    unsigned i = 0;
    while (congestion_control_at(i) != NULL && congestion_control_at(i) != control)
        i++;
    return 1u << i;
}

/* ---- trials ---- */

static void add(struct comparison *c, const struct experiment *base, const struct variant *variant)
{
    c->trials = memory_grow(c->trials, c->count, &c->capacity, sizeof(*c->trials));
    struct trial *trial = &c->trials[c->count++];
    *trial = (struct trial){.crashed = true};
    variant_make(base, variant, &trial->experiment);
}

void comparison_add(struct comparison *c, const struct experiment *base,
                    const struct comparison_choice *choice)
{
    for (unsigned mode = 0; path_mode_name(mode) != NULL; mode++) {
        for (unsigned control = 0; congestion_control_at(control) != NULL; control++) {
            if ((choice->modes >> mode & 1) == 0 || (choice->controls >> control & 1) == 0)
                continue;
            struct variant v = {
                .path_mode = (int)mode, .congestion = congestion_control_at(control), .bytes = choice->bytes};
            if (choice->healthy)
                add(c, base, &v);
            v.link_down = true;
            if (choice->link_down)
                add(c, base, &v);
        }
    }
}

void comparison_clear(struct comparison *c)
{
    for (size_t i = 0; i < c->count; i++) {
        trial_clear(&c->trials[i]);
        variant_clear(&c->trials[i].experiment);
    }
    free(c->trials);
}
