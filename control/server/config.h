/* SPDX-License-Identifier: BSD-3-Clause */
/* The configuration file of weft-control; control/README.md describes every key. */
#ifndef WEFT_CONTROL_CONFIG_H
#define WEFT_CONTROL_CONFIG_H

#include <stdbool.h>
#include <stdint.h>

#include "dataplane/process/http_place.h"
#include "dataplane/process/log.h"
#include "dataplane/process/yaml_position.h"

enum {
    CONTROL_LISTEN_PLACE_BYTES = 64
};

/* TCP: only with TLS. */
struct control_listen {
    char *address; /* of IPv4 or IPv6; NULL: no TCP */
    uint32_t port;
    char *certificate, *key; /* files */
    char *tokens_file;
    char *client_ca; /* agents show certificates of this authority; NULL: they have tokens */
};

/* What is done about verdicts: control/README.md. */
struct control_diagnosis {
    bool dry_run;
    uint32_t actions_max, actions_s, clean_probes, clean_s, hang_ms;
    char *confidence_min_text;
    double confidence_min;  /* 0: the default */
    char **never, **always; /* names of links */
    unsigned never_count, always_count;
};

/* State in etcd in place of a file. */
struct control_state {
    char **etcd; /* "http://HOST:PORT", or https; none: a file, `store` */
    unsigned etcd_count;
    char *prefix;
    char *ca, *certificate, *key;
    uint32_t timeout_ms;
};

/* Whom verdicts are told. */
struct control_hooks {
    char *program;         /* NULL: none */
    struct http_place web; /* a webhook's server; not given: none */
    char *path;            /* of the webhook, there */
    uint32_t timeout_ms;
};

struct control_config {
    char *socket, *group; /* group NULL: weft where that exists */
    char *topology;       /* file */
    char *store;          /* file, or ":memory:"; NULL: state.etcd */
    struct control_state state;
    uint32_t leaf_prefix_bits;
    uint32_t lease_ms, report_every_ms, plan_delay_ms;
    char *drained_uplinks_max_text;
    double drained_uplinks_max; /* share of a leaf's uplinks */
    uint32_t connections_max;
    struct control_listen listen;
    struct control_diagnosis diagnosis;
    struct control_hooks hooks;
    enum log_level log;
};

/* ADDRESS:PORT. */
void control_listen_place(const struct control_listen *listen, char place[CONTROL_LISTEN_PLACE_BYTES]);

/* 0, or -EINVAL with `error` = "FILE:LINE:COLUMN: what is wrong". */
int control_config_load(const char *file, struct control_config **config, char error[YAML_ERROR_BYTES]);
void control_config_free(struct control_config *config);

#endif
