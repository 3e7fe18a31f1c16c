/* SPDX-License-Identifier: BSD-3-Clause */
#include "tools/weft/heard_routers.h"

#include "dataplane/formats/address.h"
#include "tools/weft/dataplane_view.h"

static void add(struct heard_routers *heard, uint32_t port_address, uint32_t router_address)
{
    for (size_t i = 0; i < heard->count; i++) {
        if (heard->hops[i].router_address == router_address)
            return;
    }
    if (heard->count < HEARD_ROUTERS_MAX)
        heard->hops[heard->count++] = (struct observed_hop){port_address, router_address};
}

static enum exit_status take(struct telemetry *telemetry, struct heard_routers *heard)
{
    uint32_t port_address = 0, router_address;
    size_t i;
    json_t *row, *counters = dataplane_counters(telemetry, 0);
    json_t *peers = counters ? dataplane_list(telemetry, "/weft/paths", 0) : NULL;
    bool understood =
        peers && address_parse(json_string_value(json_object_get(counters, "address")), &port_address);
    json_t *rows = dataplane_path_rows(peers);
    json_array_foreach(rows, i, row)
    {
        if (address_parse(json_string_value(json_object_get(row, "spine")), &router_address) &&
            router_address != 0)
            add(heard, port_address, router_address);
    }
    json_decref(rows);
    json_decref(peers);
    json_decref(counters);
    return understood ? EXIT_DONE : EXIT_UNREACHABLE;
}

enum exit_status heard_routers_ask(const struct invocation *invocation, struct heard_routers *heard)
{
    struct telemetry telemetry;
    enum exit_status status = dataplane_open(invocation, &telemetry);
    heard->count = 0;
    if (status != EXIT_DONE)
        return status;
    status = take(&telemetry, heard);
    telemetry_close(&telemetry);
    return status;
}
