/* SPDX-License-Identifier: BSD-3-Clause */
/* Memory for what arrives and has yet to be added up: internal regions, made on demand and used again. */
#ifndef WEFT_CLIENT_SCRATCH_H
#define WEFT_CLIENT_SCRATCH_H

#include "dataplane/client/region.h"

struct scratch {
    LIST_ENTRY(scratch) link;
    struct region *region;
    bool in_use;
};

/* At least `bytes` bytes for one operation. 0 or a weft_error with its text set. */
int scratch_take(struct weft_context *context, uint64_t bytes, struct scratch **scratch);
void scratch_return(struct scratch *scratch);
/* The regions themselves are freed with the others. */
void scratch_free_all(struct weft_context *context);

#endif
