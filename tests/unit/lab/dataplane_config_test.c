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

#include "tools/lab/dataplane_config.h"

static const struct dataplane_host host = {.name = "host5",
                                           .socket = "/run/weft-lab/host5.sock",
                                           .address = 10 << 24 | 2 << 16 | 2,
                                           .rate_bps = 200000000,
                                           .core = 1};

static void assert_written(const struct dataplane_config *config, const char *expected)
{
    char *text;
    size_t length;
    FILE *file = open_memstream(&text, &length);
    assert_int_equal(dataplane_config_write(config, &host, file), 0);
    fclose(file);
    assert_string_equal(text, expected);
    free(text);
}

static int read_text(struct dataplane_config *config, const char *text, struct lab_error *error)
{
    char path[] = "/tmp/weft-lab-config-XXXXXX";
    int fd = mkstemp(path);
    assert_int_equal(write(fd, text, strlen(text)), (ssize_t)strlen(text));
    close(fd);
    int status = dataplane_config_read(config, path, error);
    unlink(path);
    return status;
}

static void a_host_has_its_own_lines(void **state)
{
    (void)state;
    struct dataplane_config config;
    dataplane_config_set_defaults(&config);
    assert_written(&config, "socket: /run/weft-lab/host5.sock\n"
                            "telemetry_prefix: weft-host5\n"
                            "group: root\n"
                            "idle: sleep\n"
                            "leaf_prefix_bits: 24\n"
                            "ports:\n"
                            "  - {device: \"af_xdp:eth0\", core: 1, rate: 200000000, address: 10.2.0.2}\n");
}

static void settings_override_and_sections_gather(void **state)
{
    (void)state;
    struct dataplane_config config = {.count = 0};
    struct lab_error error;
    assert_int_equal(dataplane_config_set(&config, "transport.rto_min_us=2000", &error), 0);
    assert_int_equal(dataplane_config_set(&config, "idle=sleep", &error), 0);
    assert_int_equal(dataplane_config_set(&config, "transport.peers_max=9", &error), 0);
    assert_int_equal(dataplane_config_set(&config, "idle=poll", &error), 0);
    assert_written(&config, "socket: /run/weft-lab/host5.sock\n"
                            "telemetry_prefix: weft-host5\n"
                            "transport:\n"
                            "  rto_min_us: 2000\n"
                            "  peers_max: 9\n"
                            "idle: poll\n"
                            "ports:\n"
                            "  - {device: \"af_xdp:eth0\", core: 1, rate: 200000000, address: 10.2.0.2}\n");
}

static void a_file_holds_keys_sections_and_comments(void **state)
{
    (void)state;
    struct dataplane_config config = {.count = 0};
    struct lab_error error;
    assert_int_equal(
        read_text(&config,
                  "---\n# all hosts\npath_mode: hash  # not wrap\n\ntransport:\n"
                  "  ack_delay_us: 50\n\n  # more\n  window_packets: 64\neal: [\"-m\", \"64\"]\n",
                  &error),
        0);
    assert_int_equal(config.count, 4);
    assert_string_equal(config.entries[0].value, "hash");
    assert_string_equal(config.entries[1].key, "transport.ack_delay_us");
    assert_string_equal(config.entries[2].key, "transport.window_packets");
    assert_string_equal(config.entries[3].value, "[\"-m\", \"64\"]");
}

static void a_bad_line_is_named(void **state)
{
    (void)state;
    static const char *const texts[] = {"a: 1\nnonsense\n",  "a: 1\n  b: 2\n", "a: 1\n- b\n",
                                        "a: 1\nports: []\n", "a: 1\n'b': 2\n", "a: 1\nb.c.d: 1\n"};
    for (size_t i = 0; i < sizeof(texts) / sizeof(*texts); i++) {
        struct dataplane_config config = {.count = 0};
        struct lab_error error;
        assert_int_equal(read_text(&config, texts[i], &error), -EINVAL);
        assert_non_null(strstr(error.text, ":2: "));
    }
}

static void what_is_not_a_setting_is_refused(void **state)
{
    (void)state;
    static const char *const texts[] = {"",       "idle",    "idle=",     "=poll",     ".a=1",
                                        "a.=1",   "a.b.c=1", "A=1",       "socket=/x", "ports=[]",
                                        "a\nb=1", "a: b=1",  "a=1\nb: 2", "a =1",      "telemetry_prefix=x"};
    for (size_t i = 0; i < sizeof(texts) / sizeof(*texts); i++) {
        struct dataplane_config config = {.count = 0};
        struct lab_error error;
        assert_int_equal(dataplane_config_set(&config, texts[i], &error), -EINVAL);
        assert_int_equal(config.count, 0);
    }
}

static void settings_have_a_limit(void **state)
{
    (void)state;
    struct dataplane_config config = {.count = 0};
    struct lab_error error;
    char text[32];
    for (unsigned i = 0; i < DATAPLANE_CONFIG_ENTRIES_MAX; i++) {
        snprintf(text, sizeof(text), "key%u=1", i);
        assert_int_equal(dataplane_config_set(&config, text, &error), 0);
    }
    assert_int_equal(dataplane_config_set(&config, "one_more=1", &error), -E2BIG);
    assert_int_equal(dataplane_config_set(&config, "key0=2", &error), 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_host_has_its_own_lines),
        cmocka_unit_test(settings_override_and_sections_gather),
        cmocka_unit_test(a_file_holds_keys_sections_and_comments),
        cmocka_unit_test(a_bad_line_is_named),
        cmocka_unit_test(what_is_not_a_setting_is_refused),
        cmocka_unit_test(settings_have_a_limit),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
