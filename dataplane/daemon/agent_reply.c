/* SPDX-License-Identifier: BSD-3-Clause */
/* What control answers is foreign: read strictly, within bounds. */
#include <ctype.h>
#include <errno.h>
#include <string.h>

#include <jansson.h>

#include "dataplane/daemon/agent_report.h"
#include "dataplane/formats/address.h"

enum {
    ERROR_BYTES = 160,
    INTERVAL_MS_MIN = 10,
    INTERVAL_MS_MAX = 3600 * 1000
};

static int refuse(char error[ERROR_BYTES], const char *what)
{
    snprintf(error, ERROR_BYTES, "%s", what);
    return -EINVAL;
}

static bool read_interval(const json_t *number, uint32_t *interval_ms)
{
    json_int_t value = json_integer_value(number);
    if (!json_is_integer(number) || value < INTERVAL_MS_MIN || value > INTERVAL_MS_MAX)
        return false;
    *interval_ms = (uint32_t)value;
    return true;
}

static bool read_probes(const json_t *probes, struct agent_reply *reply)
{
    size_t index;
    json_t *text;
    uint32_t address;
    if (probes && (!json_is_array(probes) || json_array_size(probes) > AGENT_PROBES_MAX))
        return false;
    json_array_foreach(probes, index, text)
    {
        if (!address_parse(json_string_value(text), &address))
            return false;
        reply->probe[reply->probe_count++] = address;
    }
    return true;
}

static bool read_number(const json_t *object, const char *name, uint64_t least, uint64_t most,
                        uint64_t *number)
{
    const json_t *member = json_object_get(object, name);
    json_int_t value = json_integer_value(member);
    *number = (uint64_t)value;
    return json_is_integer(member) && value >= 0 && *number >= least && *number <= most;
}

static bool read_wish(const json_t *object, struct lone_wish *wish)
{
    uint64_t packets, over_ms;
    bool good = read_number(object, "number", 0, INT64_MAX, &wish->number) &&
                read_number(object, "packets", 1, LONE_PACKETS_MAX, &packets) &&
                read_number(object, "over_ms", 0, LONE_OVER_MS_MAX, &over_ms);
    if (!good || !address_parse(json_string_value(json_object_get(object, "peer")), &wish->peer) ||
        !address_parse(json_string_value(json_object_get(object, "spine")), &wish->spine))
        return false;
    wish->packets = (uint32_t)packets;
    wish->over_ms = (uint32_t)over_ms;
    return true;
}

static bool read_wishes(const json_t *wishes, struct agent_reply *reply)
{
    size_t index;
    json_t *object;
    if (wishes && (!json_is_array(wishes) || json_array_size(wishes) > LONE_ERRANDS_MAX))
        return false;
    json_array_foreach(wishes, index, object)
    {
        if (!read_wish(object, &reply->time[reply->time_count++]))
            return false;
    }
    return true;
}

static int read_members(const json_t *body, struct agent_reply *reply, char error[ERROR_BYTES])
{
    const json_t *epoch = json_object_get(body, "epoch");
    if (!json_is_integer(epoch) || json_integer_value(epoch) < 0)
        return refuse(error, "`epoch` is not a number of 0 or more");
    reply->epoch = (uint64_t)json_integer_value(epoch);
    if (!read_interval(json_object_get(body, "report_every_ms"), &reply->report_every_ms) ||
        !read_interval(json_object_get(body, "lease_ms"), &reply->lease_ms))
        return refuse(error, "`report_every_ms` or `lease_ms` is not within 10 ms and an hour");
    if (!read_probes(json_object_get(body, "probe"), reply))
        return refuse(error, "`probe` is not a list of at most 64 addresses");
    if (!read_wishes(json_object_get(body, "time"), reply))
        return refuse(error, "`time` is not a list of at most 32 paths to be timed");
    return 0;
}

int agent_reply_read(const uint8_t *body, size_t bytes, struct agent_reply *reply, char error[ERROR_BYTES])
{
    json_error_t where;
    json_t *root = json_loadb((const char *)body, bytes, JSON_REJECT_DUPLICATES, &where);
    *reply = (struct agent_reply){0};
    int result = root ? read_members(root, reply, error) : refuse(error, where.text);
    json_decref(root);
    return result;
}

void agent_reply_refusal(const uint8_t *body, size_t bytes, char text[ERROR_BYTES])
{
    json_error_t where;
    json_t *root = json_loadb((const char *)body, bytes, JSON_REJECT_DUPLICATES, &where);
    const char *message = json_string_value(json_object_get(json_object_get(root, "error"), "message"));
    snprintf(text, ERROR_BYTES, "%s", message ? message : "");
    for (char *c = text; *c; c++)
        if (iscntrl((unsigned char)*c))
            *c = ' ';
    json_decref(root);
}
