/* SPDX-License-Identifier: BSD-3-Clause */
#include "control/server/config.h"

#include <math.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/un.h>

#include "control/etcd/store_etcd.h"
#include "control/topology/topology.h"
#include "dataplane/formats/units.h"
#include "dataplane/process/http_place_yaml.h"
#include "dataplane/process/tcp_listener.h"

/* A share is parsed into parts of 2^32 - 1: a quarter comes out a little more, and a quarter of four links
 * would be rounded up to two. */
#define RATIO_STEPS 1e6

#define OPTIONAL         CYAML_FLAG_OPTIONAL
#define OPTIONAL_POINTER (CYAML_FLAG_OPTIONAL | CYAML_FLAG_POINTER)

#define LISTEN_TEXT(key, longest)                                                                            \
    CYAML_FIELD_STRING_PTR(#key, OPTIONAL_POINTER, struct control_listen, key, 1, longest)
static const cyaml_schema_field_t listen_fields[] = {
    LISTEN_TEXT(address, 45),
    CYAML_FIELD_UINT("port", OPTIONAL, struct control_listen, port),
    LISTEN_TEXT(certificate, 4095),
    LISTEN_TEXT(key, 4095),
    LISTEN_TEXT(tokens_file, 4095),
    LISTEN_TEXT(client_ca, 4095),
    CYAML_FIELD_END};

#define DIAGNOSIS_NUMBER(key) CYAML_FIELD_UINT(#key, OPTIONAL, struct control_diagnosis, key)
static const cyaml_schema_value_t link_name = {
    CYAML_VALUE_STRING(CYAML_FLAG_POINTER, char *, 1, TOPOLOGY_LINK_NAME_BYTES - 1)};
static const cyaml_schema_field_t diagnosis_fields[] = {
    CYAML_FIELD_BOOL("dry_run", OPTIONAL, struct control_diagnosis, dry_run),
    DIAGNOSIS_NUMBER(actions_max),
    DIAGNOSIS_NUMBER(actions_s),
    DIAGNOSIS_NUMBER(clean_probes),
    DIAGNOSIS_NUMBER(clean_s),
    DIAGNOSIS_NUMBER(hang_ms),
    CYAML_FIELD_STRING_PTR("confidence_min", OPTIONAL_POINTER, struct control_diagnosis, confidence_min_text,
                           1, 31),
    CYAML_FIELD_SEQUENCE("never", OPTIONAL_POINTER, struct control_diagnosis, never, &link_name, 0,
                         CYAML_UNLIMITED),
    CYAML_FIELD_SEQUENCE("always", OPTIONAL_POINTER, struct control_diagnosis, always, &link_name, 0,
                         CYAML_UNLIMITED),
    CYAML_FIELD_END};

static const cyaml_schema_value_t endpoint = {CYAML_VALUE_STRING(CYAML_FLAG_POINTER, char *, 8, 255)};
#define STATE_TEXT(key, longest)                                                                             \
    CYAML_FIELD_STRING_PTR(#key, OPTIONAL_POINTER, struct control_state, key, 1, longest)
static const cyaml_schema_field_t state_fields[] = {
    CYAML_FIELD_SEQUENCE("etcd", CYAML_FLAG_POINTER, struct control_state, etcd, &endpoint, 1,
                         ETCD_ENDPOINTS_MAX),
    STATE_TEXT(prefix, ETCD_PREFIX_BYTES - 1),
    STATE_TEXT(ca, 4095),
    STATE_TEXT(certificate, 4095),
    STATE_TEXT(key, 4095),
    CYAML_FIELD_UINT("timeout_ms", OPTIONAL, struct control_state, timeout_ms),
    CYAML_FIELD_END};

#define HOOKS_TEXT(key, member)                                                                              \
    CYAML_FIELD_STRING_PTR(#key, OPTIONAL_POINTER, struct control_hooks, member, 1, 4095)
static const cyaml_schema_field_t hooks_fields[] = {
    HOOKS_TEXT(program, program),
    HOOKS_TEXT(path, path),
    HOOKS_TEXT(url, web.url),
    HOOKS_TEXT(socket, web.socket),
    HOOKS_TEXT(ca, web.ca),
    HOOKS_TEXT(certificate, web.certificate),
    HOOKS_TEXT(key, web.key),
    HOOKS_TEXT(token_file, web.token_file),
    CYAML_FIELD_UINT("timeout_ms", OPTIONAL, struct control_hooks, timeout_ms),
    CYAML_FIELD_END};

#define TEXT(key, member, longest)                                                                           \
    CYAML_FIELD_STRING_PTR(key, OPTIONAL_POINTER, struct control_config, member, 1, longest)
#define NUMBER(key) CYAML_FIELD_UINT(#key, OPTIONAL, struct control_config, key)
static const cyaml_schema_field_t config_fields[] = {
    TEXT("socket", socket, sizeof(((struct sockaddr_un *)0)->sun_path) - 1),
    TEXT("group", group, 63),
    CYAML_FIELD_STRING_PTR("topology", CYAML_FLAG_POINTER, struct control_config, topology, 1, 4095),
    TEXT("store", store, 4095),
    CYAML_FIELD_MAPPING("state", OPTIONAL, struct control_config, state, state_fields),
    NUMBER(leaf_prefix_bits),
    NUMBER(lease_ms),
    NUMBER(report_every_ms),
    NUMBER(plan_delay_ms),
    TEXT("drained_uplinks_max", drained_uplinks_max_text, 31),
    NUMBER(connections_max),
    CYAML_FIELD_MAPPING("listen", OPTIONAL, struct control_config, listen, listen_fields),
    CYAML_FIELD_MAPPING("diagnosis", OPTIONAL, struct control_config, diagnosis, diagnosis_fields),
    CYAML_FIELD_MAPPING("hooks", OPTIONAL, struct control_config, hooks, hooks_fields),
    CYAML_FIELD_ENUM("log", CYAML_FLAG_OPTIONAL | CYAML_FLAG_STRICT, struct control_config, log,
                     yaml_log_levels, YAML_LOG_LEVELS),
    CYAML_FIELD_END};
static const cyaml_schema_value_t config_value = {
    CYAML_VALUE_MAPPING(CYAML_FLAG_POINTER, struct control_config, config_fields)};

static bool set_text(char **text, const char *absent)
{
    if (*text == NULL)
        *text = strdup(absent);
    return *text != NULL;
}

static void set_number(uint32_t *number, uint32_t absent)
{
    if (*number == 0)
        *number = absent;
}

static bool set_defaults(struct control_config *c)
{
    set_number(&c->leaf_prefix_bits, 24);
    set_number(&c->lease_ms, 10000);
    set_number(&c->report_every_ms, 2000);
    set_number(&c->plan_delay_ms, 5);
    set_number(&c->connections_max, 4096);
    set_number(&c->listen.port, 4793);
    set_number(&c->diagnosis.actions_max, 4);
    set_number(&c->diagnosis.actions_s, 600);
    set_number(&c->diagnosis.clean_probes, 16);
    set_number(&c->diagnosis.clean_s, 60);
    set_number(&c->diagnosis.hang_ms, 10000);
    set_number(&c->hooks.timeout_ms, 10000);
    set_number(&c->state.timeout_ms, 500);
    c->diagnosis.confidence_min = 0.99;
    c->log = c->log == 0 ? LOG_LEVEL_INFO : c->log - 1;
    c->drained_uplinks_max = 0.125;
    return set_text(&c->socket, "/run/weft/control.sock") &&
           (c->state.etcd_count > 0 || set_text(&c->store, "/var/lib/weft/control.sqlite")) &&
           set_text(&c->state.prefix, "/weft/") && set_text(&c->hooks.path, "/");
}

void control_listen_place(const struct control_listen *listen, char place[CONTROL_LISTEN_PLACE_BYTES])
{
    bool is_ipv6 = strchr(listen->address, ':') != NULL;
    snprintf(place, CONTROL_LISTEN_PLACE_BYTES, is_ipv6 ? "[%s]:%u" : "%s:%u", listen->address, listen->port);
}

static void check_listen(struct yaml_check *check, const struct control_listen *l)
{
    char place[CONTROL_LISTEN_PLACE_BYTES];
    if (l->address == NULL)
        return;
    if (l->certificate == NULL || l->key == NULL)
        yaml_check_refuse(check, "listen", "TCP is only served with TLS: `certificate` and `key` are wanted");
    if (l->tokens_file == NULL)
        yaml_check_refuse(check, "listen", "TCP is only served to who has a token: `tokens_file` is wanted");
    yaml_check_range(check, "listen.port", l->port, 1, 65535);
    control_listen_place(l, place);
    if (!tcp_listener_is_place(place))
        yaml_check_refuse(check, "listen.address", "an address is wanted in numbers, such as 10.0.0.1");
}

static void check_diagnosis(struct yaml_check *check, struct control_diagnosis *d)
{
    uint32_t parts;
    yaml_check_range(check, "diagnosis.actions_max", d->actions_max, 1, 64);
    yaml_check_range(check, "diagnosis.actions_s", d->actions_s, 1, 24 * 3600);
    yaml_check_range(check, "diagnosis.clean_probes", d->clean_probes, 1, 10000);
    yaml_check_range(check, "diagnosis.clean_s", d->clean_s, 1, 24 * 3600);
    yaml_check_range(check, "diagnosis.hang_ms", d->hang_ms, 100, 24 * 3600 * 1000);
    if (d->confidence_min_text == NULL)
        return;
    if (units_parse_ratio(d->confidence_min_text, &parts) != 0)
        yaml_check_refuse(check, "diagnosis.confidence_min", "a share is wanted, such as 99%% or 0.99");
    d->confidence_min = parts / 4294967295.0;
}

static bool is_url(const char *text)
{
    return strncmp(text, "http://", 7) == 0 || strncmp(text, "https://", 8) == 0;
}

static void check_state(struct yaml_check *check, const struct control_config *c)
{
    const struct control_state *s = &c->state;
    if (s->etcd_count > 0 && c->store != NULL)
        yaml_check_refuse(check, "store", "state is kept in a file or in etcd, not in both");
    for (unsigned i = 0; i < s->etcd_count; i++) {
        if (!is_url(s->etcd[i]))
            yaml_check_refuse(check, "state.etcd", "http://HOST:PORT or https://HOST:PORT is wanted");
    }
    if (s->prefix[0] != '/' || s->prefix[strlen(s->prefix) - 1] != '/')
        yaml_check_refuse(check, "state.prefix", "a prefix begins and ends with /");
    if (!s->certificate != !s->key)
        yaml_check_refuse(check, "state", "`certificate` and `key` go together");
    yaml_check_range(check, "state.timeout_ms", s->timeout_ms, 50, 10000);
}

static void check_hooks(struct yaml_check *check, const struct control_hooks *h)
{
    yaml_check_range(check, "hooks.timeout_ms", h->timeout_ms, 100, 600 * 1000);
    if (h->program != NULL && h->program[0] != '/')
        yaml_check_refuse(check, "hooks.program", "a whole path is wanted, from / on");
    http_place_check(check, "hooks", &h->web);
    if (h->path[0] != '/')
        yaml_check_refuse(check, "hooks.path", "a path begins with /");
}

static void resolve(struct yaml_check *check, void *config)
{
    struct control_config *c = config;
    uint32_t parts;
    if (!set_defaults(c)) {
        yaml_check_refuse(check, "", "out of memory");
        return;
    }
    yaml_check_range(check, "leaf_prefix_bits", c->leaf_prefix_bits, 1, 32);
    yaml_check_range(check, "report_every_ms", c->report_every_ms, 10, 3600 * 1000);
    yaml_check_range(check, "lease_ms", c->lease_ms, 2 * c->report_every_ms, 24 * 3600 * 1000);
    yaml_check_range(check, "plan_delay_ms", c->plan_delay_ms, 1, 60000);
    yaml_check_range(check, "connections_max", c->connections_max, 16, 65536);
    if (c->drained_uplinks_max_text != NULL) {
        if (units_parse_ratio(c->drained_uplinks_max_text, &parts) != 0)
            yaml_check_refuse(check, "drained_uplinks_max", "a share is wanted, such as 12.5%% or 0.125");
        c->drained_uplinks_max = round(parts / 4294967295.0 * RATIO_STEPS) / RATIO_STEPS;
    }
    check_state(check, c);
    check_listen(check, &c->listen);
    check_diagnosis(check, &c->diagnosis);
    check_hooks(check, &c->hooks);
}

int control_config_load(const char *file, struct control_config **config, char error[YAML_ERROR_BYTES])
{
    return yaml_load_checked(file, &config_value, resolve, (void **)config, error);
}

void control_config_free(struct control_config *config)
{
    yaml_load_free(&config_value, config);
}
