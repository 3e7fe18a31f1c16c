/* SPDX-License-Identifier: BSD-3-Clause */
/* Where control answers: on this host's Unix socket, or elsewhere over TLS, where it wants a token or a
 * certificate. */
#ifndef WEFT_TOOLS_WEFT_CONTROL_PLACE_H
#define WEFT_TOOLS_WEFT_CONTROL_PLACE_H

#include <curl/curl.h>

#include "tools/weft/api.h"

/* Makes the transfer go to `path` of control; *headers has what is needed for that, and is freed after it.
 * False, with `failure`: the token cannot be read, or memory is short. */
bool control_place_set(CURL *easy, const struct options *options, const char *path,
                       struct curl_slist **headers, char failure[API_FAILURE_BYTES]);
/* Why nobody answers there, and what to do; curl's own words name neither. */
void control_place_explain(const struct options *options, CURLcode outcome, char failure[API_FAILURE_BYTES]);

#endif
