/* SPDX-License-Identifier: BSD-3-Clause */
#include "dataplane/daemon/config_change.h"

#include <string.h>

#include "dataplane/process/log.h"

static bool same_text(const char *a, const char *b)
{
    return a == b || (a && b && strcmp(a, b) == 0);
}

static bool same_port(const struct config_port *a, const struct config_port *b)
{
    return same_text(a->device, b->device) && a->core == b->core &&
           a->rate_bytes_per_s == b->rate_bytes_per_s && a->address == b->address &&
           a->has_gateway_ethernet == b->has_gateway_ethernet &&
           memcmp(a->gateway_ethernet, b->gateway_ethernet, 6) == 0;
}

static bool same_ports(const struct config *a, const struct config *b)
{
    bool same = a->port_count == b->port_count;
    for (unsigned i = 0; same && i < a->port_count; i++)
        same = same_port(&a->ports[i], &b->ports[i]);
    return same;
}

static bool same_eal(const struct config *a, const struct config *b)
{
    bool same = a->eal_count == b->eal_count;
    for (unsigned i = 0; same && i < a->eal_count; i++)
        same = same_text(a->eal[i], b->eal[i]);
    return same;
}

static bool same_control(const struct http_place *a, const struct http_place *b)
{
    return same_text(a->socket, b->socket) && same_text(a->url, b->url) && same_text(a->ca, b->ca) &&
           same_text(a->certificate, b->certificate) && same_text(a->key, b->key) &&
           same_text(a->token_file, b->token_file);
}

/* Of the keys that are only read at start, those that differ. */
static void warn_of_restart(const struct config *now, const struct config *wanted)
{
    const struct {
        const char *key;
        bool same;
    } keys[] = {
        {"socket", same_text(now->socket, wanted->socket)},
        {"group", same_text(now->group, wanted->group)},
        {"idle", now->idle == wanted->idle},
        {"congestion_control", same_text(now->congestion_control, wanted->congestion_control)},
        {"leaf_prefix_bits", now->leaf_prefix_bits == wanted->leaf_prefix_bits},
        {"udp_port", now->udp_port == wanted->udp_port},
        {"verify_interval_ms", now->verify_interval_ms == wanted->verify_interval_ms},
        {"eal", same_eal(now, wanted)},
        {"telemetry_prefix", same_text(now->telemetry_prefix, wanted->telemetry_prefix)},
        {"xdp_program", same_text(now->xdp_program, wanted->xdp_program)},
        {"ports", same_ports(now, wanted)},
        {"control", same_control(&now->control, &wanted->control)},
        {"transport", memcmp(&now->transport, &wanted->transport, sizeof(now->transport)) == 0},
    };
    for (unsigned i = 0; i < sizeof(keys) / sizeof(keys[0]); i++)
        if (!keys[i].same)
            log_warning("`%s` has changed: restart weft-dataplane for that", keys[i].key);
}

void config_change(struct config *now, const struct config *wanted)
{
    warn_of_restart(now, wanted);
    now->path_mode = wanted->path_mode;
    now->hash_seed = wanted->hash_seed;
    now->region_bytes_max = wanted->region_bytes_max;
    now->log = wanted->log;
    log_set_level(now->log);
}
