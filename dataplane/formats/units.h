/* SPDX-License-Identifier: BSD-3-Clause */
/* Quantities as people write them in configuration and on command lines, so that every program of weft reads
 * and prints them alike.
 *
 * A number is decimal digits with an optional fraction ("2.5"), then a unit with nothing between. What cannot
 * be represented exactly is cut off, never rounded up. The parsers return 0, -EINVAL (not a quantity of this
 * kind: no number, unknown unit, a sign, anything left over) or -ERANGE (it does not fit); the result is only
 * written on success.
 */
#ifndef WEFT_FORMATS_UNITS_H
#define WEFT_FORMATS_UNITS_H

#include <stddef.h>
#include <stdint.h>

/* "200M", "2.5G", "9600": bits per second; k K M G T are powers of 1000. */
int units_parse_rate(const char *text, uint64_t *bits_per_s);

/* "64K", "16M", "4096": bytes; k K M G T are powers of 1024. */
int units_parse_size(const char *text, uint64_t *bytes);

/* "2ms", "500us", "10ns", "1.5s": nanoseconds. The unit may only be left out of a plain 0. */
int units_parse_duration(const char *text, uint64_t *duration_ns);

/* "1%" or "0.01": parts per 2^32. At most 100 %, which gives UINT32_MAX. */
int units_parse_ratio(const char *text, uint32_t *parts_per_2_32);

enum {
    UNITS_TEXT_BYTES = 32
};

/* For people: three significant digits and a unit ("200 Mb/s", "1.50 MiB", "2.00 ms"). Return `text`. */
char *units_format_rate(uint64_t bits_per_s, char text[UNITS_TEXT_BYTES]);
char *units_format_size(uint64_t bytes, char text[UNITS_TEXT_BYTES]);
char *units_format_duration(uint64_t duration_ns, char text[UNITS_TEXT_BYTES]);

#endif
