/* SPDX-License-Identifier: BSD-3-Clause */
#include "dataplane/daemon/config.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/un.h>

#include "dataplane/formats/address.h"
#include "dataplane/formats/units.h"
#include "dataplane/process/http_place_yaml.h"
#include "dataplane/transport/congestion.h"

enum {
    OPTIONAL = CYAML_FLAG_OPTIONAL,
    OPTIONAL_POINTER = CYAML_FLAG_OPTIONAL | CYAML_FLAG_POINTER,
    OPTIONAL_ENUM = CYAML_FLAG_OPTIONAL | CYAML_FLAG_STRICT
};

static const cyaml_strval_t idle_names[] = {{"poll", CONFIG_IDLE_POLL}, {"sleep", CONFIG_IDLE_SLEEP}};
/* One more than the value, so that a file without the key (zero) can be told from `hash`. */
static const cyaml_strval_t path_mode_names[] = {
    {"hash", PATH_MODE_HASH + 1},       {"spray", PATH_MODE_SPRAY + 1},       {"reps", PATH_MODE_REPS + 1},
    {"mprdma-4", PATH_MODE_MPRDMA + 1}, {"ethereal", PATH_MODE_ETHEREAL + 1}, {"wrap", PATH_MODE_WRAP + 1},
    {"planned", PATH_MODE_PLANNED + 1}};

static const cyaml_schema_field_t port_fields[] = {
    CYAML_FIELD_STRING_PTR("device", CYAML_FLAG_POINTER, struct config_port, device, 1, 255),
    CYAML_FIELD_UINT("core", OPTIONAL, struct config_port, core),
    CYAML_FIELD_STRING_PTR("rate", OPTIONAL_POINTER, struct config_port, rate_text, 1, 31),
    CYAML_FIELD_STRING_PTR("address", OPTIONAL_POINTER, struct config_port, address_text, 1, 31),
    CYAML_FIELD_STRING_PTR("gateway_ethernet", OPTIONAL_POINTER, struct config_port, gateway_ethernet_text, 1,
                           31),
    CYAML_FIELD_END};
static const cyaml_schema_value_t port_value = {
    CYAML_VALUE_MAPPING(CYAML_FLAG_DEFAULT, struct config_port, port_fields)};

static const cyaml_strval_t credit_order_names[] = {
    {"of_mode", CREDIT_ORDER_OF_MODE}, {"fair", CREDIT_ORDER_FAIR}, {"batches", CREDIT_ORDER_BATCHES}};
#define TRANSPORT_NUMBER(key) CYAML_FIELD_UINT(#key, OPTIONAL, struct config_transport, key)
static const cyaml_schema_field_t transport_fields[] = {
    TRANSPORT_NUMBER(base_rtt_us),
    TRANSPORT_NUMBER(rto_min_us),
    TRANSPORT_NUMBER(rto_max_us),
    TRANSPORT_NUMBER(ack_delay_us),
    TRANSPORT_NUMBER(peer_timeout_ms),
    TRANSPORT_NUMBER(credit_budget_kib),
    TRANSPORT_NUMBER(window_packets),
    TRANSPORT_NUMBER(peers_max),
    TRANSPORT_NUMBER(messages_max),
    CYAML_FIELD_ENUM("credit_order", OPTIONAL_ENUM, struct config_transport, credit_order, credit_order_names,
                     CYAML_ARRAY_LEN(credit_order_names)),
    CYAML_FIELD_END};

static const cyaml_schema_value_t eal_value = {CYAML_VALUE_STRING(CYAML_FLAG_POINTER, char, 1, 255)};

#define STRING(key, member, longest)                                                                         \
    CYAML_FIELD_STRING_PTR(key, OPTIONAL_POINTER, struct config, member, 1, longest)
#define NUMBER(key) CYAML_FIELD_UINT(#key, OPTIONAL, struct config, key)
#define CHOICE(key, names)                                                                                   \
    CYAML_FIELD_ENUM(#key, OPTIONAL_ENUM, struct config, key, names, CYAML_ARRAY_LEN(names))
static const cyaml_schema_field_t config_fields[] = {
    STRING("socket", socket, sizeof(((struct sockaddr_un *)0)->sun_path) - 1),
    STRING("group", group, 63),
    CHOICE(idle, idle_names),
    CHOICE(path_mode, path_mode_names),
    STRING("congestion_control", congestion_control, 31),
    NUMBER(leaf_prefix_bits),
    NUMBER(udp_port),
    NUMBER(hash_seed),
    NUMBER(verify_interval_ms),
    STRING("region_bytes_max", region_bytes_max_text, 31),
    CYAML_FIELD_SEQUENCE_COUNT("eal", OPTIONAL_POINTER, struct config, eal, eal_count, &eal_value, 0, 64),
    STRING("telemetry_prefix", telemetry_prefix, 63),
    STRING("xdp_program", xdp_program, 4095),
    CYAML_FIELD_ENUM("log", OPTIONAL_ENUM, struct config, log, yaml_log_levels, YAML_LOG_LEVELS),
    CYAML_FIELD_SEQUENCE_COUNT("ports", CYAML_FLAG_POINTER, struct config, ports, port_count, &port_value, 1,
                               CONFIG_PORTS_MAX),
    CYAML_FIELD_MAPPING("transport", OPTIONAL, struct config, transport, transport_fields),
    CYAML_FIELD_MAPPING("control", OPTIONAL, struct config, control, http_place_fields),
    CYAML_FIELD_END};
static const cyaml_schema_value_t config_value = {
    CYAML_VALUE_MAPPING(CYAML_FLAG_POINTER, struct config, config_fields)};

static int parse_ethernet(const char *text, uint8_t ethernet[6])
{
    int end = 0;
    int fields = sscanf(text, "%2hhx:%2hhx:%2hhx:%2hhx:%2hhx:%2hhx%n", &ethernet[0], &ethernet[1],
                        &ethernet[2], &ethernet[3], &ethernet[4], &ethernet[5], &end);
    return fields == 6 && text[end] == '\0' ? 0 : -EINVAL;
}

static void resolve_port(struct yaml_check *check, struct config_port *port, unsigned index)
{
    char path[64];
    uint64_t bits_per_s;
    if (port->rate_text) {
        snprintf(path, sizeof(path), "ports[%u].rate", index);
        if (units_parse_rate(port->rate_text, &bits_per_s) != 0 || bits_per_s < 8000)
            yaml_check_refuse(check, path, "a rate in bits per second is wanted, such as 200M or 100G");
        else
            port->rate_bytes_per_s = bits_per_s / 8;
    }
    snprintf(path, sizeof(path), "ports[%u].address", index);
    if (port->address_text && !address_parse(port->address_text, &port->address))
        yaml_check_refuse(check, path, "an IPv4 address is wanted, such as 10.1.0.1");
    snprintf(path, sizeof(path), "ports[%u].gateway_ethernet", index);
    if (port->gateway_ethernet_text) {
        port->has_gateway_ethernet = true;
        if (parse_ethernet(port->gateway_ethernet_text, port->gateway_ethernet) != 0)
            yaml_check_refuse(check, path, "an Ethernet address is wanted, such as 02:00:00:00:00:01");
    }
    snprintf(path, sizeof(path), "ports[%u].core", index);
    yaml_check_range(check, path, port->core, 0, 1023);
}

static void check_transport(struct yaml_check *check, const struct config_transport *t)
{
    if (t->window_packets != 0) {
        yaml_check_range(check, "transport.window_packets", t->window_packets, 8, PACKET_WINDOW_MAX);
        if (t->window_packets & (t->window_packets - 1))
            yaml_check_refuse(check, "transport.window_packets",
                              "transport.window_packets must be a power of two");
    }
    yaml_check_range(check, "transport.peers_max", t->peers_max, 0, 16384);
    yaml_check_range(check, "transport.messages_max", t->messages_max, 0, 1u << 19);
    yaml_check_range(check, "transport.credit_budget_kib", t->credit_budget_kib, 0, UINT32_MAX / 1024);
    if (t->rto_min_us != 0 && t->rto_max_us != 0 && t->rto_min_us > t->rto_max_us)
        yaml_check_refuse(check, "transport.rto_max_us",
                          "transport.rto_max_us is less than transport.rto_min_us");
}

static void set_defaults(struct config *config)
{
    enum path_mode default_mode = http_place_is_given(&config->control) ? PATH_MODE_PLANNED : PATH_MODE_WRAP;
    config->path_mode = config->path_mode == 0 ? default_mode : config->path_mode - 1;
    config->log = config->log == 0 ? LOG_LEVEL_INFO : config->log - 1;
    config->region_bytes_max = 4ull << 30;
    if (config->leaf_prefix_bits == 0)
        config->leaf_prefix_bits = 24;
    if (config->udp_port == 0)
        config->udp_port = PACKET_UDP_PORT;
    if (config->verify_interval_ms == 0)
        config->verify_interval_ms = 250;
    if (!config->socket)
        config->socket = strdup("/run/weft/dataplane.sock");
    if (!config->congestion_control)
        config->congestion_control = strdup("nscc");
}

static void resolve(struct yaml_check *check, void *data)
{
    struct config *config = data;
    set_defaults(config);
    if (!config->socket || !config->congestion_control) {
        yaml_check_refuse(check, "", "out of memory");
        return;
    }
    yaml_check_range(check, "leaf_prefix_bits", config->leaf_prefix_bits, 1, 32);
    yaml_check_range(check, "udp_port", config->udp_port, 1, 49151);
    yaml_check_range(check, "verify_interval_ms", config->verify_interval_ms, 10, 3600 * 1000);
    if (!congestion_control_by_name(config->congestion_control))
        yaml_check_refuse(check, "congestion_control",
                          "congestion_control must be one of " CONGESTION_CONTROL_NAMES);
    if (config->region_bytes_max_text &&
        units_parse_size(config->region_bytes_max_text, &config->region_bytes_max) != 0)
        yaml_check_refuse(check, "region_bytes_max", "a size is wanted, such as 64M or 4G");
    check_transport(check, &config->transport);
    http_place_check(check, "control", &config->control);
    for (unsigned i = 0; i < config->port_count; i++)
        resolve_port(check, &config->ports[i], i);
}

int config_load(const char *file, struct config **config, char error[YAML_ERROR_BYTES])
{
    return yaml_load_checked(file, &config_value, resolve, (void **)config, error);
}

void config_free(struct config *config)
{
    yaml_load_free(&config_value, config);
}
