/* SPDX-License-Identifier: BSD-3-Clause */
/* Who is being waited for: the first question when a job hangs. */
#ifndef WEFT_CLIENT_AWAITED_RANKS_H
#define WEFT_CLIENT_AWAITED_RANKS_H

#include "dataplane/client/communicator.h"

enum {
    AWAITED_RANKS_BYTES = 160
};

/* "rank 3", "ranks 1, 5, 6", "ranks 0, 1, 2, ... and 9 more" or "the dataplane": the peers of all transfers
 * in progress on the communicator, ascending. */
void awaited_ranks_text(const struct weft_communicator *communicator, char text[AWAITED_RANKS_BYTES]);

#endif
