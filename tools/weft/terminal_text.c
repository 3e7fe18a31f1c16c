/* SPDX-License-Identifier: BSD-3-Clause */
#include "tools/weft/terminal_text.h"

#include <string.h>
#include <wchar.h>

unsigned terminal_text_write(FILE *stream, const char *text, unsigned columns)
{
    mbstate_t state = {0};
    unsigned taken = 0;
    for (size_t left = strlen(text), bytes; left > 0; text += bytes, left -= bytes) {
        wchar_t character;
        bytes = mbrtowc(&character, text, left, &state);
        int width = bytes <= left ? wcwidth(character) : 0;
        if (bytes > left) {
            bytes = 1;
            memset(&state, 0, sizeof(state));
        }
        unsigned wanted = width > 0 ? (unsigned)width : 1;
        if (taken + wanted > columns)
            break;
        if (stream && width > 0)
            fwrite(text, 1, bytes, stream);
        else if (stream)
            fputc('?', stream);
        taken += wanted;
    }
    return taken;
}
