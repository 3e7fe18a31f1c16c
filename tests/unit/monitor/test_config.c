/* SPDX-License-Identifier: BSD-3-Clause */
/* The configuration: defaults without a file, and wrong values with their place. */
#include "ebpf/monitor/config.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "tests/unit/monitor/unit.h"

static char error[YAML_ERROR_BYTES];

static int load(const char *text, struct monitor_config **config)
{
    char file[] = "/tmp/weft-monitor-test-XXXXXX";
    int fd = mkstemp(file);
    assert_true(fd >= 0);
    assert_int_equal(write(fd, text, strlen(text)), (ssize_t)strlen(text));
    close(fd);
    int result = monitor_config_load(file, config, error);
    unlink(file);
    return result;
}

static void test_defaults_without_a_file(void **state)
{
    struct monitor_config *config;
    (void)state;
    assert_int_equal(monitor_config_load(NULL, &config, error), 0);
    assert_string_equal(config->socket, "/run/weft/monitor.sock");
    assert_int_equal(config->leaf_prefix_bits, 24);
    assert_int_equal(config->window_ms, 100);
    assert_int_equal(config->dataplane_count, 1);
    assert_string_equal(config->dataplanes[0], "/run/weft/dataplane.sock");
    assert_null(config->control.socket);
    monitor_config_free(config);
}

static void test_every_key(void **state)
{
    struct monitor_config *config;
    (void)state;
    assert_int_equal(
        load("socket: /tmp/m.sock\ngroup: nobody\nruntime_folder: /tmp\naddresses: [10.1.0.1, 10.1.0.2]\n"
             "files: [/opt/trainer]\nleaf_prefix_bits: 20\nring_kib: 256\nwindow_ms: 50\n"
             "records_max: 2048\nscan_ms: 500\nhang_ms: 3000\nperf_buffer: yes\nonly_files: yes\ndataplanes: "
             "[/a, "
             "/b]\nsees_all_ranks: yes\nlog: debug\n"
             "control: {url: \"https://control:8443\", ca: /etc/ca.pem, token_file: /etc/token}\n",
             &config),
        0);
    assert_int_equal(config->address_count, 2);
    assert_int_equal(config->addresses[1], 0x0a010002);
    assert_string_equal(config->files[0], "/opt/trainer");
    assert_true(config->perf_buffer);
    assert_string_equal(config->control.token_file, "/etc/token");
    monitor_config_free(config);
}

static void test_wrong_values_are_named(void **state)
{
    static const struct {
        const char *text, *place, *word;
    } cases[] = {
        {"addresses: [10.1.0.1, 10.1]\n", ":1:", "IPv4 address"},
        {"socket: /a\nring_kib: 1\n", ":2:", "ring_kib"},
        {"control: {socket: /a, url: \"https://b\"}\n", ":1:", "not at both"},
        {"control: {url: \"http://b\"}\n", ":1:", "TLS"},
        {"nonsense: 1\n", ":1:", "nonsense"},
    };
    (void)state;
    for (unsigned i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        struct monitor_config *config;
        assert_true(load(cases[i].text, &config) < 0);
        assert_null(config);
        assert_non_null(strstr(error, cases[i].place));
        assert_non_null(strstr(error, cases[i].word));
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_defaults_without_a_file),
        cmocka_unit_test(test_every_key),
        cmocka_unit_test(test_wrong_values_are_named),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
