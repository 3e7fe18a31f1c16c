/* SPDX-License-Identifier: BSD-3-Clause */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "dataplane/daemon/config.h"

static char file[] = "/tmp/weft-test-config-XXXXXX";
static char error[YAML_ERROR_BYTES];

static int setup(void **state)
{
    (void)state;
    int descriptor = mkstemp(file);
    return descriptor < 0 ? -1 : close(descriptor);
}

static int teardown(void **state)
{
    (void)state;
    return unlink(file);
}

static struct config *load(const char *text)
{
    struct config *config;
    FILE *stream = fopen(file, "w");
    assert_non_null(stream);
    fputs(text, stream);
    fclose(stream);
    error[0] = '\0';
    int result = config_load(file, &config, error);
    assert_int_equal(result, config ? 0 : -EINVAL);
    return config;
}

/* `where` is "LINE:COLUMN: ". */
static void expect_error(const char *text, const char *where, const char *what)
{
    char start[128];
    assert_null(load(text));
    snprintf(start, sizeof(start), "%s:%s: ", file, where);
    if (strncmp(error, start, strlen(start)) != 0 || !strstr(error, what))
        fail_msg("expected %s ... %s, but it is: %s", start, what, error);
}

static void only_ports_are_needed(void **state)
{
    (void)state;
    struct config *config = load("ports: [{device: \"af_xdp:eth0\"}]\n");
    assert_non_null(config);
    assert_string_equal(config->socket, "/run/weft/dataplane.sock");
    assert_string_equal(config->congestion_control, "nscc");
    assert_int_equal(config->path_mode, PATH_MODE_WRAP);
    assert_int_equal(config->idle, CONFIG_IDLE_POLL);
    assert_int_equal(config->leaf_prefix_bits, 24);
    assert_int_equal(config->udp_port, 4793);
    assert_int_equal(config->log, LOG_LEVEL_INFO);
    assert_true(config->region_bytes_max == 4ull << 30);
    assert_int_equal(config->port_count, 1);
    assert_int_equal(config->transport.credit_order, CREDIT_ORDER_OF_MODE);
    assert_string_equal(config->ports[0].device, "af_xdp:eth0");
    assert_int_equal(config->ports[0].rate_bytes_per_s, 0);
    config_free(config);
}

static void every_key_is_taken(void **state)
{
    (void)state;
    struct config *config =
        load("socket: /run/a.sock\ngroup: root\nidle: sleep\npath_mode: hash\n"
             "congestion_control: dctcp\nleaf_prefix_bits: 16\nudp_port: 5000\n"
             "hash_seed: 7\nverify_interval_ms: 50\nregion_bytes_max: 64M\n"
             "eal: [\"--no-huge\", \"-m\", \"64\"]\ntelemetry_prefix: weft-a\n"
             "xdp_program: /x.o\nlog: debug\nports:\n"
             "  - {device: \"af_xdp:eth0\", core: 1, rate: 200M, address: 10.1.0.1,\n"
             "     gateway_ethernet: \"02:00:00:00:00:0a\"}\n"
             "  - {device: \"af_packet:eth1\", rate: 400G}\n"
             "transport: {base_rtt_us: 100, rto_min_us: 200, rto_max_us: 2000,\n"
             "            ack_delay_us: 5, peer_timeout_ms: 900, credit_budget_kib: 512,\n"
             "            window_packets: 64, peers_max: 32, messages_max: 1000,\n"
             "            credit_order: fair}\n");
    assert_non_null(config);
    assert_int_equal(config->path_mode, PATH_MODE_HASH);
    assert_int_equal(config->idle, CONFIG_IDLE_SLEEP);
    assert_int_equal(config->region_bytes_max, 64 << 20);
    assert_int_equal(config->eal_count, 3);
    assert_string_equal(config->eal[2], "64");
    assert_int_equal(config->port_count, 2);
    assert_int_equal(config->ports[0].core, 1);
    assert_int_equal(config->ports[0].rate_bytes_per_s, 25000000);
    assert_int_equal(config->ports[0].address, 0x0a010001);
    assert_true(config->ports[0].has_gateway_ethernet);
    assert_int_equal(config->ports[0].gateway_ethernet[5], 10);
    assert_true(config->ports[1].rate_bytes_per_s == 50000000000ull);
    assert_int_equal(config->transport.window_packets, 64);
    assert_int_equal(config->transport.messages_max, 1000);
    assert_int_equal(config->transport.credit_order, CREDIT_ORDER_FAIR);
    assert_int_equal(config->log, LOG_LEVEL_DEBUG);
    config_free(config);
}

#define PORTS "ports: [{device: \"af_xdp:eth0\"}]\n"

static void errors_name_the_place(void **state)
{
    (void)state;
    expect_error("", "1:1", "empty");
    expect_error("socket: a\n", "1:9", "ports");
    expect_error("ports: []\n", "1:8", "entries");
    expect_error("ports: [{core: 1}]\n", "1:16", "device");
    expect_error(PORTS "colour: red\n", "2:1", "colour");
    expect_error("ports:\n  - device: a\n    rate: 1G\n    size: 3\nrate: 1\n", "4:5", "size");
    expect_error("ports:\n  - device: a\n    rate: 1G\nrate: 1\n", "4:1", "rate");
    expect_error(PORTS "idle: nap\n", "2:7", "nap");
    expect_error(PORTS "udp_port: many\n", "2:11", "many");
    expect_error(PORTS "transport: {credit_order: lots}\n", "2:27", "lots");
    expect_error("ports: [{device: a\n", "2:1", "");
    expect_error("a: b\n\tc: d\n", "2:1", "");
}

static void wrong_values_name_the_place(void **state)
{
    (void)state;
    expect_error(PORTS "leaf_prefix_bits: 33\n", "2:19", "1 to 32");
    expect_error(PORTS "transport: {messages_max: 524289}\n", "2:27", "524288");
    expect_error(PORTS "udp_port: 50000\n", "2:11", "49151");
    expect_error(PORTS "congestion_control: cubic\n", "2:21", "dctcp");
    expect_error(PORTS "region_bytes_max: lots\n", "2:19", "64M");
    expect_error("ports:\n  - device: a\n  - device: b\n    rate: fast\n", "4:11", "200M");
    expect_error("ports:\n  - device: a\n    address: 10.1.0\n", "3:14", "IPv4");
    expect_error("ports:\n  - device: a\n    gateway_ethernet: 02:00\n", "3:23", "Ethernet");
    expect_error("ports:\n  - device: a\n    gateway_ethernet: \"02:00:00:00:00:01x\"\n", "3:23", "Ethernet");
    expect_error(PORTS "transport:\n  window_packets: 48\n", "3:19", "power of two");
    expect_error(PORTS "transport:\n  window_packets: 4\n", "3:19", "8 to 256");
    expect_error(PORTS "transport: {rto_min_us: 9, rto_max_us: 5}\n", "2:40", "less than");
}

static void a_file_that_cannot_be_read_is_named(void **state)
{
    (void)state;
    struct config *config;
    assert_int_equal(config_load("/nonexistent/weft.yaml", &config, error), -EINVAL);
    assert_non_null(strstr(error, "/nonexistent/weft.yaml:1:1: cannot read it: No such file"));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(only_ports_are_needed),
        cmocka_unit_test(every_key_is_taken),
        cmocka_unit_test(errors_name_the_place),
        cmocka_unit_test(wrong_values_name_the_place),
        cmocka_unit_test(a_file_that_cannot_be_read_is_named),
    };
    return cmocka_run_group_tests(tests, setup, teardown);
}
