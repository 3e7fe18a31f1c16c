/* SPDX-License-Identifier: BSD-3-Clause */
/* The configuration file of weft-dataplane. README.md describes every key. */
#ifndef WEFT_DAEMON_CONFIG_H
#define WEFT_DAEMON_CONFIG_H

#include <stdbool.h>
#include <stdint.h>

#include "dataplane/process/http_place.h"
#include "dataplane/process/log.h"
#include "dataplane/process/yaml_position.h"
#include "dataplane/transport/transport.h"

enum {
    CONFIG_PORTS_MAX = 8
};

enum config_idle {
    CONFIG_IDLE_POLL,
    CONFIG_IDLE_SLEEP
};

struct config_port {
    char *device;
    uint32_t core;
    char *rate_text, *address_text, *gateway_ethernet_text; /* as written; parsed below */
    uint64_t rate_bytes_per_s;                              /* 0: what the device says */
    uint32_t address; /* IPv4, host byte order; 0: of the kernel's interface */
    bool has_gateway_ethernet;
    uint8_t gateway_ethernet[6];
};

/* 0: the default */
struct config_transport {
    uint32_t base_rtt_us, rto_min_us, rto_max_us, ack_delay_us, peer_timeout_ms;
    uint32_t credit_budget_kib, window_packets, peers_max, messages_max;
    enum credit_order credit_order;
};

struct config {
    char *socket, *group; /* group NULL: weft where that exists */
    enum config_idle idle;
    enum path_mode path_mode;
    char *congestion_control;
    uint32_t leaf_prefix_bits;
    uint32_t udp_port;
    uint32_t hash_seed;
    uint32_t verify_interval_ms; /* of one path of each peer */
    char *region_bytes_max_text;
    uint64_t region_bytes_max; /* of one application */
    char **eal;
    uint32_t eal_count;
    char *telemetry_prefix; /* NULL: DPDK's own */
    char *xdp_program;      /* NULL: the one that was built with weft */
    enum log_level log;
    struct config_port *ports;
    uint32_t port_count;
    struct config_transport transport;
    struct http_place control; /* not given: there is none */
};

/* 0, or -EINVAL with `error` = "FILE:LINE:COLUMN: what is wrong". */
int config_load(const char *file, struct config **config, char error[YAML_ERROR_BYTES]);
void config_free(struct config *config);

#endif
