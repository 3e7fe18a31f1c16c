/* SPDX-License-Identifier: BSD-3-Clause */
/* What a dataplane's channels have counted, added up by spine. Channels come and go with peers, and a look
 * may see only some of them: what each has added since it was last seen is what counts, so that the sums
 * never go back. What they had counted in the first round is passed over: a restart of the exporter looks
 * like a reset to zero and to nothing else. */
#ifndef WEFT_TOOLS_EXPORTER_PATH_TOTALS_H
#define WEFT_TOOLS_EXPORTER_PATH_TOTALS_H

#include <jansson.h>
#include <stdbool.h>

#include "tools/exporter/metric.h"

enum {
    PATH_TOTALS_SPINES_MAX = 64 /* paths of a peer, as a plan has them */
};

struct path_total {
    uint64_t acked_bytes, sent_packets, retransmits, marked_packets;
    struct metric_histogram rtt_s; /* one observation for each channel that has grown since the last look */
    bool is_used;
};

struct path_totals;
struct path_totals *path_totals_create(void); /* NULL: no memory */
void path_totals_destroy(struct path_totals *totals);

/* The objects within an answer of /weft/channels (dataplane/daemon/introspection.c). */
void path_totals_take(struct path_totals *totals, const json_t *answer);
/* All channels have been looked at: those that were not seen since the last call are forgotten. */
void path_totals_end_round(struct path_totals *totals);

/* Of the spine with this index; its path has it too. */
const struct path_total *path_totals_of(const struct path_totals *totals, unsigned spine);

#endif
