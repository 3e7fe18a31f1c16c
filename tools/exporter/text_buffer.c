/* SPDX-License-Identifier: BSD-3-Clause */
#include "tools/exporter/text_buffer.h"

#include <stdlib.h>
#include <string.h>

static bool make_room(struct text_buffer *text, size_t more)
{
    if (more <= text->room - text->count)
        return true;
    size_t room = 2 * (text->count + more);
    char *longer = realloc(text->bytes, room);
    if (longer == NULL)
        return false;
    text->bytes = longer;
    text->room = room;
    return true;
}

void text_buffer_add(struct text_buffer *text, const char *bytes, size_t count)
{
    if (text->failed || !make_room(text, count)) {
        text->failed = true;
        return;
    }
    memcpy(text->bytes + text->count, bytes, count);
    text->count += count;
}

void text_buffer_add_text(struct text_buffer *text, const char *bytes)
{
    text_buffer_add(text, bytes, strlen(bytes));
}

void text_buffer_clear(struct text_buffer *text)
{
    text->count = 0;
    text->failed = false;
}

void text_buffer_free(struct text_buffer *text)
{
    free(text->bytes);
    *text = (struct text_buffer){.bytes = NULL};
}
