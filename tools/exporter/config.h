/* SPDX-License-Identifier: BSD-3-Clause */
/* The configuration file of weft-exporter; README.md describes every key. */
#ifndef WEFT_TOOLS_EXPORTER_CONFIG_H
#define WEFT_TOOLS_EXPORTER_CONFIG_H

#include "dataplane/process/http_place.h"
#include "dataplane/process/log.h"
#include "dataplane/process/yaml_position.h"

#include <stdint.h>

struct exporter_socket_config {
    char *socket;
};

struct exporter_config {
    char *listen;     /* ADDRESS:PORT */
    char *web_config; /* file; NULL: neither TLS nor passwords */
    char *topology;   /* file; NULL: spines are called by their index */
    char *host;       /* of ports that the topology does not know */
    uint32_t timeout_ms;
    /* Sources; NULL: not one of them. */
    struct http_place *control;
    struct exporter_socket_config *dataplane, *monitor;
    enum log_level log;
};

/* 0, or -EINVAL with `error` = "FILE:LINE:COLUMN: what is wrong". */
int exporter_config_load(const char *file, struct exporter_config **config, char error[YAML_ERROR_BYTES]);
void exporter_config_free(struct exporter_config *config);

#endif
