/* SPDX-License-Identifier: BSD-3-Clause */
/* Text that grows. When memory runs out it keeps what it has and says so: writers need not look each time. */
#ifndef WEFT_TOOLS_EXPORTER_TEXT_BUFFER_H
#define WEFT_TOOLS_EXPORTER_TEXT_BUFFER_H

#include <stdbool.h>
#include <stddef.h>

struct text_buffer {
    char *bytes; /* not terminated */
    size_t count, room;
    bool failed; /* something is missing */
};

void text_buffer_add(struct text_buffer *text, const char *bytes, size_t count);
void text_buffer_add_text(struct text_buffer *text, const char *bytes);
/* Forgets the content, keeps the memory. */
void text_buffer_clear(struct text_buffer *text);
void text_buffer_free(struct text_buffer *text);

#endif
