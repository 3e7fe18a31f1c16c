/* SPDX-License-Identifier: BSD-3-Clause */
/* What a dataplane shows of itself on DPDK's telemetry socket. */
#ifndef WEFT_TESTS_INTEGRATION_DAEMON_TELEMETRY_H
#define WEFT_TESTS_INTEGRATION_DAEMON_TELEMETRY_H

#include <jansson.h>

/* The answer of the dataplane with this file prefix to a command such as "/weft/plan": the caller's; NULL if
 * there is none. */
json_t *telemetry_ask(const char *file_prefix, const char *command);

#endif
