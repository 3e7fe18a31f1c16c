/* SPDX-License-Identifier: BSD-3-Clause */
#include "dataplane/process/http_place_yaml.h"

#include <stdio.h>
#include <string.h>
#include <sys/un.h>

#define TEXT(key, longest)                                                                                   \
    CYAML_FIELD_STRING_PTR(#key, CYAML_FLAG_OPTIONAL | CYAML_FLAG_POINTER, struct http_place, key, 1, longest)
const cyaml_schema_field_t http_place_fields[] = {
    TEXT(socket, sizeof(((struct sockaddr_un *)0)->sun_path) - 1),
    TEXT(url, 255),
    TEXT(ca, 4095),
    TEXT(certificate, 4095),
    TEXT(key, 4095),
    TEXT(token_file, 4095),
    CYAML_FIELD_END};

void http_place_check(struct yaml_check *check, const char *key, const struct http_place *place)
{
    bool has_files = place->ca || place->certificate || place->key || place->token_file;
    char url[64];
    snprintf(url, sizeof(url), "%s.url", key);
    if (place->socket && place->url)
        yaml_check_refuse(check, url, "%s is at a `socket` or at a `url`, not at both", key);
    if (place->url && strncmp(place->url, "https://", strlen("https://")) != 0)
        yaml_check_refuse(check, url, "%s is only spoken to by TLS: https://HOST:PORT is wanted", key);
    if (has_files && !place->url)
        yaml_check_refuse(check, key, "`ca`, `certificate`, `key` and `token_file` go with a `url`");
    if (!place->certificate != !place->key)
        yaml_check_refuse(check, key, "`certificate` and `key` go together");
}
