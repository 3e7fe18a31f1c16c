/* SPDX-License-Identifier: BSD-3-Clause */
/* Which device: found by name, address or GID. */
#include <arpa/inet.h>
#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "nic/verbs/device.h"

int verbs_error(char error[VERBS_ERROR_BYTES], int code, const char *format, ...)
{
    va_list arguments;
    va_start(arguments, format);
    vsnprintf(error, VERBS_ERROR_BYTES, format, arguments);
    va_end(arguments);
    return code;
}

static bool is_ipv4(const union ibv_gid *gid, uint32_t *address)
{
    static const uint8_t mapped[12] = {[10] = 0xff, [11] = 0xff};
    uint32_t network;
    if (memcmp(gid->raw, mapped, sizeof(mapped)) != 0)
        return false;
    memcpy(&network, gid->raw + sizeof(mapped), sizeof(network));
    *address = ntohl(network);
    return *address != 0;
}

/* The GID of entry `index`, if it is one of RoCE v2 over IPv4. */
static bool read_gid(struct ibv_context *context, uint8_t port, int index, struct verbs_gid *gid)
{
    struct ibv_gid_entry entry;
    if (ibv_query_gid_ex(context, port, (uint32_t)index, &entry, 0) != 0 ||
        entry.gid_type != IBV_GID_TYPE_ROCE_V2 || !is_ipv4(&entry.gid, &gid->address))
        return false;
    gid->port = port;
    gid->index = index;
    gid->interface = entry.ndev_ifindex;
    gid->raw = entry.gid;
    return true;
}

int verbs_find_gid(struct ibv_context *context, uint32_t address, struct verbs_gid *gid)
{
    struct ibv_device_attr device;
    struct ibv_port_attr attributes;
    if (ibv_query_device(context, &device) != 0)
        return -EIO;
    for (uint8_t port = 1; port <= device.phys_port_cnt; port++) {
        if (ibv_query_port(context, port, &attributes) != 0)
            continue;
        for (int index = 0; index < attributes.gid_tbl_len; index++) {
            if (read_gid(context, port, index, gid) && (address == 0 || gid->address == address))
                return 0;
        }
    }
    return -EADDRNOTAVAIL;
}

/* The address that the text of a configuration chooses a device by; 0: it is a name. */
static uint32_t address_of(const char *text)
{
    struct in_addr v4;
    union ibv_gid gid;
    uint32_t address;
    if (inet_pton(AF_INET, text, &v4) == 1)
        return ntohl(v4.s_addr);
    return inet_pton(AF_INET6, text, gid.raw) == 1 && is_ipv4(&gid, &address) ? address : 0;
}

static bool is_wanted(struct ibv_context *context, const char *text, uint32_t by_address, uint32_t address,
                      struct verbs_gid *gid)
{
    if (by_address == 0 && strcmp(text, ibv_get_device_name(context->device)) != 0)
        return false;
    if (verbs_find_gid(context, by_address != 0 ? by_address : address, gid) == 0)
        return true;
    gid->index = -1;
    return by_address == 0;
}

static struct ibv_context *search(struct ibv_device **devices, const struct verbs_config *config,
                                  struct verbs_gid *gid)
{
    for (; *devices != NULL; devices++) {
        struct ibv_context *context = ibv_open_device(*devices);
        if (context == NULL)
            continue;
        if (is_wanted(context, config->device, address_of(config->device), config->address, gid))
            return context;
        ibv_close_device(context);
    }
    return NULL;
}

static int complain(const struct verbs_config *config, int found, char error[VERBS_ERROR_BYTES])
{
    if (found == 0)
        return verbs_error(
            error, -ENODEV,
            "verbs:%s: this host has no RDMA device; `rdma link show` lists them, and a software "
            "one is made by `rdma link add rxe0 type rxe netdev INTERFACE`",
            config->device);
    return verbs_error(
        error, -ENODEV,
        "verbs:%s: no RDMA device has this name or address; `rdma link show` and `ibv_devinfo -v` "
        "list names and GIDs",
        config->device);
}

static int name_interface(const struct verbs_config *config, const struct verbs_gid *gid,
                          char interface[IF_NAMESIZE], char error[VERBS_ERROR_BYTES])
{
    if (if_indextoname(gid->interface, interface) != NULL)
        return 0;
    return verbs_error(error, -ENODEV,
                       "verbs:%s: the network interface behind its GID is not in this network namespace",
                       config->device);
}

int verbs_identify(const struct verbs_config *config, struct verbs_identity *identity,
                   char error[VERBS_ERROR_BYTES])
{
    struct ibv_context *context;
    struct verbs_gid gid;
    int result = verbs_device_find(config, &context, &gid, error);
    if (result != 0)
        return result;
    ibv_close_device(context);
    identity->address = gid.address;
    return name_interface(config, &gid, identity->interface, error);
}

int verbs_device_find(const struct verbs_config *config, struct ibv_context **context, struct verbs_gid *gid,
                      char error[VERBS_ERROR_BYTES])
{
    int count = 0;
    struct ibv_device **devices = ibv_get_device_list(&count);
    if (devices == NULL)
        return complain(config, 0, error);
    *context = search(devices, config, gid);
    ibv_free_device_list(devices);
    if (*context == NULL)
        return complain(config, count, error);
    if (gid->index >= 0)
        return 0;
    ibv_close_device(*context);
    return verbs_error(
        error, -EADDRNOTAVAIL,
        "verbs:%s: no RoCE v2 GID of the wanted IPv4 address: give the interface behind it that "
        "address (`ip address add`)",
        config->device);
}
