/* SPDX-License-Identifier: BSD-3-Clause */
#include "dataplane/client/awaited_ranks.h"

#include <stdio.h>
#include <string.h>

#include "dataplane/client/request.h"

enum {
    AWAITED_RANKS_NAMED = 16
};

/* A bit for every rank that some transfer waits for; returns how many. */
static unsigned awaited_ranks_collect(const struct weft_communicator *communicator,
                                      uint64_t bits[SESSION_RANKS_MAX / 64])
{
    unsigned count = 0;
    const struct weft_request *request;
    const struct transfer *transfer;
    TAILQ_FOREACH(request, &communicator->in_progress, in_progress)
    LIST_FOREACH(transfer, &request->transfers, link)
    if (!transfer->whole)
        bits[transfer->peer / 64] |= 1ull << transfer->peer % 64;
    for (unsigned word = 0; word < SESSION_RANKS_MAX / 64; word++)
        count += (unsigned)__builtin_popcountll(bits[word]);
    return count;
}

void awaited_ranks_text(const struct weft_communicator *communicator, char text[AWAITED_RANKS_BYTES])
{
    uint64_t bits[SESSION_RANKS_MAX / 64] = {0};
    unsigned count = awaited_ranks_collect(communicator, bits), named = 0;
    if (count == 0) {
        snprintf(text, AWAITED_RANKS_BYTES, "the dataplane");
        return;
    }
    size_t length = (size_t)snprintf(text, AWAITED_RANKS_BYTES, count == 1 ? "rank" : "ranks");
    for (uint32_t rank = 0; rank < SESSION_RANKS_MAX && named < AWAITED_RANKS_NAMED; rank++)
        if (bits[rank / 64] >> rank % 64 & 1)
            length += (size_t)snprintf(text + length, AWAITED_RANKS_BYTES - length, "%s %u",
                                       named++ ? "," : "", rank);
    if (count > named)
        snprintf(text + length, AWAITED_RANKS_BYTES - length, ", ... and %u more", count - named);
}
