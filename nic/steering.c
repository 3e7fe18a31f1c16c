/* SPDX-License-Identifier: BSD-3-Clause */
#include "nic/steering.h"

#include <arpa/inet.h>
#include <errno.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <bpf/bpf.h>
#include <bpf/libbpf.h>

#include "dataplane/formats/steer.h"
#include "nic/error_text.h"

enum {
    PROGRAM_MAPS_MAX = 8
};

/* An abstract Unix address: like the interface it belongs to the network namespace, and it is free again the
 * moment its owner dies. */
static int claim_name(const struct kernel_interface *interface, char error[PORT_ERROR_BYTES])
{
    struct sockaddr_un name = {.sun_family = AF_UNIX};
    int length = snprintf(name.sun_path + 1, sizeof(name.sun_path) - 1, "weft/port/%s", interface->name);
    int fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);
    if (fd < 0)
        return error_text(error, -errno, "interface %s: no socket: %s", interface->name, strerror(errno));
    if (bind(fd, (struct sockaddr *)&name, offsetof(struct sockaddr_un, sun_path) + 1 + (socklen_t)length) ==
        0)
        return fd;
    int failure = -errno;
    close(fd);
    return error_text(error, failure, "interface %s is in use by another weft process", interface->name);
}

/* Descriptor of the attached program, 0 when there is none, or negative errno. */
static int open_attached_program(int interface_index, struct bpf_prog_info *info)
{
    uint32_t id = 0, info_bytes = sizeof(*info);
    int failure = bpf_xdp_query_id(interface_index, 0, &id);
    if (failure != 0 || id == 0)
        return failure;
    int fd = bpf_prog_get_fd_by_id(id);
    if (fd < 0)
        return -errno;
    failure = bpf_obj_get_info_by_fd(fd, info, &info_bytes);
    if (failure == 0)
        return fd;
    close(fd);
    return failure;
}

/* What a killed owner left there the driver replaces; it would replace anybody's. */
static int refuse_foreign_program(const struct kernel_interface *interface, char error[PORT_ERROR_BYTES])
{
    struct bpf_prog_info info = {0};
    int fd = open_attached_program(interface->index, &info);
    if (fd < 0)
        return error_text(error, fd, "interface %s: XDP cannot be used: %s (are you root?)", interface->name,
                          strerror(-fd));
    if (fd == 0)
        return 0;
    close(fd);
    if (strcmp(info.name, STEER_PROGRAM_NAME) == 0)
        return 0;
    return error_text(
        error, -EBUSY,
        "interface %s: the XDP program \"%s\" is attached already: `ip link set dev %s xdp off`",
        interface->name, info.name, interface->name);
}

int steering_claim(const struct kernel_interface *interface, char error[PORT_ERROR_BYTES])
{
    int claim_fd = claim_name(interface, error);
    if (claim_fd < 0)
        return claim_fd;
    int failure = refuse_foreign_program(interface, error);
    if (failure == 0)
        return claim_fd;
    close(claim_fd);
    return failure;
}

/* Descriptor of the program's map of that name, or negative errno. */
static int open_map(int program_fd, const char *name)
{
    uint32_t ids[PROGRAM_MAPS_MAX];
    struct bpf_prog_info info = {.nr_map_ids = PROGRAM_MAPS_MAX, .map_ids = (uintptr_t)ids};
    uint32_t info_bytes = sizeof(info);
    if (bpf_obj_get_info_by_fd(program_fd, &info, &info_bytes) != 0)
        return -errno;
    for (uint32_t i = 0; i < info.nr_map_ids && i < PROGRAM_MAPS_MAX; i++) {
        struct bpf_map_info map = {0};
        uint32_t map_bytes = sizeof(map);
        int fd = bpf_map_get_fd_by_id(ids[i]);
        if (fd >= 0 && bpf_obj_get_info_by_fd(fd, &map, &map_bytes) == 0 && strcmp(map.name, name) == 0)
            return fd;
        if (fd >= 0)
            close(fd);
    }
    return -ENOENT;
}

int steering_configure(const struct kernel_interface *interface, uint32_t address, uint16_t udp_port)
{
    struct steer_settings settings = {.address = htonl(address), .udp_port = htons(udp_port)};
    struct bpf_prog_info info = {0};
    uint32_t first = 0;
    int program_fd = open_attached_program(interface->index, &info);
    if (program_fd <= 0)
        return program_fd == 0 ? -ENOENT : program_fd;
    int map_fd = open_map(program_fd, STEER_SETTINGS_NAME);
    close(program_fd);
    if (map_fd < 0)
        return map_fd;
    int result = bpf_map_update_elem(map_fd, &first, &settings, BPF_ANY);
    close(map_fd);
    return result;
}
