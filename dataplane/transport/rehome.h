/* SPDX-License-Identifier: BSD-3-Clause */
/* Moves what a dead path was to carry to the survivors, evenly: displaced runs are cut by wrap-around, so n
 * runs over s survivors become at most n + s - 1 and every survivor takes the same share. Healthy pieces are
 * not touched (planning.md, "Failures"). */
#ifndef WEFT_TRANSPORT_REHOME_H
#define WEFT_TRANSPORT_REHOME_H

#include "dataplane/transport/state.h"

enum {
    REHOME_RUNS_MAX = PACKET_WINDOW_MAX
};

/* A run of bytes of a message that needs a new path. */
struct rehome_run {
    uint32_t message; /* index */
    uint64_t offset, bytes;
    uint64_t tag, tag_scale;
    uint8_t lane; /* where it came from; one that roams takes it back */
};

struct rehome_list {
    unsigned count;
    struct rehome_run runs[REHOME_RUNS_MAX];
};

/* The pieces queued on the channel's lane. */
void rehome_unsent(struct transport *t, struct channel *ch, nsec_t now);
/* A data packet that the peer did not get: it counts as never sent. Neighbours in a message become one run.
 */
void rehome_add_packet(struct transport *t, struct rehome_list *list, const struct sent_packet *packet);
void rehome_list_to_survivors(struct transport *t, uint16_t peer, struct rehome_list *list, nsec_t now);
/* A parked piece whose path has died since: cuts it over the survivors. */
void rehome_parked(struct transport *t, uint32_t piece, nsec_t now);

#endif
