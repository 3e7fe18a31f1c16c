/* SPDX-License-Identifier: BSD-3-Clause */
/* libweft's tracepoints: a rank enters an operation, and ends it. */
#ifndef WEFT_CLIENT_TRACE_H
#define WEFT_CLIENT_TRACE_H

#include "dataplane/client/request.h"

/* Its first step is about to be posted. */
void trace_operation_entered(struct weft_request *request);
/* It has ended, with request->outcome; says nothing of one that nobody saw entered. */
void trace_operation_ended(const struct weft_request *request);

#endif
