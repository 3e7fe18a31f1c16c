/* SPDX-License-Identifier: BSD-3-Clause */
/* Sets an attached ethdev to the port's needs: offloads, MTU, one queue each way. */
#ifndef WEFT_NIC_DEVICE_CONFIGURE_H
#define WEFT_NIC_DEVICE_CONFIGURE_H

#include "nic/device.h"

/* Runs the ethdev with device->mtu and device->pool; sets device->ethernet and what it does with checksums. 0
 * or negative errno. */
int device_configure(struct device *device);

#endif
