/* SPDX-License-Identifier: BSD-3-Clause */
/* Where control answers: on this host's Unix socket, or elsewhere over TLS, where it wants a token or a
 * certificate. */
#ifndef WEFT_TOOLS_WEFT_CONTROL_PLACE_H
#define WEFT_TOOLS_WEFT_CONTROL_PLACE_H

#include "dataplane/process/http_client.h"
#include "tools/weft/api.h"

struct http_place control_place(const struct options *options);
/* Why nobody answers there, and what to do; the client's own words name neither. */
void control_place_explain(const struct options *options, const struct http_answer *answer,
                           char failure[API_FAILURE_BYTES]);

#endif
