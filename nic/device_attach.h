/* SPDX-License-Identifier: BSD-3-Clause */
/* Hands a device to its DPDK driver. */
#ifndef WEFT_NIC_DEVICE_ATTACH_H
#define WEFT_NIC_DEVICE_ATTACH_H

#include "nic/device.h"

/* Sets device->ethdev: there, not yet configured. The caller holds the claim on a kernel interface. 0 or
 * negative errno with `error` in words. */
int device_attach(struct device *device, const struct port_config *config, char error[PORT_ERROR_BYTES]);

/* Closes the ethdev and takes it from its driver. */
void device_detach(struct device *device);

#endif
