/* SPDX-License-Identifier: BSD-3-Clause */
/* Which settings of the transport are not its defaults: found by comparing, so that none is forgotten. The
 * sizes of its tables follow from the jobs, and are left out. */
#include <stddef.h>

#include "tools/sim/results_page.h"

static const struct setting {
    const char *name;
    size_t offset, bytes;
} settings[] = {
#define SETTING(member)                                                                                      \
    {                                                                                                        \
#member, offsetof(struct transport_config, member), sizeof(((struct transport_config *)0)->member)   \
    }
    SETTING(payload_bytes_max),
    SETTING(window_packets),
    SETTING(wire_overhead_bytes),
    SETTING(credit_budget_bytes),
    SETTING(burst_bytes),
    SETTING(rto_min_ns),
    SETTING(rto_max_ns),
    SETTING(ack_delay_ns),
    SETTING(peer_timeout_ns),
    SETTING(probe_interval_min_ns),
    SETTING(probe_interval_max_ns),
};

static unsigned long long value_of(const struct transport_config *c, const struct setting *s)
{
    const char *place = (const char *)c + s->offset;
    if (s->bytes == sizeof(uint16_t))
        return *(const uint16_t *)(const void *)place;
    if (s->bytes == sizeof(uint32_t))
        return *(const uint32_t *)(const void *)place;
    return *(const uint64_t *)(const void *)place;
}

void results_settings_write(const struct results *r, FILE *out)
{
    const struct simulation_config *c = &r->cases[0].base->config;
    struct transport_config defaults;
    unsigned count = 0;
    transport_config_default(&defaults, c->topology.host_link.rate_bytes_per_s, c->base_rtt_ns);
    for (size_t i = 0; i < sizeof(settings) / sizeof(*settings); i++) {
        unsigned long long is = value_of(&c->transport, &settings[i]),
                           was = value_of(&defaults, &settings[i]);
        if (is != was)
            fprintf(out, "%s%s %llu (default %llu)", count++ ? ", " : "", settings[i].name, is, was);
    }
    fputs(count ? "" : "none", out);
}
