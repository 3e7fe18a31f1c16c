/* SPDX-License-Identifier: BSD-3-Clause */
#include "tools/lab/client_table.h"

#include <stdio.h>

#include "dataplane/formats/units.h"

static const char *text_of(json_t *object, const char *key)
{
    const char *text = json_string_value(json_object_get(object, key));
    return text ? text : "-";
}

static json_int_t number_of(json_t *object, const char *key)
{
    return json_integer_value(json_object_get(object, key));
}

void client_table_describe(json_t *answer)
{
    char rate[UNITS_TEXT_BYTES], host_rate[UNITS_TEXT_BYTES];
    size_t i;
    json_t *host;
    printf("%d leaves, %d spines, %d hosts on each leaf; links %s, of hosts %s; MTU %d\n",
           (int)number_of(answer, "leaves"), (int)number_of(answer, "spines"),
           (int)number_of(answer, "hosts_per_leaf"),
           units_format_rate((uint64_t)number_of(answer, "rate_bps"), rate),
           units_format_rate((uint64_t)number_of(answer, "host_rate_bps"), host_rate),
           (int)number_of(answer, "mtu"));
    printf("%-10s %-6s %-12s %s\n", "host", "leaf", "address", "socket");
    json_array_foreach(json_object_get(answer, "hosts"), i, host)
    {
        printf("%-10s leaf%-2d %-12s %s\n", text_of(host, "name"), (int)number_of(host, "leaf"),
               text_of(host, "address"), text_of(host, "socket"));
    }
}

static void table_count(json_t *array)
{
    size_t i;
    json_t *link;
    json_array_foreach(array, i, link)
    {
        printf("%-16s %-5s %14lld %14lld %10lld %10lld %8lld %8lld\n", text_of(link, "name"),
               json_is_true(json_object_get(link, "up")) ? "up" : "down", number_of(link, "up_bytes"),
               number_of(link, "down_bytes"), number_of(link, "up_packets"), number_of(link, "down_packets"),
               number_of(link, "dropped_packets"), number_of(link, "marked_packets"));
    }
}

void client_table_counters(json_t *answer)
{
    printf("%-16s %-5s %14s %14s %10s %10s %8s %8s\n", "link", "state", "up_bytes", "down_bytes",
           "up_packets", "down_packets", "dropped", "marked");
    table_count(json_object_get(answer, "links"));
    table_count(json_object_get(answer, "hosts"));
}
