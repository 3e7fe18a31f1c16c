/* SPDX-License-Identifier: BSD-3-Clause */
/* The life of an accusation: found; if several components may be it, probed; then told, as confirmed or as
 * suspected; watched, and cleared once its component has been well for long, or withdrawn when probes show
 * that all of its components are well. What is in doubt is told only when probes could not end the doubt. */
#ifndef WEFT_CONTROL_LOCALISER_ACCUSATION_H
#define WEFT_CONTROL_LOCALISER_ACCUSATION_H

#include "control/localiser/localiser.h"
#include "control/localiser/pauses.h"
#include "control/localiser/probing.h"
#include "control/localiser/silence.h"
#include "control/localiser/standing_queue.h"

enum {
    ACCUSATIONS_MAX = 64,
    ACCUSATION_QUEUE = 256 /* verdicts and probes that nobody has fetched: the oldest give way */
};

struct accusation {
    bool in_use, told;
    struct verdict verdict;
    struct suspicion suspicion;
    struct probe_need need;
    struct probing probing;
    struct probe_tally tally;
    struct standing_queue queue;
    bool asks_queue;        /* the probes on their way are lone packets */
    bool kept_quiet;        /* others' traffic: nothing to be told */
    uint32_t rounds_waited; /* since it was told to be in doubt, or found nobody to tell it of */
    uint32_t clean_rounds;
    uint32_t ill_rounds_ago;
};

struct verdict_queue {
    struct verdict items[ACCUSATION_QUEUE];
    uint64_t head, tail;
};
struct probe_queue {
    struct probe_request items[ACCUSATION_QUEUE];
    uint64_t head, tail;
};

struct accusations {
    const struct localiser_config *config;
    struct evidence *evidence;
    struct silence *silence;
    const struct pauses *pauses;
    const struct localiser_port *ports;
    struct leaf_ports leaf_ports;
    struct localiser_counters *counters;
    struct accusation items[ACCUSATIONS_MAX];
    uint64_t last_verdict, last_probe;
    struct verdict_queue verdicts;
    struct probe_queue probes;
};

/* A round was closed: new suspects, and what became of old ones. */
void accusations_on_round(struct accusations *a, uint64_t now_ns);
/* Paths have been silent for long enough. */
void accusations_on_silence(struct accusations *a, uint64_t now_ns);
void accusations_on_probe(struct accusations *a, const struct timing_record *record, uint64_t now_ns);
/* Probes whose answers never came are given up. */
void accusations_tick(struct accusations *a, uint64_t now_ns);
uint64_t accusations_wakeup(const struct accusations *a);
/* Told as it is; for hangs, which are nobody's accusation. */
void accusations_tell(struct accusations *a, struct verdict *verdict, uint64_t now_ns);
uint64_t accusations_next_number(struct accusations *a);
/* The component was mended: whatever is held against it is forgotten. */
void accusations_forget(struct accusations *a, uint32_t component);

#endif
