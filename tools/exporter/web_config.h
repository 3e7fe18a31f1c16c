/* SPDX-License-Identifier: BSD-3-Clause */
/* Who may scrape, as Prometheus' exporters are told (exporter-toolkit's web configuration): of that format
 * `tls_server_config` with cert_file, key_file, client_ca_file and client_auth_type, and `basic_auth_users`.
 */
#ifndef WEFT_TOOLS_EXPORTER_WEB_CONFIG_H
#define WEFT_TOOLS_EXPORTER_WEB_CONFIG_H

#include <stdbool.h>

#include "dataplane/process/yaml_position.h"

struct web_user {
    char *name, *hash; /* of bcrypt */
};
struct web_config {
    char *certificate, *key, *client_ca; /* files, from the folder of the configuration; NULL: none */
    bool wants_client_certificate;
    struct web_user *users;
    unsigned user_count;
};

/* 0, or negative errno with `error` = "FILE:LINE:COLUMN: what is wrong". `file` NULL: everybody may, without
 * TLS. */
int web_config_load(const char *file, struct web_config **config, char error[YAML_ERROR_BYTES]);
void web_config_free(struct web_config *config); /* NULL is allowed */

#endif
