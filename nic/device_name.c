/* SPDX-License-Identifier: BSD-3-Clause */
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "nic/device.h"
#include "nic/error_text.h"

static const struct {
    const char *prefix;
    enum device_kind kind;
} device_prefixes[] = {
    {"af_xdp:", DEVICE_AF_XDP},
    {"af_packet:", DEVICE_AF_PACKET},
    {"pci:", DEVICE_PCI},
    {"memory:", DEVICE_MEMORY},
};

static const char *strip_prefix(struct device *device, const char *text)
{
    for (size_t i = 0; i < sizeof(device_prefixes) / sizeof(device_prefixes[0]); i++) {
        size_t length = strlen(device_prefixes[i].prefix);
        if (strncmp(text, device_prefixes[i].prefix, length) == 0) {
            device->kind = device_prefixes[i].kind;
            return text + length;
        }
    }
    device->kind = DEVICE_VDEV;
    return strncmp(text, "net_", 4) == 0 ? text : "";
}

int device_identify(struct device *device, const char *text, char error[PORT_ERROR_BYTES])
{
    *device = (struct device){.wait_fd = -1, .claim_fd = -1, .sink_fd = -1};
    const char *target = strip_prefix(device, text);
    if (*target == '\0' || strlen(target) >= sizeof(device->target))
        return error_text(error, -EINVAL,
                          "device \"%s\" is none of af_xdp:INTERFACE, af_packet:INTERFACE, pci:ADDRESS, "
                          "memory:NAME/0, memory:NAME/1 or a DPDK virtual device net_...",
                          text);
    strcpy(device->target, target);
    if (device->kind == DEVICE_AF_XDP || device->kind == DEVICE_AF_PACKET)
        return kernel_interface_query(&device->interface, target, error);
    return 0;
}
