/* SPDX-License-Identifier: BSD-3-Clause */
/* What the localiser says: a component (or the few that no evidence tells apart), what is wrong with it, how
 * sure that is, and the numbers it follows from, so that a person can check them. */
#ifndef WEFT_CONTROL_LOCALISER_VERDICT_H
#define WEFT_CONTROL_LOCALISER_VERDICT_H

#include <stdbool.h>
#include <stdint.h>

#include "control/localiser/component.h"

enum verdict_kind {
    VERDICT_BLACK_HOLE,   /* nothing comes back of what crosses it */
    VERDICT_LOSSY,        /* it loses packets, without congestion */
    VERDICT_REDUCED_RATE, /* it takes longer in proportion to the bytes */
    VERDICT_CONGESTED,    /* marks and round trips are up: others use it too. Never isolate it */
    VERDICT_HOST_SENDING, /* a host is slow at sending, over all spines: data not ready, or host and PCIe */
    VERDICT_HOST_RECEIVING,
    VERDICT_STRAGGLER,     /* a rank's host comes late to the collectives: it computes longer than others */
    VERDICT_NEVER_ENTERED, /* a hang: ranks have not entered an operation that others wait in */
    VERDICT_HANG,          /* a hang: all have entered, nothing moves; the components are silent paths' */
    VERDICT_KINDS
};

enum verdict_state {
    VERDICT_SUSPECTED, /* of several components one is it: probes that will tell have been asked for, or none
                          can tell. Report only */
    VERDICT_CONFIRMED, /* one component, and the evidence suffices to act on */
    VERDICT_CLEARED,   /* said before, and no longer so: clean for as long as the configuration asks */
    VERDICT_WITHDRAWN  /* said before, and probes have shown otherwise */
};

enum {
    VERDICT_COMPONENTS_MAX = 16,
    VERDICT_RANKS_MAX = 16
};

/* Counts are over the rounds that the verdict follows from. */
struct verdict_evidence {
    uint32_t rounds, bad_rounds; /* looked at, and in how many of them it looked bad */
    uint32_t bad_rounds_needed;  /* K */
    uint32_t flows, bad_flows;   /* over the component */
    uint32_t reporters;          /* host ports whose own records speak against it */
    double gain;                 /* log-likelihood ratio, capped for each round */
    double gain_needed;
    double runner_up_gain; /* of the next best component outside of the verdict, same evidence */
    double cusum;          /* accumulated over all rounds */
    double excess; /* how much longer its flows take than the cohort: 1.25 is a quarter longer (median) */
    uint64_t packets, retransmits, marks;
    double mark_share_elsewhere; /* marks over packets on flows that do not cross it */
    double rtt_floor_ratio;      /* its flows' minimum round trip over the cohort's (median) */
    uint64_t silent_ns;          /* the longest silence of a path over it */
    uint32_t silent_flows, answering_flows;
    uint32_t probes, bad_probes; /* answered or timed out, over it */
    uint64_t waited_ns;          /* hangs: since the first rank entered; stragglers: how late (median) */
};

struct verdict {
    uint64_t number; /* grows; the states of one verdict share it */
    uint64_t at_ns;
    enum verdict_kind kind;
    enum verdict_state state;
    uint32_t component_count; /* more than one: no evidence tells them apart */
    struct component components[VERDICT_COMPONENTS_MAX];
    double confidence; /* 0 .. 1: posterior of these components against all others and none */
    /* Of hangs and stragglers. */
    uint64_t communicator, sequence;
    uint32_t rank_count; /* in all; at most VERDICT_RANKS_MAX are listed */
    uint32_t ranks[VERDICT_RANKS_MAX];
    struct verdict_evidence evidence;
};

const char *verdict_kind_name(enum verdict_kind kind);    /* "black_hole", ... */
const char *verdict_state_name(enum verdict_state state); /* "suspected", ... */
/* The evidence as one line for a person. */
enum {
    VERDICT_TEXT_BYTES = 512
};
void verdict_explain(const struct verdict *verdict, char text[VERDICT_TEXT_BYTES]);
/* The same from "(confidence" on, for who has other names for the components. */
void verdict_explain_evidence(const struct verdict *verdict, char text[VERDICT_TEXT_BYTES]);

#endif
