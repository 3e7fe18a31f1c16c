/* SPDX-License-Identifier: BSD-3-Clause */
/* Probes that tell the members of a tie class apart: for each member one that crosses it and, if the fabric
 * has such a path, none of the others; and one that crosses none, to compare with. Of silence, where a single
 * answer clears all that the probe has crossed, it may cross the member's switch or a cable of it, too. */
#ifndef WEFT_CONTROL_LOCALISER_PROBING_H
#define WEFT_CONTROL_LOCALISER_PROBING_H

#include "control/localiser/suspect.h"

enum {
    PROBES_MAX = VERDICT_COMPONENTS_MAX + 1,
    PROBE_REPEATS_MAX = 128,
    PROBE_PACKETS_MAX = 65536
};

struct probe {
    struct flow flow;
    uint32_t member; /* for which it is sent */
    bool reference;  /* crosses no member */
    uint32_t packets, repeats;
    uint32_t answered;
    uint64_t packets_sent, packets_lost;
    float times[PROBE_REPEATS_MAX]; /* log ns; INFINITY: nothing of it came back */
};

struct probing {
    uint64_t first_number; /* of its probes; 0: none are on their way */
    uint32_t count;
    uint64_t asked_at_ns;
    struct probe probes[PROBES_MAX];
};

/* What is looked for, and how surely it must show. */
struct probe_need {
    enum evidence_channel channel;
    bool silence;         /* nothing comes back at all */
    double loss;          /* the share that is believed to be lost */
    double duty;          /* the share of rounds in which it shows */
    double excess, noise; /* logs: how much slower, how noisy */
};

/* Ports of each leaf, to choose probes' ends from. */
struct leaf_ports {
    const uint32_t *first; /* [leaf_count + 1] into ports */
    const uint32_t *ports;
};

/* Chooses probes for the suspicion's components. Those that no path can single out get none. */
void probing_plan(struct probing *p, const struct evidence *e, const struct leaf_ports *leaves,
                  const struct suspicion *s, const struct probe_need *need);
/* Takes the outcome of a repeat; false if there is no such probe. */
bool probing_on_answer(struct probing *p, uint64_t number, const struct timing_record *record);
bool probing_is_complete(const struct probing *p);

/* What all probes so far have shown of each member. */
struct probe_tally {
    uint32_t sets;                            /* of probes, one after the other */
    uint32_t answered, failed;                /* probes, without references */
    uint32_t clean[VERDICT_COMPONENTS_MAX];   /* probes over it that were well */
    uint32_t bad[VERDICT_COMPONENTS_MAX];     /* ... that failed, and crossed nobody else in doubt */
    uint32_t excuses[VERDICT_COMPONENTS_MAX]; /* bit k: their acks may have failed at member k, all of them */
};
/* Keeps those of the members that stay in doubt, in their order. */
void probing_tally_keep(struct probe_tally *tally, uint32_t members, const bool keep[VERDICT_COMPONENTS_MAX]);
/* Adds the set's answers. */
void probing_tally(const struct probing *p, const struct flow_map *map, const struct suspicion *s,
                   const struct probe_need *need, struct probe_tally *tally);

enum probe_word {
    PROBE_UNDECIDED,
    PROBE_CLEARS,
    PROBE_CONVICTS
};
/* What the tally says of member `index`. One failure may be a transient; and what shows only in a part of
 * the rounds (need->duty) must have been well so often that it would have shown. */
enum probe_word probing_word(const struct probe_tally *tally, const struct probe_need *need, uint32_t index);
/* How sure member `index` is it after its probes, if it was so sure before: each is independent of the
 * others, fails in one case of a hundred though all is well, and of a guilty one passes as often, besides
 * what the duty leaves out. So each failure multiplies the odds by 99 times the duty; one that is clean
 * divides them by 99 if the fault is steady. */
double probing_confidence(const struct probe_tally *tally, const struct probe_need *need, uint32_t index,
                          double confidence);

#endif
