/* SPDX-License-Identifier: BSD-3-Clause */
/* A configuration file that was edited while the daemon runs. */
#ifndef WEFT_DAEMON_CONFIG_CHANGE_H
#define WEFT_DAEMON_CONFIG_CHANGE_H

#include "dataplane/daemon/config.h"

/* Takes over of `wanted` what can change while running: path_mode, hash_seed, region_bytes_max and log. Names
 * in the log every other key that differs, as that wants a restart. */
void config_change(struct config *now, const struct config *wanted);

#endif
