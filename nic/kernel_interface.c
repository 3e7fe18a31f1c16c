/* SPDX-License-Identifier: BSD-3-Clause */
#include "nic/kernel_interface.h"

#include <arpa/inet.h>
#include <errno.h>
#include <linux/ethtool.h>
#include <linux/sockios.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <unistd.h>

#include "nic/error_text.h"

static int ask(int fd, const struct kernel_interface *interface, unsigned long what, struct ifreq *answer)
{
    memset(answer, 0, sizeof(*answer));
    memcpy(answer->ifr_name, interface->name, sizeof(interface->name));
    return ioctl(fd, what, answer) < 0 ? -errno : 0;
}

static uint32_t query_address(int fd, const struct kernel_interface *interface)
{
    struct ifreq request;
    struct sockaddr_in address;
    if (ask(fd, interface, SIOCGIFADDR, &request) < 0)
        return 0;
    memcpy(&address, &request.ifr_addr, sizeof(address));
    return ntohl(address.sin_addr.s_addr);
}

static uint64_t query_rate(int fd, const struct kernel_interface *interface)
{
    struct ethtool_cmd settings = {.cmd = ETHTOOL_GSET};
    struct ifreq request = {.ifr_data = (char *)&settings};
    memcpy(request.ifr_name, interface->name, sizeof(interface->name));
    if (ioctl(fd, SIOCETHTOOL, &request) < 0)
        return 0;
    uint32_t megabits_per_s = ethtool_cmd_speed(&settings);
    return megabits_per_s == (uint32_t)SPEED_UNKNOWN ? 0 : megabits_per_s * 125000ull;
}

static int query(struct kernel_interface *interface, int fd, char error[PORT_ERROR_BYTES])
{
    struct ifreq request;
    const char *name = interface->name;
    if (ask(fd, interface, SIOCGIFINDEX, &request) < 0)
        return error_text(error, -ENODEV, "no interface %s here: `ip link` lists those there are", name);
    interface->index = request.ifr_ifindex;
    if (ask(fd, interface, SIOCGIFFLAGS, &request) < 0 || !(request.ifr_flags & IFF_UP))
        return error_text(error, -ENETDOWN, "interface %s is down: `ip link set %s up`", name, name);
    if (ask(fd, interface, SIOCGIFMTU, &request) < 0)
        return error_text(error, -EIO, "interface %s: the kernel does not tell its MTU", name);
    interface->mtu = request.ifr_mtu > UINT16_MAX ? UINT16_MAX : (uint16_t)request.ifr_mtu;
    interface->address = query_address(fd, interface);
    interface->rate_bytes_per_s = query_rate(fd, interface);
    return 0;
}

int kernel_interface_query(struct kernel_interface *interface, const char *name, char error[PORT_ERROR_BYTES])
{
    *interface = (struct kernel_interface){0};
    if (*name == '\0' || strlen(name) >= sizeof(interface->name))
        return error_text(error, -EINVAL, "\"%s\" is no name of an interface", name);
    strcpy(interface->name, name);
    int fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
    if (fd < 0)
        return error_text(error, -errno, "interface %s: no socket to ask with: %s", name, strerror(errno));
    int result = query(interface, fd, error);
    close(fd);
    return result;
}
