/* SPDX-License-Identifier: BSD-3-Clause */
#include "nic/kernel_sink.h"

#include <arpa/inet.h>
#include <errno.h>
#include <linux/filter.h>
#include <sys/socket.h>
#include <unistd.h>

int kernel_sink_open(uint32_t address, uint16_t udp_port)
{
    struct sock_filter drop_all = BPF_STMT(BPF_RET | BPF_K, 0);
    struct sock_fprog program = {.len = 1, .filter = &drop_all};
    struct sockaddr_in local = {
        .sin_family = AF_INET, .sin_port = htons(udp_port), .sin_addr.s_addr = htonl(address)};
    int fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
    if (fd < 0)
        return -errno;
    if (setsockopt(fd, SOL_SOCKET, SO_ATTACH_FILTER, &program, sizeof(program)) == 0 &&
        bind(fd, (struct sockaddr *)&local, sizeof(local)) == 0)
        return fd;
    int error = -errno;
    close(fd);
    return error;
}
