/* SPDX-License-Identifier: BSD-3-Clause */
#include "dataplane/formats/units.h"

#include <ctype.h>
#include <errno.h>
#include <stdio.h>
#include <string.h>

struct unit {
    const char *name;
    uint64_t size;
};

/* "12.345" is digits 12345 with scale 1000. */
struct decimal {
    uint64_t digits;
    uint64_t scale;
};

enum {
    FRACTION_DIGITS_MAX = 9
};

static const struct unit rate_units[] = {{"", 1},           {"k", 1000},          {"K", 1000}, {"M", 1000000},
                                         {"G", 1000000000}, {"T", 1000000000000}, {NULL, 0}};

static const struct unit size_units[] = {{"", 1},           {"k", 1024},       {"K", 1024}, {"M", 1 << 20},
                                         {"G", 1ULL << 30}, {"T", 1ULL << 40}, {NULL, 0}};

static const struct unit duration_units[] = {
    {"ns", 1}, {"us", 1000}, {"ms", 1000000}, {"s", 1000000000}, {NULL, 0}};

/* Reads digits into `number`, scaling it; returns how many there were, or -ERANGE. */
static int decimal_read_digits(const char **text, struct decimal *number, uint64_t scale_step)
{
    int count = 0;
    for (; isdigit((unsigned char)**text); ++*text, ++count) {
        if (__builtin_mul_overflow(number->digits, 10, &number->digits) ||
            __builtin_add_overflow(number->digits, (uint64_t)(**text - '0'), &number->digits))
            return -ERANGE;
        number->scale *= scale_step;
    }
    return count;
}

/* Reads the number at *text and moves *text behind it. */
static int decimal_read(const char **text, struct decimal *number)
{
    *number = (struct decimal){.digits = 0, .scale = 1};
    int whole = decimal_read_digits(text, number, 1);
    if (whole <= 0)
        return whole == 0 ? -EINVAL : whole;
    if (**text != '.')
        return 0;
    ++*text;
    if (strspn(*text, "0123456789") > FRACTION_DIGITS_MAX)
        return -ERANGE;
    int fraction = decimal_read_digits(text, number, 10);
    return fraction > 0 ? 0 : fraction == 0 ? -EINVAL : fraction;
}

static int decimal_multiply(struct decimal number, uint64_t factor, uint64_t *result)
{
    unsigned __int128 product = (unsigned __int128)number.digits * factor / number.scale;
    if (product > UINT64_MAX)
        return -ERANGE;
    *result = (uint64_t)product;
    return 0;
}

static int quantity_parse(const char *text, const struct unit *units, uint64_t *result)
{
    struct decimal number;
    int error = decimal_read(&text, &number);
    if (error)
        return error;
    for (const struct unit *unit = units; unit->name; unit++)
        if (strcmp(text, unit->name) == 0)
            return decimal_multiply(number, unit->size, result);
    return -EINVAL;
}

int units_parse_rate(const char *text, uint64_t *bits_per_s)
{
    return quantity_parse(text, rate_units, bits_per_s);
}

int units_parse_size(const char *text, uint64_t *bytes)
{
    return quantity_parse(text, size_units, bytes);
}

int units_parse_duration(const char *text, uint64_t *duration_ns)
{
    if (strcmp(text, "0") == 0) {
        *duration_ns = 0;
        return 0;
    }
    return quantity_parse(text, duration_units, duration_ns);
}

int units_parse_ratio(const char *text, uint32_t *parts_per_2_32)
{
    struct decimal number;
    int error = decimal_read(&text, &number);
    if (error)
        return error;
    uint64_t whole = strcmp(text, "%") == 0 ? 100 : 1;
    if (whole == 1 && *text)
        return -EINVAL;
    unsigned __int128 denominator = (unsigned __int128)number.scale * whole;
    if (number.digits > denominator)
        return -ERANGE;
    unsigned __int128 parts = ((unsigned __int128)number.digits << 32) / denominator;
    *parts_per_2_32 = parts > UINT32_MAX ? UINT32_MAX : (uint32_t)parts;
    return 0;
}

static char *quantity_format(uint64_t value, unsigned base, const char *const *names, char *text)
{
    double scaled = (double)value;
    while (scaled >= base && names[1]) {
        scaled /= base;
        names++;
    }
    int decimals = scaled >= 100 || scaled == (double)value ? 0 : scaled >= 10 ? 1 : 2;
    snprintf(text, UNITS_TEXT_BYTES, "%.*f %s", decimals, scaled, *names);
    return text;
}

char *units_format_rate(uint64_t bits_per_s, char text[UNITS_TEXT_BYTES])
{
    static const char *const names[] = {"b/s", "kb/s", "Mb/s", "Gb/s", "Tb/s", NULL};
    return quantity_format(bits_per_s, 1000, names, text);
}

char *units_format_size(uint64_t bytes, char text[UNITS_TEXT_BYTES])
{
    static const char *const names[] = {"B", "KiB", "MiB", "GiB", "TiB", NULL};
    return quantity_format(bytes, 1024, names, text);
}

char *units_format_duration(uint64_t duration_ns, char text[UNITS_TEXT_BYTES])
{
    static const char *const names[] = {"ns", "us", "ms", "s", NULL};
    return quantity_format(duration_ns, 1000, names, text);
}
