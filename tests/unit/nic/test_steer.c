/* SPDX-License-Identifier: BSD-3-Clause */
/* Runs the steering program on frames without a network (BPF_PROG_TEST_RUN). An AF_XDP socket sits in the
 * map, bound to nothing: it is there to be redirected to. */
#include <arpa/inet.h>
#include <errno.h>
#include <linux/bpf.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include <bpf/bpf.h>
#include <bpf/libbpf.h>

#include "dataplane/formats/steer.h"
#include "nic/datagram.h"
#include "tests/unit/nic/cmocka_headers.h"

enum {
    SKIP = 77,
    IP = DATAGRAM_ETHERNET_BYTES,
    UDP = IP + 20,
    ICMP = IP + 20,
    ROOM = 256
};

static const struct datagram_endpoint peer = {{2, 0, 0, 0, 0, 1}, 4793, 0x0a010001};
static const struct datagram_endpoint ours = {{2, 0, 0, 0, 0, 2}, 4793, 0x0a020001};

static struct bpf_object *object;
static int program_fd, sockets_fd, settings_fd;

static uint32_t write_datagram(uint8_t *bytes, const struct datagram_endpoint *from,
                               const struct datagram_endpoint *to)
{
    struct sent_frame frame = {.destination = to->address,
                               .source_port = 50001,
                               .ttl = 64,
                               .header_bytes = 12,
                               .header = (const uint8_t *)"twelve bytes"};
    return datagram_write(bytes, from, to->ethernet, &frame, DATAGRAM_CHECKSUM_WHOLE);
}

/* A router's ICMP error of that type and code to us about a datagram of ours. */
static uint32_t write_icmp_error(uint8_t *bytes, uint8_t type, uint8_t code)
{
    uint8_t quoted[ROOM];
    write_datagram(bytes, &peer, &ours);
    write_datagram(quoted, &ours, &peer);
    bytes[IP + 9] = 1;
    memset(bytes + ICMP, 0, 8);
    bytes[ICMP] = type;
    bytes[ICMP + 1] = code;
    memcpy(bytes + ICMP + 8, quoted + IP, 28);
    return ICMP + 8 + 28;
}

static uint32_t run(const uint8_t *bytes, uint32_t length)
{
    LIBBPF_OPTS(bpf_test_run_opts, options, .data_in = bytes, .data_size_in = length);
    assert_int_equal(bpf_prog_test_run_opts(program_fd, &options), 0);
    return options.retval;
}

static void set_settings(uint32_t address, uint16_t udp_port)
{
    struct steer_settings settings = {.address = htonl(address), .udp_port = htons(udp_port)};
    uint32_t first = 0;
    assert_int_equal(bpf_map_update_elem(settings_fd, &first, &settings, BPF_ANY), 0);
}

static int configure(void **state)
{
    (void)state;
    set_settings(ours.address, ours.udp_port);
    return 0;
}

static void ours_goes_to_the_dataplane(void **state)
{
    (void)state;
    uint8_t bytes[ROOM];
    uint32_t length = write_datagram(bytes, &peer, &ours);
    assert_int_equal(run(bytes, length), XDP_REDIRECT);
}

static void options_are_stepped_over(void **state)
{
    (void)state;
    uint8_t bytes[ROOM];
    uint32_t length = write_datagram(bytes, &peer, &ours);
    memmove(bytes + UDP + 8, bytes + UDP, length - UDP);
    memset(bytes + UDP, 1, 8);
    bytes[IP] = 0x47;
    assert_int_equal(run(bytes, length + 8), XDP_REDIRECT);
    bytes[IP] = 0x45; /* the same bytes read without options: port 257 */
    assert_int_equal(run(bytes, length + 8), XDP_PASS);
}

static void time_exceeded_about_ours_goes_to_the_dataplane(void **state)
{
    (void)state;
    uint8_t bytes[ROOM];
    uint32_t length = write_icmp_error(bytes, 11, 0);
    assert_int_equal(run(bytes, length), XDP_REDIRECT);
}

static void other_icmp_stays_with_the_kernel(void **state)
{
    (void)state;
    uint8_t bytes[ROOM];
    assert_int_equal(run(bytes, write_icmp_error(bytes, 8, 0)), XDP_PASS);
    assert_int_equal(run(bytes, write_icmp_error(bytes, 3, 4)), XDP_PASS);
    assert_int_equal(run(bytes, write_icmp_error(bytes, 11, 1)), XDP_PASS);
}

static void time_exceeded_about_others_stays_with_the_kernel(void **state)
{
    (void)state;
    const struct {
        uint32_t offset;
        uint8_t flip;
    } changes[] = {
        {15, 1}, {9, 1}, {23, 1}, {0, 0x20}, {6, 0x20}}; /* source, protocol, port, version, fragment */
    for (size_t i = 0; i < sizeof(changes) / sizeof(changes[0]); i++) {
        uint8_t bytes[ROOM];
        uint32_t length = write_icmp_error(bytes, 11, 0);
        bytes[ICMP + 8 + changes[i].offset] ^= changes[i].flip;
        assert_int_equal(run(bytes, length), XDP_PASS);
    }
}

static void all_else_stays_with_the_kernel(void **state)
{
    (void)state;
    const struct {
        uint32_t offset;
        uint8_t value;
    } changes[] = {
        {12, 0x81},     {13, 0x06},     {IP, 0x65},      {IP, 0x44},      {IP + 6, 0x20},
        {IP + 7, 0x01}, {IP + 9, 0x06}, {IP + 19, 0x02}, {UDP + 3, 0x35},
    };
    for (size_t i = 0; i < sizeof(changes) / sizeof(changes[0]); i++) {
        uint8_t bytes[ROOM];
        uint32_t length = write_datagram(bytes, &peer, &ours);
        bytes[changes[i].offset] = changes[i].value;
        assert_int_equal(run(bytes, length), XDP_PASS);
    }
}

static void cut_frames_stay_with_the_kernel(void **state)
{
    (void)state;
    uint8_t bytes[ROOM];
    write_datagram(bytes, &peer, &ours);
    for (uint32_t length = DATAGRAM_ETHERNET_BYTES; length < UDP + 8; length++)
        assert_int_equal(run(bytes, length), XDP_PASS);
    uint32_t whole = write_icmp_error(bytes, 11, 0);
    for (uint32_t length = DATAGRAM_ETHERNET_BYTES; length < whole; length++)
        assert_int_equal(run(bytes, length), XDP_PASS);
}

static void the_port_is_a_setting(void **state)
{
    (void)state;
    uint8_t bytes[ROOM];
    uint32_t length = write_datagram(bytes, &peer, &ours);
    set_settings(ours.address, 4794);
    assert_int_equal(run(bytes, length), XDP_PASS);
    set_settings(0, 0);
    assert_int_equal(run(bytes, length), XDP_PASS);
}

static void without_a_dataplane_all_stays_with_the_kernel(void **state)
{
    (void)state;
    uint8_t bytes[ROOM];
    uint32_t first = 0, length = write_datagram(bytes, &peer, &ours);
    assert_int_equal(bpf_map_delete_elem(sockets_fd, &first), 0);
    assert_int_equal(run(bytes, length), XDP_PASS);
}

static int load(const char *path)
{
    object = bpf_object__open_file(path, NULL);
    if (object == NULL || bpf_object__load(object) != 0)
        return -errno;
    program_fd = bpf_program__fd(bpf_object__find_program_by_name(object, STEER_PROGRAM_NAME));
    sockets_fd = bpf_object__find_map_fd_by_name(object, STEER_SOCKETS_NAME);
    settings_fd = bpf_object__find_map_fd_by_name(object, STEER_SETTINGS_NAME);
    uint32_t first = 0;
    int socket_fd = socket(AF_XDP, SOCK_RAW | SOCK_CLOEXEC, 0);
    return socket_fd < 0 || bpf_map_update_elem(sockets_fd, &first, &socket_fd, BPF_ANY) != 0 ? -errno : 0;
}

int main(int count, char **arguments)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup(ours_goes_to_the_dataplane, configure),
        cmocka_unit_test_setup(options_are_stepped_over, configure),
        cmocka_unit_test_setup(time_exceeded_about_ours_goes_to_the_dataplane, configure),
        cmocka_unit_test_setup(other_icmp_stays_with_the_kernel, configure),
        cmocka_unit_test_setup(time_exceeded_about_others_stays_with_the_kernel, configure),
        cmocka_unit_test_setup(all_else_stays_with_the_kernel, configure),
        cmocka_unit_test_setup(cut_frames_stay_with_the_kernel, configure),
        cmocka_unit_test_setup(the_port_is_a_setting, configure),
        cmocka_unit_test_setup(without_a_dataplane_all_stays_with_the_kernel, configure),
    };
    if (count != 2)
        return EXIT_FAILURE;
    if (geteuid() != 0) {
        fprintf(stderr, "skipped: loading BPF programs needs root\n");
        return SKIP;
    }
    int failure = load(arguments[1]);
    if (failure == -EPERM || failure == -EAFNOSUPPORT || failure == -ENOSYS) {
        fprintf(stderr, "skipped: no BPF or no AF_XDP here: %s\n", strerror(-failure));
        return SKIP;
    }
    int failed = failure != 0 ? EXIT_FAILURE : cmocka_run_group_tests(tests, NULL, NULL);
    bpf_object__close(object);
    return failed;
}
