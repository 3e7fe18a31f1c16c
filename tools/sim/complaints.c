/* SPDX-License-Identifier: BSD-3-Clause */
#include "tools/sim/complaints.h"

#include <stdarg.h>
#include <stdio.h>

const char *complaint_kind_name(enum complaint_kind kind)
{
    static const char *const names[COMPLAINT_KINDS] = {
        [COMPLAINT_TWICE] = "delivered twice",   [COMPLAINT_CONTENT] = "wrong content",
        [COMPLAINT_PLACE] = "wrong place",       [COMPLAINT_MISSING] = "bytes missing",
        [COMPLAINT_OUTCOME] = "wrong outcome",   [COMPLAINT_UNFINISHED] = "not finished in time",
        [COMPLAINT_GROWTH] = "unbounded growth", [COMPLAINT_REST] = "not at rest"};
    return names[kind];
}

void complain(struct complaints *c, nsec_t now, enum complaint_kind kind, const char *format, ...)
{
    c->of_kind[kind]++;
    if (c->count++ >= COMPLAINTS_KEPT)
        return;
    char *text = c->text[c->count - 1];
    int used = snprintf(text, COMPLAINT_BYTES, "%.6f ms: %s: ", (double)now / 1e6, complaint_kind_name(kind));
    va_list arguments;
    va_start(arguments, format);
    vsnprintf(text + used, COMPLAINT_BYTES - (size_t)used, format, arguments);
    va_end(arguments);
}
