/* SPDX-License-Identifier: BSD-3-Clause */
#include "tools/weft/argument.h"

#include <ctype.h>
#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "control/topology/topology.h"
#include "dataplane/formats/units.h"

static bool read_number(const char *word, int base, uint64_t *number)
{
    char *end;
    errno = 0;
    *number = strtoull(word, &end, base);
    return isdigit((unsigned char)word[0]) && *end == '\0' && errno == 0;
}

static bool read_choice(const struct argument *argument, const char *word, struct argument_value *value,
                        char expected[ARGUMENT_EXPECTED_BYTES])
{
    char text[MATCH_TEXT_BYTES];
    int choice = command_match(argument->choices, sizeof(argument->choices[0]), word, text);
    if (choice >= 0) {
        value->text = argument->choices[choice];
        return true;
    }
    if (choice == MATCH_NONE)
        command_names(argument->choices, sizeof(argument->choices[0]), text);
    snprintf(expected, ARGUMENT_EXPECTED_BYTES, "one of %s", text);
    return false;
}

static bool read_limited(const struct argument *argument, const char *word, struct argument_value *value,
                         char expected[ARGUMENT_EXPECTED_BYTES])
{
    snprintf(expected, ARGUMENT_EXPECTED_BYTES, "a whole number, %" PRIu64 " to %" PRIu64, argument->minimum,
             argument->maximum);
    return read_number(word, 10, &value->number) && value->number >= argument->minimum &&
           value->number <= argument->maximum;
}

static bool read_ratio(const char *word, struct argument_value *value, char expected[ARGUMENT_EXPECTED_BYTES])
{
    char *end;
    value->ratio = strtod(word, &end);
    snprintf(expected, ARGUMENT_EXPECTED_BYTES, "a ratio, 0 to 1");
    return end != word && *end == '\0' && value->ratio >= 0 && value->ratio <= 1;
}

static bool read_rate(const char *word, struct argument_value *value, char expected[ARGUMENT_EXPECTED_BYTES])
{
    snprintf(expected, ARGUMENT_EXPECTED_BYTES, "a rate in bits/s such as 400G, 10K to 10T");
    return units_parse_rate(word, &value->number) == 0 && value->number >= TOPOLOGY_RATE_BITS_PER_S_MIN &&
           value->number <= TOPOLOGY_RATE_BITS_PER_S_MAX;
}

static bool read_job(const char *word, struct argument_value *value, char expected[ARGUMENT_EXPECTED_BYTES])
{
    snprintf(expected, ARGUMENT_EXPECTED_BYTES, "a communicator's identity such as 0x1f (weft job show)");
    return read_number(word, 0, &value->number);
}

bool argument_read(const struct argument *argument, const char *word, struct argument_value *value,
                   char expected[ARGUMENT_EXPECTED_BYTES])
{
    value->text = word;
    snprintf(expected, ARGUMENT_EXPECTED_BYTES, "%s", argument->help);
    switch (argument->kind) {
    case ARGUMENT_CHOICE:
        return read_choice(argument, word, value, expected);
    case ARGUMENT_NUMBER:
        return read_limited(argument, word, value, expected);
    case ARGUMENT_RATIO:
        return read_ratio(word, value, expected);
    case ARGUMENT_RATE:
        return read_rate(word, value, expected);
    case ARGUMENT_JOB:
        return read_job(word, value, expected);
    case ARGUMENT_TEXT:
    case ARGUMENT_FILE:
    case ARGUMENT_LINK:
    case ARGUMENT_HOST:
        return word[0] != '\0';
    case ARGUMENT_FLAG:
    case ARGUMENT_WORDS:
        break;
    }
    return true;
}
