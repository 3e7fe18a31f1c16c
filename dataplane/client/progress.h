/* SPDX-License-Identifier: BSD-3-Clause */
/* What moves operations on: completions are taken and given to their requests, requests post what has become
 * possible, and where nothing moves for too long, communicators time out. */
#ifndef WEFT_CLIENT_PROGRESS_H
#define WEFT_CLIENT_PROGRESS_H

#include "dataplane/client/context.h"

/* As far as it goes without sleeping. */
void progress_make(struct weft_context *context);
/* Until `*ended`, sleeping in between. */
void progress_make_until(struct weft_context *context, const bool *ended);

#endif
