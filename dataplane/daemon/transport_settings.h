/* SPDX-License-Identifier: BSD-3-Clause */
/* The transport's configuration from ours. */
#ifndef WEFT_DAEMON_TRANSPORT_SETTINGS_H
#define WEFT_DAEMON_TRANSPORT_SETTINGS_H

#include "dataplane/daemon/config.h"
#include "dataplane/transport/transport.h"

/* What the port knows. */
struct transport_basis {
    uint64_t rate_bytes_per_s; /* not 0 */
    uint32_t address;
    uint16_t mtu;
    bool reliable_nic; /* the NIC carries the channels: transport_config.reliable_nic */
};
void transport_settings(const struct config *config, const struct transport_basis *basis,
                        struct transport_config *t);

#endif
