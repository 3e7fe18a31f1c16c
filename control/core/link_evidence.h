/* SPDX-License-Identifier: BSD-3-Clause */
/* What the agents' paths say of the links, and whom the dead ones accuse. Nothing is remembered: the outcome
 * follows from what agents report now.
 *
 * A dead path from leaf a over spine s to leaf b accuses a's uplink to s and b's from s. Either is cleared
 * the more the better it is known to work: 2  a path over it carries data in the same direction 1  one does
 * in the other direction: most faults are of both 0  none does. A path that is idle proves nothing: hosts
 * learn that paths are dead by using them The link that is cleared less is down. Where both are cleared alike
 * both are suspect, unless both are cleared fully: then the path died of something else. A host to which
 * every path is dead accuses no link: it is the host that cannot be reached.
 */
#ifndef WEFT_CONTROL_LINK_EVIDENCE_H
#define WEFT_CONTROL_LINK_EVIDENCE_H

#include "control/core/agent.h"

enum link_direction {
    LINK_UPWARDS, /* leaf to spine */
    LINK_DOWNWARDS,
    LINK_DIRECTIONS
};

struct link_evidence {
    const struct fabric_map *map;
    uint32_t *carrying[LINK_DIRECTIONS]; /* [uplink]: paths that carry over it */
    uint8_t *blame;                      /* [uplink]: enum core_link_state, of link_evidence_judge() */
};

int link_evidence_create(struct link_evidence *e, const struct fabric_map *map);
void link_evidence_destroy(struct link_evidence *e);

/* What a report's paths are judged by. */
struct evidence_window {
    uint32_t port;      /* of the agent */
    uint32_t now_ms;    /* modulo 2^32 */
    uint32_t recent_ms; /* a path carries if it grew within this time */
};
/* Fills in what each path says. */
void link_evidence_mark(const struct fabric_map *map, const struct evidence_window *window,
                        const struct core_path *paths, struct path_mark *marks, unsigned count);
/* Takes an agent's marked paths into account, or (sign -1) out of it. */
void link_evidence_add(struct link_evidence *e, uint32_t port, const struct agent *agent, int sign);
/* Sets `blame` from the dead paths of all agents ([port], NULL where none ever was). */
void link_evidence_judge(struct link_evidence *e, struct agent *const *agents);
/* Whether one of the agent's dead paths that speak goes over the uplink. */
bool link_evidence_accuses(const struct fabric_map *map, uint32_t port, const struct agent *agent,
                           uint32_t uplink);

#endif
