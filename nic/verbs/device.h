/* SPDX-License-Identifier: BSD-3-Clause */
#ifndef WEFT_NIC_VERBS_DEVICE_H
#define WEFT_NIC_VERBS_DEVICE_H

#include "nic/verbs/state.h"

/* Opens the device that the configuration means, and its GID. 0 or negative errno with `error` in words. */
int verbs_device_find(const struct verbs_config *config, struct ibv_context **context, struct verbs_gid *gid,
                      char error[VERBS_ERROR_BYTES]);

#endif
