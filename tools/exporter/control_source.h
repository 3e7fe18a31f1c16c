/* SPDX-License-Identifier: BSD-3-Clause */
/* The fabric, from weft-control's interface (control/API.md). */
#ifndef WEFT_TOOLS_EXPORTER_CONTROL_SOURCE_H
#define WEFT_TOOLS_EXPORTER_CONTROL_SOURCE_H

#include "dataplane/process/http_client.h"
#include "tools/exporter/source.h"

struct control_source_config {
    struct event_base *base;
    const struct http_place *control; /* its texts are kept, not the pointers */
    long timeout_ms;                  /* of each question */
};
/* 0, or negative errno with `error`. */
int control_source_create(const struct control_source_config *config, struct source **source,
                          char error[HTTP_CLIENT_ERROR_BYTES]);

#endif
