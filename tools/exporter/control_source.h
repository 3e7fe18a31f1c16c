/* SPDX-License-Identifier: BSD-3-Clause */
/* The fabric, from weft-control's interface (control/API.md). */
#ifndef WEFT_TOOLS_EXPORTER_CONTROL_SOURCE_H
#define WEFT_TOOLS_EXPORTER_CONTROL_SOURCE_H

#include "dataplane/process/http_client.h"
#include "tools/exporter/source.h"

/* 0, or negative errno with `error`. `timeout_ms` bounds each question. Keeps the texts that say where
 * control is. */
int control_source_create(const struct http_client_config *client, long timeout_ms, struct source **source,
                          char error[HTTP_CLIENT_ERROR_BYTES]);

#endif
