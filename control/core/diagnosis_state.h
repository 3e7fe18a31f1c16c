/* SPDX-License-Identifier: BSD-3-Clause */
/* struct diagnosis, for the files of this folder. */
#ifndef WEFT_CONTROL_DIAGNOSIS_STATE_H
#define WEFT_CONTROL_DIAGNOSIS_STATE_H

#include "control/core/core_state.h"
#include "control/core/diagnosis.h"
#include "control/core/verdict_table.h"

/* By whom drains for a verdict are, in the store and wherever links are shown. */
#define DIAGNOSIS_NAME "weft-control"

enum {
    TIE_PROBES_MAX = 256,
    TIMINGS_MAX = 256,
    RECOVERIES_MAX = 256
};

/* A probe that the localiser wants, under way as path probes of the agents at its ends: of one that turns at
 * the spine there is one end, of others the second is where the path goes, if its agent can be asked. */
struct tie_probe {
    struct probe_request request;
    uint64_t asked_ns;
    uint64_t acked_bytes; /* over the path, then */
    struct tie_end {
        uint32_t port, peer; /* peer: its address */
        bool answered;
        bool heard; /* the spine, since it was asked */
    } ends[2];
    unsigned end_count;
};

/* Lone packets that the localiser wants, and that an agent was or will be asked to time. */
struct lone_timing {
    struct probe_request request;
    uint32_t port;
    uint64_t asked_ns;
    bool told; /* to the agent */
};

/* A link that was taken out for a verdict, and whether it is well again. */
struct recovery {
    uint32_t leaf, spine;
    uint64_t next_ns; /* of its next probe */
    uint32_t port, peer;
    uint64_t asked_ns; /* 0: none is under way */
    uint32_t turn;     /* the agents of the leaf take turns */
};

struct diagnosis {
    struct component_shape shape;
    uint32_t *ports;        /* [port of the localiser]: of the topology, ascending by address */
    uint32_t *port_of_link; /* [link]: of the localiser; MAP_NONE: between switches, or without an address */
    struct guard *guard;
    struct localiser *localiser; /* NULL until a monitor has told something */
    uint64_t id_base;            /* of verdicts: what control has said before it was restarted */
    struct verdict_table verdicts;
    struct tie_probe tie_probes[TIE_PROBES_MAX];
    unsigned tie_probe_count;
    struct lone_timing timings[TIMINGS_MAX];
    unsigned timing_count;
    struct recovery recoveries[RECOVERIES_MAX];
    unsigned recovery_count;
};

/* The link that a component is a direction of: an uplink of the map; MAP_NONE: it is none. */
uint32_t diagnosis_uplink(const struct core *core, const struct component *component);
/* The port of the topology that a component is a direction of; TOPOLOGY_NONE. */
uint32_t diagnosis_port(const struct core *core, const struct component *component);
/* Its name, with those of the topology: "leaf0-spine1 up", "host3 tx". */
void diagnosis_component_name(const struct core *core, const struct component *component,
                              char name[STORE_NAME_BYTES]);

/* ---- diagnosis_actions.c ---- */

/* Does what the rails allow, for a verdict that has just been told. */
void diagnosis_act(struct core *core, struct diagnosed *d, uint64_t now_ns);
/* Links whose probes have been clean for long enough come back. */
void diagnosis_restore(struct core *core, uint64_t now_ns);
/* Nothing is held any more against a link that is well again: its verdicts are over. */
void diagnosis_forget_verdicts(struct core *core, uint32_t uplink, const char *why, uint64_t now_ns);
/* What was taken out before control was restarted. */
void diagnosis_adopt(struct core *core, uint64_t now_ns);
void diagnosis_tell(struct core *core, const struct diagnosed *d, uint64_t now_ns);

/* ---- diagnosis_probes.c ---- */

/* Begins a probe that tells members of a tie class apart, if an agent can make it. */
void diagnosis_ask_tie(struct core *core, const struct probe_request *request, uint64_t now_ns);
/* What a probe has brought, as a record of the host that it began at. */
void diagnosis_tell_probe(struct core *core, const struct probe_request *request,
                          const struct timing_record *outcome);
void diagnosis_watch_link(struct core *core, uint32_t leaf, uint32_t spine, uint64_t now_ns);
void diagnosis_forget_link(struct core *core, uint32_t leaf, uint32_t spine);
void diagnosis_probe_links(struct core *core, uint64_t now_ns);
uint64_t diagnosis_probes_wakeup(const struct core *core);

/* ---- diagnosis_timings.c ---- */

/* Has lone packets timed; if no agent can, the localiser is told at once. */
void diagnosis_ask_lone(struct core *core, const struct probe_request *request, uint64_t now_ns);

#endif
