/* SPDX-License-Identifier: BSD-3-Clause */
/* What a dataplane says of itself, as rows (dataplane/daemon/introspection.c is the other end). */
#ifndef WEFT_TOOLS_WEFT_DATAPLANE_VIEW_H
#define WEFT_TOOLS_WEFT_DATAPLANE_VIEW_H

#include <jansson.h>

#include "tools/weft/command.h"
#include "tools/weft/telemetry.h"

/* By the verb's argument `telemetry`, else where a dataplane is by default. Says on stderr why not. */
enum exit_status dataplane_open(const struct invocation *invocation, struct telemetry *telemetry);

/* The objects of "/weft/channels" and its like, in all their parts. NULL after saying why on stderr. */
json_t *dataplane_list(struct telemetry *telemetry, const char *command, unsigned port);
/* The one object of "/weft/counters". */
json_t *dataplane_counters(struct telemetry *telemetry, unsigned port);

/* From what "/weft/paths" says of peers: a row for each path. The caller owns it. */
json_t *dataplane_path_rows(const json_t *peers);

#endif
