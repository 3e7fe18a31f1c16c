/* SPDX-License-Identifier: BSD-3-Clause */
#include "nic/device_attach.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include <rte_eal.h>
#include <rte_ethdev.h>

#include "nic/error_text.h"
#include "nic/frame_memory.h"
#include "nic/memory_pair.h"

enum {
    VDEV_NAME_BYTES = 64,
    VDEV_ARGUMENTS_BYTES = 512,
    AF_PACKET_FRAMES = 1024
};

static int probe(struct device *device, const char *bus, const char *name, const char *arguments)
{
    if (rte_eth_dev_get_port_by_name(name, &device->ethdev) == 0)
        return -EEXIST;
    int failure = rte_eal_hotplug_add(bus, name, arguments);
    return failure != 0 ? failure : rte_eth_dev_get_port_by_name(name, &device->ethdev);
}

/* A name that says which interface it is, and that is unique: another network namespace may have an interface
 * of the same name. */
static void name_vdev(char name[VDEV_NAME_BYTES], const char *driver, const struct device *device)
{
    uint16_t ethdev;
    unsigned number = 0;
    do
        snprintf(name, VDEV_NAME_BYTES, "%s_%s_%u", driver, device->interface.name, number++);
    while (rte_eth_dev_get_port_by_name(name, &ethdev) == 0);
}

static int attach_af_xdp(struct device *device, const struct port_config *config,
                         char error[PORT_ERROR_BYTES])
{
    char name[VDEV_NAME_BYTES], arguments[VDEV_ARGUMENTS_BYTES];
    const char *program = config->xdp_program;
    if (program == NULL || strchr(program, ',') != NULL || access(program, R_OK) != 0)
        return error_text(error, -ENOENT,
                          "%s: no steering program at %s (built with clang from ebpf/steer.bpf.c)",
                          device->interface.name, program == NULL ? "(not given)" : program);
    name_vdev(name, "net_af_xdp", device);
    /* busy_budget=0: no system call when nothing has arrived */
    int length = snprintf(arguments, sizeof(arguments), "iface=%s,busy_budget=0,xdp_prog=%s",
                          device->interface.name, program);
    if (length >= VDEV_ARGUMENTS_BYTES)
        return error_text(error, -ENAMETOOLONG, "the path of the steering program is too long: %.64s...",
                          program);
    int failure = probe(device, "vdev", name, arguments);
    if (failure != 0)
        return error_text(error, failure,
                          "%s: AF_XDP does not start (%s): needs root and Debian's librte-net-af-xdp23",
                          device->interface.name, strerror(-failure));
    return 0;
}

static int attach_af_packet(struct device *device, char error[PORT_ERROR_BYTES])
{
    char name[VDEV_NAME_BYTES], arguments[VDEV_ARGUMENTS_BYTES];
    unsigned slot_bytes = frame_memory_af_packet_slot_bytes(device->mtu);
    name_vdev(name, "net_af_packet", device);
    snprintf(arguments, sizeof(arguments), "iface=%s,framesz=%u,blocksz=%u,framecnt=%u",
             device->interface.name, slot_bytes, 16 * slot_bytes, (unsigned)AF_PACKET_FRAMES);
    int failure = probe(device, "vdev", name, arguments);
    if (failure != 0)
        return error_text(error, failure,
                          "%s: AF_PACKET does not start (%s): needs root and Debian's librte-net-af-packet23",
                          device->interface.name, strerror(-failure));
    return 0;
}

static int attach_pci(struct device *device, char error[PORT_ERROR_BYTES])
{
    const char *address = device->target;
    if (!rte_eal_has_pci())
        return error_text(error, -ENODEV, "pci:%s: PCI is off; add \"-a\", \"%s\" to the EAL arguments",
                          address, address);
    if (rte_eth_dev_get_port_by_name(address, &device->ethdev) == 0)
        return 0;
    int failure = probe(device, "pci", address, "");
    if (failure != 0)
        return error_text(
            error, failure,
            "pci:%s: DPDK has no driver for it or it is not bound to vfio-pci (dpdk-devbind.py -s)", address);
    return 0;
}

static int attach_vdev(struct device *device, char error[PORT_ERROR_BYTES])
{
    char name[sizeof(device->target)];
    strcpy(name, device->target);
    char *arguments = strchr(name, ',');
    if (arguments != NULL)
        *arguments++ = '\0';
    int failure = probe(device, "vdev", name, arguments == NULL ? "" : arguments);
    if (failure != 0)
        return error_text(error, failure, "%s: DPDK does not start this device: %s", device->target,
                          strerror(-failure));
    return 0;
}

static int attach_memory(struct device *device, char error[PORT_ERROR_BYTES])
{
    int failure = memory_pair_attach(device->target, &device->ethdev);
    if (failure != 0)
        return error_text(
            error, failure,
            "memory:%s: must be NAME/0 or NAME/1, NAME of at most 16 letters, each used once (%s)",
            device->target, strerror(-failure));
    return 0;
}

int device_attach(struct device *device, const struct port_config *config, char error[PORT_ERROR_BYTES])
{
    switch (device->kind) {
    case DEVICE_AF_XDP:
        return attach_af_xdp(device, config, error);
    case DEVICE_AF_PACKET:
        return attach_af_packet(device, error);
    case DEVICE_PCI:
        return attach_pci(device, error);
    case DEVICE_MEMORY:
        return attach_memory(device, error);
    case DEVICE_VDEV:
        return attach_vdev(device, error);
    }
    return -EINVAL;
}

void device_detach(struct device *device)
{
    struct rte_eth_dev_info info;
    bool known = rte_eth_dev_info_get(device->ethdev, &info) == 0;
    rte_eth_dev_close(device->ethdev);
    if (known && info.device != NULL)
        rte_dev_remove(info.device);
}
