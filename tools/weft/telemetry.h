/* SPDX-License-Identifier: BSD-3-Clause */
/* Asks a dataplane through DPDK's telemetry socket, as dpdk-telemetry.py does: a packet socket that greets,
 * then answers each command by one JSON object under the command's name. */
#ifndef WEFT_TOOLS_WEFT_TELEMETRY_H
#define WEFT_TOOLS_WEFT_TELEMETRY_H

#include <jansson.h>

#define TELEMETRY_SOCKET "/run/dpdk/weft/dpdk_telemetry.v2"

struct telemetry {
    int socket;
};

/* 0, or negative errno: -EPROTO for one that does not greet like DPDK's telemetry. Waits at most timeout_ms
 * for each answer. */
int telemetry_open(struct telemetry *telemetry, const char *path, long timeout_ms);
void telemetry_close(struct telemetry *telemetry);

/* The answer to "/command" or "/command,parameters"; the caller owns it. NULL: there is none, or none of any
 * use; errno says why. */
json_t *telemetry_ask(struct telemetry *telemetry, const char *command, const char *parameters);

#endif
