/* SPDX-License-Identifier: BSD-3-Clause */
#include "tools/exporter/metric.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum {
    CHARACTER_BYTES_MAX = 2 /* escaped */
};
#define EXACT_INTEGERS_END 9007199254740992.0 /* 2^53 */

void metric_labels_clear(struct metric_labels *labels)
{
    labels->bytes = 0;
    labels->text[0] = '\0';
}

/* The bytes of a value that are used: no letter of UTF-8 is cut in two. */
static size_t usable_bytes(const char *value)
{
    size_t bytes = strnlen(value, LABEL_VALUE_BYTES_MAX + 1);
    if (bytes <= LABEL_VALUE_BYTES_MAX)
        return bytes;
    bytes = LABEL_VALUE_BYTES_MAX;
    while (bytes > 0 && ((unsigned char)value[bytes] & 0xc0) == 0x80)
        bytes--;
    return bytes;
}

/* Writes at most CHARACTER_BYTES_MAX bytes. */
static char *escape(char *to, char c)
{
    if (c == '\\' || c == '"' || c == '\n')
        *to++ = '\\';
    *to++ = c == '\n' ? 'n' : c;
    return to;
}

void metric_labels_add(struct metric_labels *labels, const char *name, const char *value)
{
    size_t value_bytes = value != NULL ? usable_bytes(value) : 0, name_bytes = strlen(name);
    size_t most = labels->bytes + name_bytes + CHARACTER_BYTES_MAX * value_bytes + sizeof(",=\"\"");
    if (value_bytes == 0 || most > sizeof(labels->text))
        return;
    char *to = labels->text + labels->bytes;
    if (labels->bytes > 0)
        *to++ = ',';
    to = mempcpy(to, name, name_bytes);
    *to++ = '=';
    *to++ = '"';
    for (size_t i = 0; i < value_bytes; i++)
        to = escape(to, value[i]);
    *to++ = '"';
    *to = '\0';
    labels->bytes = (unsigned)(to - labels->text);
}

char *metric_value_text(double value, char text[METRIC_VALUE_BYTES])
{
    if (isnan(value))
        return strcpy(text, "NaN");
    if (isinf(value))
        return strcpy(text, value > 0 ? "+Inf" : "-Inf");
    if (fabs(value) < EXACT_INTEGERS_END && value == floor(value)) {
        snprintf(text, METRIC_VALUE_BYTES, "%lld", (long long)value);
        return text;
    }
    for (int digits = 6; digits <= 17; digits++) {
        snprintf(text, METRIC_VALUE_BYTES, "%.*g", digits, value);
        if (strtod(text, NULL) == value)
            break;
    }
    return text;
}

void metric_histogram_observe(struct metric_histogram *h, double value)
{
    unsigned bucket = 0;
    while (bucket < h->bound_count && value > h->bounds[bucket])
        bucket++;
    h->counts[bucket]++;
    h->sum += value;
}
