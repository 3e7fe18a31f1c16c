/* SPDX-License-Identifier: BSD-3-Clause */
/* What the agents' paths say of the links, and whom the dead and the missing ones accuse. The outcome follows
 * from what agents report now, and from when each link was last proven to work.
 *
 * A dead path from leaf a over spine s to leaf b accuses a's uplink to s and b's from s. Either is cleared
 * the more the better it has worked since the path was reported dead: 2 in the same direction, 1 in the
 * other one (most faults are of both), 0 not at all. The link that is cleared less is down. Where both are
 * cleared alike both are suspect, unless both are cleared fully: then the path died of something else. A host
 * to which every path is dead accuses no link: it is the host that cannot be reached.
 *
 * Two things prove that a link works. A spine that answers a host's probe got it over the link of the host's
 * own leaf, and answered over it: both directions worked then. A path whose acknowledged bytes grew carried
 * over both of its links, in its direction, at some time since the agent's report before.
 *
 * Routers that lose a link hash anew, and no path dies: there is none over the link any more. A host that has
 * looked for all paths to leaf b and found none over s accuses both links, too; one that any reported path
 * crosses is not the one.
 */
#ifndef WEFT_CONTROL_LINK_EVIDENCE_H
#define WEFT_CONTROL_LINK_EVIDENCE_H

#include "control/core/agent.h"

/* Reports take their time: what worked so soon after a path died may have worked before. */
#define LINK_PROOF_MARGIN_NS 100000000ull

enum link_direction {
    LINK_UPWARDS, /* leaf to spine */
    LINK_DOWNWARDS,
    LINK_DIRECTIONS
};

struct link_evidence {
    const struct fabric_map *map;
    uint64_t *proven_ns[LINK_DIRECTIONS]; /* [uplink]: when it last was seen to work; 0: never */
    uint32_t *crossing;                   /* [uplink]: reported paths over it, dead ones too */
    uint8_t *blame;                       /* [uplink]: enum core_link_state, of link_evidence_judge() */
    bool *acquitted;                      /* [uplink]: a dead path goes over it, but another link is down */
    bool *accuses;                        /* [port]: its agent reports dead or missing paths */
    uint32_t *accusers;                   /* those ports, when links were judged last */
    uint32_t accuser_count;
};

int link_evidence_create(struct link_evidence *e, const struct fabric_map *map);
void link_evidence_destroy(struct link_evidence *e);

/* Fills in what each path of the agent of `port` says. Returns how many peers lack a path over some spine. */
unsigned link_evidence_mark(const struct fabric_map *map, uint32_t port, const struct core_path *paths,
                            struct path_mark *marks, unsigned count);
/* When an agent's report came, and the one before it (0: none). */
struct evidence_times {
    uint64_t now_ns, before_ns;
};
/* Takes note of what the marked paths prove. True when a link that is blamed has been proven to work. */
bool link_evidence_prove(struct link_evidence *e, uint32_t port, const struct agent *agent,
                         struct evidence_times times);
/* Takes an agent's marked paths into account, or (sign -1) out of it. */
void link_evidence_add(struct link_evidence *e, uint32_t port, const struct agent *agent, int sign);
/* Sets `blame`, `acquitted` and `accusers` from the dead and missing paths of all agents ([port], NULL where
 * none ever was). */
void link_evidence_judge(struct link_evidence *e, struct agent *const *agents);
/* Whether one of the agent's dead or missing paths that speak goes over the uplink. */
bool link_evidence_accuses(const struct fabric_map *map, uint32_t port, const struct agent *agent,
                           uint32_t uplink);
/* How many of the agent's paths over the uplink are dead. */
unsigned link_evidence_count_dead(const struct fabric_map *map, uint32_t port, const struct agent *agent,
                                  uint32_t uplink);

#endif
