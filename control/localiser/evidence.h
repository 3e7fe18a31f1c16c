/* SPDX-License-Identifier: BSD-3-Clause */
/* What the last rounds say of each component, on several channels: log-likelihood ratios of "it is faulty"
 * against "it is not", summed over the flows that cross it. Flows over a component that is accused speak only
 * of that one: everything else that they cross would otherwise look bad too. */
#ifndef WEFT_CONTROL_LOCALISER_EVIDENCE_H
#define WEFT_CONTROL_LOCALISER_EVIDENCE_H

#include "control/localiser/flow.h"
#include "control/localiser/localiser.h"
#include "control/localiser/probe_shadow.h"
#include "control/localiser/steady.h"
#include "control/localiser/threshold.h"

enum evidence_channel {
    EVIDENCE_SLOW,
    EVIDENCE_LOSS_LOW,  /* against loss_sought */
    EVIDENCE_LOSS_HIGH, /* against a hundred times that: healthy flows acquit better */
    EVIDENCE_FLOW_CHANNELS,
    EVIDENCE_READY = EVIDENCE_FLOW_CHANNELS, /* of TX components: stage times, not flows */
    EVIDENCE_LATE,                           /* of TX components */
    EVIDENCE_DRAIN,                          /* of RX components */
    EVIDENCE_CHANNELS
};

/* A message on one path, judged against its cohort. */
struct observation {
    struct flow flow;
    float weight[EVIDENCE_FLOW_CHANNELS];
    float excess;    /* log of its time over the cohort's */
    float rtt_ratio; /* minimum round trip over the cohort's; 0: none was measured */
    uint32_t packets, retransmits, marks;
};

/* A stage time of a host port, or its lateness. */
struct host_observation {
    enum evidence_channel channel;
    uint32_t component;
    float weight;
    float excess; /* 1.2: a fifth more of the operation's time went there */
};

struct evidence_round {
    struct observation *observations;
    size_t count, capacity;
    struct host_observation *hosts;
    size_t host_count, host_capacity;
    float *sums; /* [channel][component]; exactly 0: nothing crossed it */
};

struct evidence {
    const struct flow_map *map;
    const struct localiser_config *config;
    uint32_t components;
    struct evidence_round *rounds; /* a ring of window_rounds; `open` is being filled */
    uint64_t round;                /* how many were closed, ever */
    uint64_t *forgotten;           /* [component]: what was said up to this round is forgotten */
    uint32_t open, closed;         /* closed: how many of the others hold something */
    bool stale;                    /* somebody was accused, or is no longer */
    uint8_t *accused;              /* [component]: bits of enum evidence_channel's groups */
    float *cusum;                  /* [channel][component] */
    float *total;                  /* the same: what spoke against it, fading; ranks suspects */
    float *transient;              /* the same: how often it looks bad for a round */
    uint8_t *streak;               /* the same: rounds in a row in which it had enough against it */
    struct threshold thresholds[EVIDENCE_CHANNELS];
    struct steady steady;
    struct probe_shadow shadow; /* there slowness says nothing */
};

int evidence_create(struct evidence *e, const struct flow_map *map, const struct localiser_config *config);
void evidence_destroy(struct evidence *e);

/* -ENOMEM: it is not counted. */
int evidence_add(struct evidence *e, const struct observation *o);
int evidence_add_host(struct evidence *e, const struct host_observation *o);
/* A probe is on its way. */
void evidence_note_probe(struct evidence *e, const struct flow *probe);
bool evidence_is_open_round_empty(const struct evidence *e);
/* The open round becomes the newest of the window; thresholds follow. */
void evidence_close_round(struct evidence *e);

/* What a round's sum must exceed for the component to look bad. Lost packets are few, and speak for
 * themselves. */
double evidence_prior(const struct evidence *e, enum evidence_channel channel);
/* Whether only many rounds together speak against it, none of them enough: steady.h. */
bool evidence_is_steady(const struct evidence *e, enum evidence_channel channel, uint32_t component);
/* What a round's sum must exceed to be one of those that speak against the component. */
double evidence_bad_from(const struct evidence *e, enum evidence_channel channel, uint32_t component);
/* How far it has come on the way to being suspected: 0 if nothing speaks against it, 1 and more if enough
 * does, on the channel on which it has come farthest. */
double evidence_score(const struct evidence *e, uint32_t component);
/* Ranks suspects. */
float evidence_weight(const struct evidence *e, enum evidence_channel channel, uint32_t component);

/* Flows over it speak of nothing else from now on, in the rounds of the window too (or, again, do), once
 * evidence_settle() has been called. */
void evidence_accuse(struct evidence *e, uint32_t component, enum evidence_channel channel, bool accused);
void evidence_settle(struct evidence *e);
bool evidence_is_accused(const struct evidence *e, uint32_t component, enum evidence_channel channel);
/* Nothing that was said of it so far is held against it any more. */
void evidence_forget(struct evidence *e, uint32_t component);
/* The same, and what is still on its way from before now: the open round, and the next. */
void evidence_forgive(struct evidence *e, uint32_t component);

/* Rounds of the window in which it looked bad, and what they add up to, each capped. */
struct evidence_sum {
    uint32_t rounds, bad_rounds; /* in which anything crossed it */
    double gain;
};
struct evidence_sum evidence_sum_up(const struct evidence *e, enum evidence_channel channel,
                                    uint32_t component);
/* Whether it looked bad in the newest round; false also if nothing crossed it: `*loaded`. */
bool evidence_is_bad_now(const struct evidence *e, enum evidence_channel channel, uint32_t component,
                         bool *loaded);

/* The closed rounds, newest first: for age 0 .. evidence_rounds() - 1. */
uint32_t evidence_rounds(const struct evidence *e);
const struct evidence_round *evidence_round_at(const struct evidence *e, uint32_t age);

static inline size_t evidence_cell(const struct evidence *e, enum evidence_channel channel,
                                   uint32_t component)
{
    return (size_t)channel * e->components + component;
}

#endif
